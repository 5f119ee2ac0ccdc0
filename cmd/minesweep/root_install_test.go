//go:build root

package main_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

const patience = 6 * time.Minute // of one installation: geth compiles for a minute, on a slow machine for some

// installed returns the folder of a program that Debian 12 does not have. It
// is filled once, outside the repository. Where that fails, a test of CI
// fails, and that of a person without the network is skipped.
func installed(t *testing.T, name string, install func(context.Context, string) error) string {
	t.Helper()
	dir := filepath.Join(cacheDir(t), name)
	if _, err := os.Stat(dir); err == nil {
		return dir
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	begun := time.Now()
	if err := installTo(ctx, dir, install); err != nil {
		why := fmt.Sprintf("%s cannot be installed into %s: %v", name, dir, err)
		if os.Getenv("CI") == "true" {
			t.Fatal(why)
		}
		t.Skip(why)
	}
	t.Logf("%s: installed in %s", name, time.Since(begun).Round(time.Second))
	return dir
}

// installTo makes dir whole or not at all.
func installTo(ctx context.Context, dir string, install func(context.Context, string) error) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	half, err := os.MkdirTemp(filepath.Dir(dir), "half-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(half) }()
	if err := install(ctx, half); err != nil {
		return err
	}
	return os.Rename(half, dir)
}

// command runs a program of the machine in dir, with more in its environment.
func command(ctx context.Context, dir string, more []string, args ...string) error {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), more...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	cmd.WaitDelay = farewell
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		err = fmt.Errorf("not done in time: %w", err)
	}
	if err != nil {
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		return fmt.Errorf("%s: %w\n%s", strings.Join(args, " "), err, strings.Join(lines[max(0, len(lines)-20):], "\n"))
	}
	return nil
}

// goInstall installs a Go program; flags are those of go install.
func goInstall(module string, flags ...string) func(context.Context, string) error {
	return func(ctx context.Context, dir string) error {
		args := append([]string{"go", "install"}, flags...)
		return command(ctx, dir, []string{"GOBIN=" + dir}, append(args, module)...)
	}
}
