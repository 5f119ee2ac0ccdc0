package scanner

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"minesweep"
)

// SieveConfig is what a [Sieve] needs.
type SieveConfig struct {
	// Guard lets the checks of unused ports out. Required.
	Guard *Guard
	// Ports are those of the sweep: none of them is taken for unused.
	Ports []uint16
	// Seed chooses the unused ports of a host; that of the plan, so that a
	// resumed sweep knocks on the same ones.
	Seed uint64
	// ConnectTimeout bounds the connecting to an unused port, which is given up
	// earlier where the range's round trips are short; 0: 500 ms. Its neighbour,
	// the open port, has just answered.
	ConnectTimeout time.Duration
	// SampleWait bounds how long a port waits for what is said by others that
	// look like it; 0: 30 s. Then it is asked.
	SampleWait time.Duration
	// Hosts and Groups are how many hosts, and how many groups of ports that
	// look alike, are remembered; 0: 32768 and 16384, 15 MB in all at most. What
	// was used longest ago is forgotten.
	Hosts, Groups int
}

// Sieve implements [minesweep.Sieve]: it holds back open ports that are no
// service. It may be used by several goroutines, each with another host.
type Sieve struct {
	cfg    SieveConfig
	unused []uint16 // ports that nobody listens on, in order

	mu    sync.Mutex
	hosts *recent[netip.Addr, uint16] // the unused port on which the host accepts, 0: none
	alike likenesses
}

var _ minesweep.Sieve = (*Sieve)(nil)

// NewSieve returns a sieve that has seen nothing yet.
func NewSieve(cfg SieveConfig) *Sieve {
	cfg.ConnectTimeout = cmp.Or(cfg.ConnectTimeout, 500*time.Millisecond)
	cfg.SampleWait = cmp.Or(cfg.SampleWait, 30*time.Second)
	return &Sieve{
		cfg: cfg, unused: unusedPorts(cfg.Ports),
		hosts: newRecent[netip.Addr, uint16](cmp.Or(cfg.Hosts, 1<<14)),
		alike: newLikenesses(cmp.Or(cfg.Groups, 1<<14)),
	}
}

// Sift returns why port is not worth a question, or "". Only where nothing
// that is known already tells, and once a host, does it send: it knocks on a
// port that nobody listens on. It may wait for the answers of ports that look
// like this one. A refusal by the scope is no reason, for the asker meets it
// too; an error is that of ctx.
func (s *Sieve) Sift(ctx context.Context, port minesweep.OpenPort, known []minesweep.OpenPort) (string, error) {
	if why := stackReason(port.Stack); why != "" {
		return why, nil
	}
	if why := s.heldAlready(port); why != "" {
		return why, nil
	}
	if why, err := s.everyPortOpen(ctx, port, known); why != "" || err != nil {
		return why, err
	}
	return s.awaitSample(ctx, port)
}

// maxTarpitWindow is below what any stack offers that wants a segment: 64
// bytes do not hold a header. LaBrea offers 10, or 3 to hold a connection.
const maxTarpitWindow = 63

// stackReason recognises who answers SYNs and is no TCP. A window of 0 with
// options is netfilter's SYNPROXY, which opens it once the service behind it
// has accepted: that one is asked.
func stackReason(s minesweep.Stack) string {
	switch {
	case !s.Heard || s.Options != "" || s.Window > maxTarpitWindow:
		return ""
	case s.Window == 0:
		return "SYN proxy: window 0 and no options"
	}
	return fmt.Sprintf("tarpit: a window of %d bytes and no options", s.Window)
}
