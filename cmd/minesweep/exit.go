package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"

	"minesweep"
)

// The exit statuses.
const (
	exitDone    = 0
	exitFailed  = 1
	exitUsage   = 2
	exitRefused = 3
)

// usageError is a fault in what the user wrote: flags, addresses, files.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

// usage marks err as the user's to mend; nil stays nil.
func usage(err error) error {
	if err == nil {
		return nil
	}
	return usageError{err}
}

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// report prints err as one sentence and returns the exit status for it.
func (p *program) report(err error) int {
	var wrong usageError
	switch {
	case err == nil, errors.Is(err, syscall.EPIPE):
		return exitDone
	case errors.Is(err, minesweep.ErrRefused):
		p.complain(err)
		return exitRefused
	case errors.As(err, &wrong):
		p.complain(err)
		return exitUsage
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(p.stderr, "minesweep: stopped")
		return exitFailed
	}
	p.complain(err)
	return exitFailed
}

func (p *program) complain(err error) {
	fmt.Fprintln(p.stderr, "minesweep: "+strings.TrimSpace(printable(err.Error())))
}
