package probes

import (
	"context"
	"net"
	"net/netip"
	"time"

	"minesweep"
)

// Dialer connects to a target. The guard of package scanner is one; an error
// of it that wraps minesweep.ErrRefused says that the target is out of scope.
type Dialer interface {
	Dial(ctx context.Context, target netip.AddrPort) (net.Conn, error)
}

// AskerConfig is what an [Asker] needs.
type AskerConfig struct {
	Dialer Dialer
	Now    func() time.Time // stamps the replies
	Idle   time.Duration    // silence that ends an answer; 0 means 2 s
	Total  time.Duration    // of one question; 0 means 6 s
	Banner time.Duration    // to wait for a peer that speaks first; 0 means 300 ms
}

// Asker chooses the questions of an open port and asks them, one connection at
// a time. It keeps nothing between ports.
type Asker struct{ cfg AskerConfig }

// NewAsker returns an asker; zero durations get their defaults.
func NewAsker(cfg AskerConfig) *Asker {
	if cfg.Idle == 0 {
		cfg.Idle = defaultIdle
	}
	if cfg.Total == 0 {
		cfg.Total = defaultTotal
	}
	if cfg.Banner == 0 {
		cfg.Banner = 300 * time.Millisecond
	}
	return &Asker{cfg: cfg}
}

// Ask asks the port at most five questions to learn what it speaks and then
// those that its answers suggest. What other ports have told chooses among
// them, and bounds them: twelve requests to a host, or, while nothing is
// confirmed, one more to each further port. Each connection that was made gives
// a reply. A refusal by the scope or a host that is gone ends the questions
// without an error. An error is ctx's, or says that this machine could not
// connect (no socket left): the port was not asked.
func (a *Asker) Ask(ctx context.Context, port minesweep.OpenPort, told minesweep.Known) ([]minesweep.Reply, error) {
	t := newTalk(a.cfg, port.Target, known{told})
	if told.Confirmed && t.budget.sent >= maxRequests {
		return nil, ctx.Err()
	}
	t.hold(ctx)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return t.replies, t.fault
}
