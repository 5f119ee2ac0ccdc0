package minesweep

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
)

// Recorder keeps what discovery finds.
type Recorder interface {
	// Checkpoint stores how far discovery has come and the open ports found
	// since the last one, in one transaction. A port stored before is left as it is.
	Checkpoint(ctx context.Context, p Progress, found []OpenPort) error
}

// Queue holds the open ports that are still to be asked, across crashes.
type Queue interface {
	// Pending returns up to limit open ports not yet settled whose number is
	// above after, in order, and the number of the last one. A port may show up
	// late, below numbers that were returned before: it is found all the same.
	Pending(ctx context.Context, after int64, limit int) ([]OpenPort, int64, error)
	// Settle stores the replies of one port and the host as judged with them,
	// in one transaction.
	Settle(ctx context.Context, port OpenPort, replies []Reply, host Host) error
}

// History returns what the sweep already holds of an address: its open ports
// and the replies of those that are settled.
type History interface {
	History(ctx context.Context, addr netip.Addr) ([]OpenPort, []Reply, error)
}

// Sweeper joins the stages. Discovery and asking run at the same time; between
// them lies the [Queue], so that memory does not grow with the range and a
// crash loses nothing.
type Sweeper struct {
	Scanner  Scanner
	Asker    Asker // nil: open ports are found and not asked
	Sieve    Sieve // nil: every open port is asked
	Judge    Judge
	Assessor Assessor
	Scrubber Scrubber // takes persons out of replies before anything reads them; nil keeps them
	Recorder Recorder
	Queue    Queue
	History  History
	Grant    func(netip.Addr) *Grant // under which an address is asked; nil allowed
	Watch    func(Progress)          // called on each checkpoint; may be nil
	Asks     int                     // hosts asked at the same time, a connection each; 0 means 1024
	Now      func() time.Time

	bounds lineBounds // zero: by Asks
}

// maxPortsAsked bounds the questions to one host: a host with more open ports
// than this is asked on the first ones only.
const maxPortsAsked = 16

// Run covers the plan and returns when every open port found has been asked,
// or when ctx ends; what was found until then is kept.
func (s *Sweeper) Run(ctx context.Context, plan Plan) error {
	group, gctx := errgroup.WithContext(ctx)
	found := make(chan struct{}, 1)
	discovered := make(chan struct{})
	group.Go(func() error {
		defer close(discovered)
		return s.Scanner.Scan(gctx, plan, s.record(gctx, found))
	})
	if s.Asker != nil {
		group.Go(func() error { return s.AskQueue(gctx, plan.Ports, found, discovered, nil) })
	}
	err := group.Wait()
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return ctx.Err()
	}
	return err
}

// Discover covers the plan, or its part until its Stop is closed, and asks
// nothing: whoever else reads the queue does, with [Sweeper.AskQueue].
func (s *Sweeper) Discover(ctx context.Context, plan Plan) error {
	return s.Scanner.Scan(ctx, plan, s.record(ctx, nil))
}

// record returns the sink that stores what is found and wakes the asking stage.
func (s *Sweeper) record(ctx context.Context, wake chan<- struct{}) *sink {
	ctx = context.WithoutCancel(ctx) // what was heard is kept, also while stopping
	checkpoint := func(p Progress, found []OpenPort) error { return s.Recorder.Checkpoint(ctx, p, found) }
	return &sink{checkpoint: checkpoint, watch: s.Watch, wake: wake}
}

func (s *Sweeper) askPort(ctx context.Context, p OpenPort, swept int) error {
	addr := p.Target.Addr()
	ports, earlier, err := s.History.History(ctx, addr)
	if err != nil {
		return fmt.Errorf("host %s: %w", addr, err)
	}
	replies, err := s.ask(ctx, p, ports, earlier)
	if err != nil {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err() // a half-asked port stays in the queue
	}
	if s.Scrubber != nil {
		replies = s.Scrubber.Scrub(s.grant(addr), replies)
	}
	host, evidence := s.assess(addr, ports, append(earlier, replies...), swept)
	if s.Sieve != nil {
		s.Sieve.Heard(p, replies, evidence)
	}
	if err := s.Queue.Settle(context.WithoutCancel(ctx), p, replies, host); err != nil {
		return fmt.Errorf("host %s: %w", addr, err)
	}
	return nil
}

// ask asks a port, unless its host was asked enough or the sieve holds it back.
func (s *Sweeper) ask(ctx context.Context, p OpenPort, ports []OpenPort, earlier []Reply) ([]Reply, error) {
	if portsAsked(earlier) >= maxPortsAsked {
		return nil, nil
	}
	if s.Sieve != nil {
		reason, err := s.Sieve.Sift(ctx, p, ports)
		if err != nil {
			return nil, err
		}
		if reason != "" {
			return []Reply{{Target: p.Target, Probe: SievedProbe, At: s.Now(), Refused: reason}}, nil
		}
	}
	return s.Asker.Ask(ctx, p, s.known(earlier))
}

func (s *Sweeper) known(earlier []Reply) Known {
	if len(earlier) == 0 {
		return Known{}
	}
	confirmed := slices.ContainsFunc(s.Judge.Judge(earlier), func(e Evidence) bool { return e.Strength == Confirm })
	return Known{Replies: earlier, Confirmed: confirmed}
}

func (s *Sweeper) assess(addr netip.Addr, ports []OpenPort, replies []Reply, swept int) (Host, []Evidence) {
	o := Observation{
		Address: addr, Ports: ports, PortsSwept: swept, Replies: replies,
		Evidence: s.Judge.Judge(replies), Grant: s.grant(addr), At: s.Now(),
	}
	return s.Assessor.Assess(o), o.Evidence
}

func (s *Sweeper) grant(addr netip.Addr) *Grant {
	if s.Grant == nil {
		return nil
	}
	return s.Grant(addr)
}

func portsAsked(replies []Reply) int {
	seen := make(map[uint16]bool)
	for _, r := range replies {
		if r.Probe != SievedProbe {
			seen[r.Target.Port()] = true
		}
	}
	return len(seen)
}
