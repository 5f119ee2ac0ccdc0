//go:build !linux

package main

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"minesweep/scanner"
)

// synEngine is not built for this system.
type synEngine struct{ notes []string }

func newSyn(context.Context, time.Duration, *sendLog, *reporter, *scope) (*synEngine, error) {
	return nil, errors.New("it is built for Linux only")
}

func (e *synEngine) probe(target netip.AddrPort) scanner.Report {
	return scanner.Report{Target: target, State: scanner.StateError, Why: "no SYN engine"}
}
