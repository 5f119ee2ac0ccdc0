package main

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"minesweep/probes/fingerprints"
	"minesweep/scanner"
)

// builtIn are the rules of the program, which are read once for all commands that
// run in the test's own process: reading them takes most of a short scan's time.
var builtIn = sync.OnceValues(func() (*fingerprints.Set, error) { return fingerprints.Load(fingerprints.Embedded()) })

// cmdRun is a line of a script that runs the program in the test's own process, and
// is to succeed: run minesweep scan …
// What reads its input, MINESWEEP_… of the environment or a file by a relative name,
// or is to hear signals, is written exec minesweep.
func cmdRun(ctx context.Context, ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 || args[0] != "minesweep" {
		ts.Fatalf("usage: run minesweep ARG…; exits STATUS minesweep ARG… where it is to fail")
	}
	if got := runHere(ctx, ts, args[1:]); got != exitDone {
		ts.Fatalf("exit status %d", got)
	}
}

// runHere runs a command line and returns its exit status.
func runHere(ctx context.Context, ts *testscript.TestScript, args []string) int {
	rules, err := builtIn()
	ts.Check(err)
	p := &program{
		stdin: &bytes.Buffer{}, stdout: ts.Stdout(), stderr: ts.Stderr(),
		getenv: ts.Getenv, now: time.Now, lookup: scanner.SystemLookup, newSYN: newSYN, release: func() {},
	}
	if !strings.Contains(strings.Join(args, " "), "--fingerprints") {
		p.loaded = rules
	}
	store := "--db=sqlite://" + filepath.Join(ts.Getenv("WORK"), "minesweep.db")
	return p.run(ctx, append([]string{store}, args...))
}

// cmdExits runs the program, here or in a process of its own, and wants one exit
// status: exits 3 minesweep scan …, exits 3 exec minesweep scan …
func cmdExits(ctx context.Context, ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: exits STATUS [exec] PROGRAM ARG…")
	}
	want, program, args := args[0], args[1], args[2:]
	got := 0
	switch program {
	case "minesweep":
		got = runHere(ctx, ts, args)
	case "exec":
		got = exitOf(ts, ts.Exec(args[0], args[1:]...))
	default:
		ts.Fatalf("exits runs minesweep or exec, not %s", program)
	}
	if want != strconv.Itoa(got) {
		ts.Fatalf("exit status %d, wanted %s", got, want)
	}
}

// exitOf is the status that a process ended with.
func exitOf(ts *testscript.TestScript, err error) int {
	if err == nil {
		return exitDone
	}
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		ts.Fatalf("%v", err)
	}
	return exit.ExitCode()
}
