package scanner

import (
	"errors"
	"net/netip"
	"time"

	"minesweep"
)

// SYNConfig is what a [SYN] needs.
type SYNConfig struct {
	// Guard decides about each packet. Required.
	Guard *Guard
	// Now tells the time and must go on. Required.
	Now func() time.Time
	// Interface is the only one that may be used; "" leaves it to the kernel's routes.
	Interface string
	// Sources are the addresses to send from, spread over the probes; none
	// leaves it to the kernel. They must be addresses of this machine.
	Sources []netip.Addr
	// SourcePorts is a row of at least 32 ports such as "61000-61063"; ""
	// chooses 64 outside the kernel's own range. A firewall that drops what the
	// kernel sends from them keeps its resets from the targets.
	SourcePorts string
	// Canary is a target known to be open, which the scope must allow. It is
	// probed at the start, every 5 s and at the end, and a scan that does not
	// hear it fails. Zero: none but the engine's own on loopback.
	Canary netip.AddrPort
	// Wait is how long an answer is waited for; 0: 1 s.
	Wait time.Duration
	// noXDP keeps to packet sockets at any rate; of tests only.
	noXDP bool
	// Notice takes one sentence for the operator. It may be nil, and may be
	// called from several goroutines.
	Notice func(string)
}

// SYN finds open ports by half handshakes that it makes itself: stateless, and
// with every packet passing the guard as it leaves. It is for Linux with
// CAP_NET_RAW, and implements [minesweep.Scanner]; one scan at a time.
type SYN struct {
	cfg  SYNConfig
	span portSpan // zero: chosen
}

var _ minesweep.Scanner = (*SYN)(nil)

// NewSYN checks that this process may send and hear packets of its own. The
// error says what is missing.
func NewSYN(cfg SYNConfig) (*SYN, error) {
	switch {
	case cfg.Guard == nil:
		return nil, errors.New("SYN engine: no guard was given")
	case cfg.Now == nil:
		return nil, errors.New("SYN engine: no clock was given")
	case cfg.Wait < 0:
		return nil, errors.New("SYN engine: the reply wait is below 0")
	}
	if cfg.Wait == 0 {
		cfg.Wait = replyWait
	}
	if cfg.Notice == nil {
		cfg.Notice = func(string) {}
	}
	s := &SYN{cfg: cfg}
	if cfg.SourcePorts != "" {
		var err error
		if s.span, err = parsePortSpan(cfg.SourcePorts); err != nil {
			return nil, err
		}
		if s.span.count() < slots {
			return nil, errors.New("source ports " + s.span.String() + " are fewer than 32, write for example 61000-61063")
		}
	}
	return s, mayCapture()
}
