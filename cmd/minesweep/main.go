// Command minesweep finds cryptocurrency miners in address ranges that its
// user has authority over, and keeps a map of them.
package main

import (
	"context"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"minesweep"
	"minesweep/probes/fingerprints"
	"minesweep/scanner"
)

func main() {
	os.Exit(Main())
}

// Main runs the program on the process's own arguments and streams and returns
// its exit status.
func Main() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// A reader that leaves (head -1) then shows as EPIPE, which ends the
	// program in good order, and not as a killing signal.
	signal.Ignore(syscall.SIGPIPE)
	moreFiles()
	p := &program{
		stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr,
		getenv: os.Getenv, now: time.Now, lookup: scanner.SystemLookup, newSYN: newSYN, release: func() { context.AfterFunc(ctx, stop) },
	}
	return p.run(ctx, os.Args[1:])
}

// program is one run: its streams, environment and clock.
type program struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	getenv         func(string) string
	now            func() time.Time
	lookup         scanner.Lookup // of host names among targets
	newSYN         func(scanner.SYNConfig) (minesweep.Scanner, error)
	log            *slog.Logger // of a command that runs for long; nil: notices go to stderr
	release        func()       // from then on a second signal ends the process at once
	settings       settings
	loaded         *fingerprints.Set // nil until a command needs the rules
}

// settings are the flags that every command takes.
type settings struct {
	db           string
	format       string
	config       string
	fingerprints string
}
