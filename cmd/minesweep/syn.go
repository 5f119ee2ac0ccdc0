package main

import (
	"net/netip"
	"time"

	"minesweep"
	"minesweep/scanner"
)

// synConfig is what the SYN engine needs.
type synConfig struct {
	Asked       bool
	Guard       *scanner.Guard
	Now         func() time.Time
	Notice      func(string)
	Interface   string
	Sources     []netip.Addr
	SourcePorts string
	Canary      netip.AddrPort
	Wait        time.Duration
	Rate        int
}

// newSYN makes the SYN engine, or says why this process may not have it.
func newSYN(cfg synConfig) (minesweep.Scanner, error) {
	return scanner.NewSYN(scanner.SYNConfig{
		Guard: cfg.Guard, Now: cfg.Now, Notice: cfg.Notice, Interface: cfg.Interface,
		Sources: cfg.Sources, SourcePorts: cfg.SourcePorts, Canary: cfg.Canary, Wait: cfg.Wait,
	})
}
