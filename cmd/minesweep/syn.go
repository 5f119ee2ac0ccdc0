package main

import (
	"errors"
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

// newSYN is where the SYN engine joins.
func newSYN(cfg synConfig) (minesweep.Scanner, error) {
	if !cfg.Asked || cfg.Interface+cfg.SourcePorts != "" || cfg.Canary.IsValid() || len(cfg.Sources) > 0 {
		return nil, errors.New("the SYN engine is not in this build")
	}
	return scanner.NewNaabu(scanner.NaabuConfig{Engine: "syn", Guard: cfg.Guard, Timeout: cfg.Wait, Now: cfg.Now, Notice: cfg.Notice})
}
