//go:build root

package scanner

import (
	"context"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"minesweep"
	"minesweep/lab/wire"
)

// laneScan is one of several engines that share a guard.
type laneScan struct {
	*gathered
	guard *Guard
	mu    sync.Mutex
	said  string
}

// scanLanes sweeps the shards of a plan at the same time, each by an engine and
// a lane of one guard.
func scanLanes(t *testing.T, l *wire.Lab, b *book, rate int, plan minesweep.Plan, shares []float64, config func(*SYNConfig)) []*laneScan {
	t.Helper()
	guard, err := NewGuard(t.Context(), GuardConfig{Load: b.load, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() { _ = guard.Run(ctx) }()
	lanes := make([]*laneScan, len(shares))
	group, gctx := errgroup.WithContext(ctx)
	for i, share := range shares {
		s := &laneScan{gathered: &gathered{}, guard: guard.Lane(LaneConfig{Rate: rate, Share: share})}
		lanes[i] = s
		cfg := SYNConfig{Guard: s.guard, Now: time.Now, Wait: 200 * time.Millisecond, Notice: func(said string) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.said += said + "\n"
		}}
		config(&cfg)
		syn, err := NewSYN(cfg)
		if err != nil {
			t.Fatal(err)
		}
		part := plan
		part.Shard, part.Shards = uint64(i), uint64(len(shares))
		group.Go(func() error { return l.Near(func() error { return syn.Scan(gctx, part, s) }) })
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	return lanes
}

// TestRootSYNLanesShareTheWire runs two shards at once in one process: nobody
// hears or holds what is the other's, and together they keep the budgets.
func TestRootSYNLanesShareTheWire(t *testing.T) {
	const rate, targets = 20_000, "10.63.0.0/18"
	ports := []uint16{1, 2, 3, 4}
	l := wireLab(t, wire.Options{}, wire.Responder{Seed: 7, OpenOneIn: 100, RefusePercent: 10,
		Pairs: wire.Pairs{Base: netip.MustParsePrefix(targets), Ports: ports}, Watch: prefixesOf("10.63.9.0/24")})
	b := oneGrant(targets)
	b.grants[0].RatePer24 = 340 // 313 is what each gets of the whole
	plan := minesweep.Plan{Targets: setOf(t, targets), Ports: ports, Seed: 3}
	busy := lateness()
	lanes := scanLanes(t, l, b, rate, plan, []float64{1. / 2, 1. / 2}, func(*SYNConfig) {})
	share := busy()
	line, all := l.Timeline(), &gathered{}
	var closed, open uint64
	for i, s := range lanes {
		p := s.progress()
		t.Logf("lane %d: peak %d, %d dropped, %s", i, p.PeakRate, p.Dropped, s.said)
		if p.Cursor != p.Total || p.Sent != p.Total || p.Dropped != 0 || float64(p.PeakRate) > rate/2*1.02+1 {
			t.Errorf("lane %d: %+v", i, p)
		}
		closed, open = closed+p.Closed, open+p.Open
		merge(t, all, s.gathered)
	}
	isTruth(t, l, all.found(), plan.Targets, ports)
	if tally := l.Tally(); closed != tally.Refused || open != tally.OpenHits {
		t.Errorf("%d and %d were heard by one of the two: %+v", closed, open, tally)
	}
	seen, err := l.Seen()
	if err != nil {
		t.Fatal(err)
	}
	for target, n := range seen.All() {
		if n != 1 {
			t.Fatalf("%s was probed %d times", target, n)
		}
	}
	if all.doubled != 0 {
		t.Errorf("%d were found by both", all.doubled)
	}
	t.Logf("%.0f/s, most in 1 s %d, late %.1f %%", line.PerSecond(), line.Max(time.Second), 100*share)
	// A budget so near to what a /24 gets on average makes probes wait, so less than
	// the rate leaves; what waited for nobody is told by the other tests of rates.
	notOver(t, "both", line, rate)
	if got := line.PerSecond(); got < rate*0.85 {
		t.Errorf("%.0f/s left, of %d", got, rate)
	}
	notOver(t, "a /24", l.Watched(0), 340)
}

func merge(t *testing.T, all, one *gathered) {
	t.Helper()
	for target, stack := range one.found() {
		if err := all.Found(minesweep.OpenPort{Target: target, Stack: stack}); err != nil {
			t.Fatal(err)
		}
	}
}

// TestRootSYNLanesShareADevice: one of two has AF_XDP, the other says why not,
// and nothing is lost.
func TestRootSYNLanesShareADevice(t *testing.T) {
	const targets = "100.64.0.0/16"
	ports := []uint16{1, 2, 3, 4}
	l := wireLab(t, wire.Options{}, wire.Responder{Seed: 7, OpenOneIn: 1000, RefusePercent: 10})
	plan := minesweep.Plan{Targets: setOf(t, targets), Ports: ports, Seed: 3}
	lanes := scanLanes(t, l, oneGrant(targets), 500_000, plan, []float64{1. / 2, 1. / 2}, func(*SYNConfig) {})
	all, fast, slow := &gathered{}, 0, 0
	for i, s := range lanes {
		if p := s.progress(); p.Sent != p.Total || p.Cursor != p.Total || p.Errors != 0 {
			t.Errorf("lane %d: %+v", i, p)
		}
		fast += strings.Count(s.said, "leave near0 by AF_XDP, for the budgets allow 250000/s")
		slow += strings.Count(s.said, "leave near0 by a packet socket, for AF_XDP is not to be had: device or resource busy")
		merge(t, all, s.gathered)
	}
	isTruth(t, l, all.found(), plan.Targets, ports)
	if tally := l.Tally(); tally.SYNs != 1<<18 || all.doubled != 0 || fast != 1 || slow != 1 {
		t.Errorf("%d on the wire, %d by AF_XDP, %d not:\n%s%s", tally.SYNs, fast, slow, lanes[0].said, lanes[1].said)
	}
	notOver(t, "both", l.Timeline(), 500_000)
}

// TestRootSYNFollowsItsShare lets the share fall and rise while packets leave.
func TestRootSYNFollowsItsShare(t *testing.T) {
	t.Parallel()
	const rate, per24 = 5000, 100 // of which each gets 78
	l := wireLab(t, wire.Options{}, wire.Responder{Seed: 2, RefusePercent: 20, Watch: prefixesOf("10.66.7.0/24")})
	b := oneGrant("10.66.0.0/18")
	b.grants[0].RatePer24 = per24
	plan := minesweep.Plan{Targets: setOf(t, "10.66.0.0/18"), Ports: []uint16{1, 2, 3, 4}, Seed: 5, Warm: true}
	busy := lateness()
	s := wireJob{book: b, rate: rate, plan: plan, near: l.Near}.start(t)
	s.after(t, l, 500)
	began := l.Timeline().First
	slot := func() int { return int((wire.Now() - began) / wire.Slot) }
	type stretch struct {
		from, to int
		share    float64
	}
	var stretches []stretch
	for _, share := range []float64{1. / 16, 1, 1. / 3, 0.9} {
		s.guard.SetShare(share)
		from := slot() + 3 // 30 ms: a batch, and the slots themselves
		time.Sleep(1500 * time.Millisecond)
		stretches = append(stretches, stretch{from, slot() - 1, share})
	}
	s.halt(t)
	late, line, near := busy(), l.Timeline(), l.Watched(0)
	for _, s := range stretches {
		part := wire.Timeline{Slots: line.Slots[s.from:s.to]}
		sum, want := float64(total(part.Slots)), rate*s.share*float64(s.to-s.from)*wire.Slot.Seconds()
		t.Logf("share %.3f: %.0f of %.0f", s.share, sum, want)
		for _, window := range []time.Duration{tenth, time.Second} {
			if most, bound := part.Max(window), rate*s.share*1.02*window.Seconds()+2; float64(most) > bound {
				t.Errorf("share %.3f: %d within %s, at most %.0f are allowed", s.share, most, window, bound)
			}
		}
		if sum < want*max(0.96-3*late, 0.1) {
			t.Errorf("share %.3f: %.0f of %.0f, the machine was late for %.1f %%", s.share, sum, want, 100*late)
		}
		offset := int((near.First - line.First) / wire.Slot)
		few := wire.Timeline{Slots: near.Slots[min(max(0, s.from-offset+1), len(near.Slots)):min(max(0, s.to-offset-1), len(near.Slots))]}
		if most, bound := few.Max(time.Second), per24*s.share*1.02+2; float64(most) > bound {
			t.Errorf("share %.3f: %d to a /24 within 1 s, at most %.0f are allowed", s.share, most, bound)
		}
	}
}
