package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

// ErrMissing is wrapped by the error of [Start] where this machine has no
// PostgreSQL.
var ErrMissing = errors.New("PostgreSQL is not installed here (Debian: apt-get install postgresql)")

// programs returns the folder with initdb and postgres: Debian's newest, which
// is not in PATH, or that of PATH.
func programs() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil {
		return "", err
	}
	slices.SortFunc(found, func(a, b string) int { return len(b) - len(a) + bytes.Compare([]byte(b), []byte(a)) })
	if path, err := exec.LookPath("initdb"); err == nil {
		found = append(found, filepath.Dir(path))
	}
	for _, dir := range found {
		_, missing := os.Stat(filepath.Join(dir, "postgres"))
		_, noInit := os.Stat(filepath.Join(dir, "initdb"))
		if missing == nil && noInit == nil {
			return dir, nil
		}
	}
	return "", ErrMissing
}

// initialize makes the data directory of a new server.
func (s *Server) initialize(ctx context.Context) error {
	args := []string{"-D", s.data(), "-U", User, "-E", "UTF8", "--locale=C.UTF-8", "-N", "-A", "trust"}
	if s.options.Password != "" {
		file, err := s.dir.write("password", s.options.Password)
		if err != nil {
			return fmt.Errorf("PostgreSQL: %w", err)
		}
		args = append(args[:len(args)-1], "scram-sha-256", "--pwfile", file)
	}
	cmd := exec.CommandContext(ctx, filepath.Join(s.bin, "initdb"), args...)
	cmd.Dir = s.dir.path
	cmd.SysProcAttr = s.dir.owner.attributes()
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("PostgreSQL: initdb: %w\n%s", err, out)
	}
	if err := s.configure(); err != nil {
		return fmt.Errorf("PostgreSQL: %w", err)
	}
	return nil
}
