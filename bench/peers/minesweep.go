package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// The grant is far above what is sent, so that every budget is kept and none binds.
const (
	grantRate  = "5000000"
	grantPer24 = "1000000"
)

func minesweepProgram(name, path, engine string, narrower int) program {
	return program{
		name: name, path: path, version: minesweepVersion, prepare: minesweepGrant, narrower: narrower, mode: narrower > 0, ours: true,
		steps: func(path string, j job, s site) []step { return minesweepSteps(path, engine, j, s.dir) },
	}
}

func storeOf(dir string) string { return "sqlite://" + filepath.Join(dir, "minesweep.db") }

// minesweepGrant makes the store, with a grant of exactly the job's prefixes.
func minesweepGrant(ctx context.Context, path string, j job, dir string) error {
	if err := os.WriteFile(filepath.Join(dir, "targets"), []byte(lines(j.targetTexts())), 0o600); err != nil {
		return err
	}
	args := append([]string{"grant", "add", "lab"}, j.targetTexts()...)
	return ask(ctx, path, dir, append(args, "--authority", "the laboratory", "--basis", "bench", "--rate", grantRate, "--rate-per-24", grantPer24)...)
}

// ask runs a command of minesweep that sends nothing.
func ask(ctx context.Context, path, dir string, args ...string) error {
	out, err := exec.CommandContext(ctx, path, append(args, "--db", storeOf(dir))...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("minesweep %s: %w: %s", strings.Join(args[:2], " "), err, lastLine(string(out)))
	}
	return nil
}

func minesweepSteps(path, engine string, j job, dir string) []step {
	args := []string{path, "scan", "-iL", filepath.Join(dir, "targets"), "--ports", j.portRange(),
		"--engine", engine, "--no-questions", "-o", "csv", "--db", storeOf(dir)}
	if j.rate > 0 {
		args = append(args, "--rate", strconv.Itoa(j.rate))
	}
	return []step{{args: args, parse: parseMinesweep, ports: j.ports}}
}

func minesweepVersion(ctx context.Context, _ string) string {
	out, err := exec.CommandContext(ctx, "git", "describe", "--always", "--dirty").Output()
	if err != nil {
		return "of this tree"
	}
	return strings.TrimSpace(string(out))
}

// lastLine returns the last line of a program's words that is not empty.
func lastLine(text string) string {
	text = strings.TrimSpace(text)
	return strings.TrimSpace(text[strings.LastIndexByte(text, '\n')+1:])
}
