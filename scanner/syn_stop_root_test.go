//go:build root

package scanner

import (
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"minesweep"
	"minesweep/lab/wire"
)

// TestRootSYNStopsAndGoesOn sweeps in stints that are stopped at random, each by
// an engine of its own, as the lanes of a night are: on the wire is each probe once.
func TestRootSYNStopsAndGoesOn(t *testing.T) {
	t.Parallel()
	ports := []uint16{1, 2, 3, 4}
	l := wireLab(t, wire.Options{}, wire.Responder{Seed: 7, OpenOneIn: 50, RefusePercent: 10,
		Pairs: wire.Pairs{Base: netip.MustParsePrefix("10.60.0.0/19"), Ports: ports}})
	plan := minesweep.Plan{Targets: setOf(t, "10.60.0.0/19"), Ports: ports, Seed: 3}
	rnd := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
	b := oneGrant("10.60.0.0/19")
	b.grants[0].RatePer24 = 400 // 313 is what each gets of the whole
	all, stints := &gathered{}, 0
	for plan.Cursor < 1<<15 {
		stop := make(chan struct{})
		plan.Stop, plan.Warm = stop, stints > 0
		s := wireJob{book: b, rate: 10_000, plan: plan, near: l.Near}.start(t)
		time.AfterFunc(time.Duration(200+rnd.IntN(500))*time.Millisecond, func() { close(stop) })
		if err := <-s.ended; err != nil {
			t.Fatal(err)
		}
		s.stop()
		p := s.progress()
		if p.Cursor-plan.Cursor != p.Sent {
			t.Errorf("stint %d went from %d to %d and sent %d", stints, plan.Cursor, p.Cursor, p.Sent)
		}
		for target, stack := range s.found() {
			if err := all.Found(minesweep.OpenPort{Target: target, Stack: stack}); err != nil {
				t.Fatal(err)
			}
		}
		plan.Cursor = p.Cursor
		stints++
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
	isTruth(t, l, all.found(), plan.Targets, ports)
	notOver(t, "all", l.Timeline(), 10_000)
	if t.Logf("%d stints", stints); stints < 4 || all.doubled != 0 {
		t.Errorf("%d stints, %d found twice", stints, all.doubled)
	}
}

// TestRootSYNStopsSoon cancels, and stops where the budget of the only /24 lets
// many wait: packets end at once both times.
func TestRootSYNStopsSoon(t *testing.T) {
	t.Parallel()
	for _, cancel := range []bool{true, false} {
		l := wireLab(t, wire.Options{}, wire.Responder{Seed: 7, OpenOneIn: 50, RefusePercent: 10})
		stop := make(chan struct{})
		plan := minesweep.Plan{Targets: setOf(t, "10.61.0.0/24"), Ports: []uint16{1, 2, 3, 4, 5, 6, 7, 8}, Seed: 3, Stop: stop}
		b := oneGrant("10.61.0.0/24")
		b.grants[0].RatePer24 = 300
		s := wireJob{book: b, rate: 10_000, plan: plan, near: l.Near}.start(t)
		s.after(t, l, 150)
		at := wire.Now()
		if cancel {
			s.halt(t)
		} else {
			close(stop)
			if err := <-s.ended; err != nil {
				t.Fatal(err)
			}
		}
		p, line := s.progress(), l.Timeline()
		if line.Last > at+100*time.Millisecond {
			t.Errorf("cancel %t: packets left for %s more", cancel, line.Last-at)
		}
		if !cancel && (p.Cursor != p.Sent || p.Sent != line.Count) {
			t.Errorf("%d on the wire, %+v", line.Count, p)
		}
	}
}

// TestRootSYNBeginsWarm: what was at full rate a moment ago need not rise.
func TestRootSYNBeginsWarm(t *testing.T) {
	t.Parallel()
	const rate = 4000
	l := wireLab(t, wire.Options{}, wire.Responder{Seed: 2, RefusePercent: 20})
	plan := minesweep.Plan{Targets: setOf(t, "10.62.0.0/18"), Ports: []uint16{1, 2}, Seed: 5, Warm: true}
	busy := lateness()
	s := wireJob{book: oneGrant("10.62.0.0/18"), rate: rate, plan: plan, near: l.Near}.start(t)
	s.after(t, l, rate/2)
	s.halt(t)
	line := l.Timeline()
	notOver(t, "all", line, rate)
	if first, share := total(line.Slots[:20]), busy(); float64(first) < rate/5*max(0.8-3*share, 0.3) {
		t.Errorf("%d packets in the first 200 ms, the machine was late for %.1f %%", first, 100*share)
	}
}
