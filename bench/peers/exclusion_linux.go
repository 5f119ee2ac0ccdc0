package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"time"

	"minesweep/lab/wire"
)

// spared is what an exclusion takes out of the targets while they are swept.
var spared = netip.MustParsePrefix("100.65.0.0/16")

// exclusion adds an exclusion in the middle of runs at full speed.
func (s *series) exclusion(ctx context.Context) error {
	for range s.o.rateRuns {
		c, err := s.g.exclude(ctx, s.programs[0], newJob("100.64.0.0/12", 4, 0))
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			s.fail(s.programs[0], err)
			continue
		}
		fmt.Fprintln(s.out, c)
		s.results.cuts = append(s.results.cuts, c)
		s.results.outside += c.outside
		s.results.ownRuns++
	}
	return nil
}

// exclude runs p on j and excludes spared a second after the first packet to it.
func (g *ground) exclude(ctx context.Context, p program, j job) (cut, error) {
	dir, err := os.MkdirTemp("", "peers-")
	if err != nil {
		return cut{}, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := p.prepare(ctx, p.path, j, dir); err != nil {
		return cut{}, err
	}
	responder := responderFor(j)
	responder.Watch = []netip.Prefix{spared}
	if err := g.lab.Answer(responder); err != nil {
		return cut{}, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	typed := make(chan typedAt, 1)
	go func() { typed <- g.excludeLater(ctx, p, dir) }()
	s := site{dir: dir}
	one := p.steps(p.path, j, s)[0]
	if err := g.execute(ctx, one, timeout(one, j), dir, &run{}); err != nil {
		return cut{}, fmt.Errorf("%s with an exclusion added: %w", p.name, err)
	}
	cancel()
	t := <-typed
	if t.err != nil {
		return cut{}, fmt.Errorf("exclusion in a running sweep: %w", t.err)
	}
	all, to, tally := g.lab.Timeline(), g.lab.Watched(0), g.lab.Tally()
	return cut{
		perSecond: float64(tally.SYNs) / (all.Last - all.First).Seconds(), before: t.before, after: to.Count - t.before,
		last: to.Last - t.at, wentOn: all.Last - t.at, outside: tally.Outside,
	}, nil
}

// typedAt is when the exclusion was typed, and how many packets had come by then.
type typedAt struct {
	at     time.Duration
	before uint64
	err    error
}

func (g *ground) excludeLater(ctx context.Context, p program, dir string) typedAt {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return typedAt{err: errors.New("the sweep was over too soon")}
		case <-tick.C:
		}
		if first := g.lab.Watched(0); first.Count == 0 || wire.Now() < first.First+time.Second {
			continue
		}
		t := typedAt{at: wire.Now(), before: g.lab.Watched(0).Count}
		t.err = ask(ctx, p.path, dir, "exclude", "add", spared.String(), "--reason", "bench")
		return t
	}
}
