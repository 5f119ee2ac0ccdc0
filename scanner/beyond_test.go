package scanner

import (
	"context"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"minesweep"
)

// TestHolesAreTheStepsThatAreNotDone marks steps at random and compares with what
// a list of them says.
func TestHolesAreTheStepsThatAreNotDone(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 9))
	for range 100 {
		base, window := rnd.Uint64N(1000), 1+rnd.Uint64N(20_000)
		s := newStepSet(base, window)
		done, part := make(map[uint64]bool), rnd.Float64()
		top := base + rnd.Uint64N(s.window+1)
		for _, n := range rnd.Perm(int(top - base)) {
			if rnd.Float64() < part {
				done[base+uint64(n)] = true
				s.mark(base + uint64(n))
			}
		}
		end := s.base + rnd.Uint64N(s.window+2)
		got := s.holes(end, nil).standing()
		low := base
		for done[low] {
			low++
		}
		if got.cursor != low {
			t.Fatalf("the cursor is %d, want %d", got.cursor, low)
		}
		want := minesweep.Beyond{To: min(end, base+s.window)}
		for step := low; step < want.To; step++ {
			if !done[step] {
				want.Left = append(want.Left, step)
			}
		}
		if want = want.From(low); got.beyond.To != want.To || !slices.Equal(got.beyond.Left, want.Left) {
			t.Fatalf("beyond %d, up to %d: to %d with %d left, want to %d with %d left",
				low, end, got.beyond.To, len(got.beyond.Left), want.To, len(want.Left))
		}
		again := newStepSet(low, window)
		again.markBeyond(want)
		if back := again.holes(want.To, nil).standing(); back.count() != got.count() {
			t.Fatalf("marked again they are %d, were %d", back.count(), got.count())
		}
	}
}

// TestSentMarksRememberHoles: what had overtaken a parked step at a time is known
// later, and what left afterwards is not taken for it.
func TestSentMarksRememberHoles(t *testing.T) {
	m := newSentMarks(100, 64, minesweep.Beyond{To: 110, Left: []uint64{100, 105}})
	if got := m.at(0); got.cursor != 100 || got.count() != 108 {
		t.Errorf("before anything was sent %+v had left", got)
	}
	m.note(0, 100) // it has taken nothing, and what a run before had sent stays known
	m.leave(100)
	for step := uint64(110); step < 120; step++ {
		m.leave(step)
	}
	m.note(int64(time.Second), 122)
	m.leave(105)
	m.leave(121)
	m.note(int64(2*time.Second), 122)
	for at, want := range map[time.Duration]standing{
		time.Second - 1:    {100, minesweep.Beyond{To: 110, Left: []uint64{100, 105}}},
		time.Second:        {105, minesweep.Beyond{To: 120, Left: []uint64{105}}},
		2*time.Second - 1:  {105, minesweep.Beyond{To: 120, Left: []uint64{105}}},
		2 * time.Second:    {120, minesweep.Beyond{To: 122, Left: []uint64{120}}},
		100 * time.Second:  {120, minesweep.Beyond{To: 122, Left: []uint64{120}}},
		-100 * time.Second: {100, minesweep.Beyond{To: 110, Left: []uint64{100, 105}}},
	} {
		got := m.at(int64(at))
		if got.cursor != want.cursor || got.beyond.To != want.beyond.To || !slices.Equal(got.beyond.Left, want.beyond.Left) {
			t.Errorf("at %s: %+v, want %+v", at, got, want)
		}
	}
}

// TestSentMarksBoundTheirHoles: a course with thousands parked keeps what the
// young marks know, and forgets the old.
func TestSentMarksBoundTheirHoles(t *testing.T) {
	m := newSentMarks(0, 1<<16, minesweep.Beyond{})
	for step := uint64(1); step < 1<<14; step += 2 {
		m.leave(step)
	}
	now := int64(0)
	for range 3 * marksKept {
		now += markEvery
		m.note(now, 1<<14)
	}
	kept := 0
	for _, mark := range m.marks {
		kept += len(mark.left)
	}
	if kept != m.kept || kept > holesKept || kept < holesKept/4 {
		t.Errorf("%d holes are kept, counted are %d", kept, m.kept)
	}
	if got := m.at(now - int64(time.Second)); got.count() != minesweep.BeyondLeft {
		t.Errorf("a second ago %d had left", got.count())
	}
	if got := m.at(0); got.count() != 0 {
		t.Errorf("at the begin %d had left", got.count())
	}
}

func TestWithinPass(t *testing.T) {
	plan := testPlan(t, "10.0.0.0/24", 80)
	plan.Passes = 3
	c, err := newCourse(plan)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ cursor, to, want uint64 }{{10, 200, 200}, {10, 256, 256}, {10, 300, 256}, {256, 300, 300}, {255, 300, 0}, {260, 600, 512}} {
		got := c.withinPass(standing{tt.cursor, minesweep.Beyond{To: tt.to, Left: []uint64{tt.cursor}}})
		if got.beyond.To != tt.want {
			t.Errorf("from %d to %d: to %d, want %d", tt.cursor, tt.to, got.beyond.To, tt.want)
		}
	}
}

// witnessed is an outlet that notes when each step left.
type witnessed struct {
	*fakeOutlet
	at map[uint64]int64
}

func (w witnessed) send(way int, packets []packet) (int, error) {
	n, err := w.fakeOutlet.send(way, packets)
	for i := range packets[:n] {
		w.at[packets[i].step] = w.gate.now()
	}
	return n, err
}

// TestSenderCutOffSendsOnlyWhatWasInFlight kills a sender again and again, where
// one /24 has next to no budget and others run on: each goes on from a mark that
// is some while old, as a checkpoint is. All is sent, and what had left before
// that mark is never sent again.
func TestSenderCutOffSendsOnlyWhatWasInFlight(t *testing.T) {
	rnd := rand.New(rand.NewPCG(6, 1))
	now := standing{}
	left, total := make(map[netip.AddrPort]int), uint64(1)
	most, stints := uint64(0), 0
	for ; now.cursor < total; stints++ {
		slow, fast := wideGrant("slow", "10.0.0.0/25"), wideGrant("fast", "10.1.0.0/20")
		slow.RatePer24 = 300
		plan := testPlan(t, "10.0.0.0/25,10.1.0.0/20", 80, 4028)
		plan.Cursor, plan.Beyond = now.cursor, now.beyond
		ctx, cancel := context.WithCancel(t.Context())
		packets := 200 + rnd.IntN(3000)
		s, out := newRatedSender(t, 20_000, &book{grants: []minesweep.Grant{slow, fast}}, plan, func(int, address) error {
			if packets--; packets == 0 {
				cancel()
			}
			return nil
		})
		seen := witnessed{out, make(map[uint64]int64)}
		s.out = seen
		ended := s.run(ctx) == nil
		cancel()
		at := s.marks.marks[max(0, len(s.marks.marks)-1-rnd.IntN(8))].at
		next := s.marks.at(at)
		if ended {
			next = s.marks.now(s.ahead.step())
		}
		for step, when := range seen.at {
			before := step < now.cursor || now.beyond.Settled(step)
			after := step < next.cursor || next.beyond.Settled(step)
			if before {
				t.Fatalf("step %d was sent again: %d settled steps were from %d to %d", step, now.count(), now.cursor, now.beyond.To)
			}
			if !after && when < at {
				t.Fatalf("step %d left before the mark, which does not know of it", step)
			}
		}
		for step := now.cursor; step < max(next.cursor, next.beyond.To); step++ {
			before := step < now.cursor || now.beyond.Settled(step)
			if _, sent := seen.at[step]; !sent && !before && (step < next.cursor || next.beyond.Settled(step)) {
				t.Fatalf("step %d is settled and never left", step)
			}
		}
		if next.count() < now.count() {
			t.Fatalf("%d steps were settled and now %d are", now.count(), next.count())
		}
		for target, n := range out.left {
			left[target] += n
		}
		most = max(most, next.beyond.Count(next.cursor))
		now, total = next, s.ahead.ride.total
	}
	if len(left) != 2*(128+4096) || stints < 4 || most < 100 {
		t.Errorf("%d targets in %d stints, and at most %d steps beyond a cursor", len(left), stints, most)
	}
	if now.count() != total || now.beyond.To != 0 {
		t.Errorf("in the end %+v of %d is settled", now, total)
	}
}

// TestSenderPassesByWhatIsKnown to the end of the course, and of a pass.
func TestSenderPassesByWhatIsKnown(t *testing.T) {
	for _, passes := range []uint64{1, 2} {
		plan := testPlan(t, "10.0.0.0/24", 80)
		plan.Passes, plan.Cursor = passes, 100
		plan.Beyond = minesweep.Beyond{To: 300, Left: []uint64{100, 180}}
		s, out := newTestSender(t, oneBook(t, "10.0.0.0/24"), plan, nil)
		if err := s.run(t.Context()); err != nil {
			t.Fatal(err)
		}
		want := 2 + 256*(passes-1)
		if s.sent.Load() != want || s.marks.base != 256*passes {
			t.Errorf("%d passes: %d were sent, want %d; all up to %d left", passes, s.sent.Load(), want, s.marks.base)
		}
		for target, n := range out.left {
			if uint64(n) > passes {
				t.Errorf("%s was probed %d times", target, n)
			}
		}
	}
}

// TestNaabuCutOffProbesOnlyWhatWasNotSettled is the same for naabu, by its
// reports: every port is open, and a settled one is never found again.
func TestNaabuCutOffProbesOnlyWhatWasNotSettled(t *testing.T) {
	rnd := rand.New(rand.NewPCG(4, 6))
	slow, fast := grantOf("slow", "127.0.0.0/24"), grantOf("fast", "127.0.1.0/24", "127.0.2.0/24")
	slow.RatePer24, fast.RatePer24, fast.Rate = 100, 3000, 6000
	guard := newGuard(t, &book{grants: []minesweep.Grant{slow, fast}}, time.Now)
	plan := planOf(t, "127.0.0.1-3,127.0.1.0/27,127.0.2.0/27", "1-16")
	steps := stepsOfAll(t, plan)
	now, all := standing{}, make(map[netip.AddrPort]bool)
	most, stints := uint64(0), 0
	for ; now.cursor < uint64(len(steps)); stints++ {
		ctx, cancel := context.WithCancel(t.Context())
		sink := &stopAt{count: make(map[netip.AddrPort]int), left: 50 + rnd.IntN(300), stop: cancel}
		plan.Cursor, plan.Beyond = now.cursor, now.beyond
		naabu := fakeNaabu(t, guard, "connect", nil)
		naabu.cfg.InFlight = 64
		_ = naabu.Scan(ctx, plan, sink)
		cancel()
		next := standing{sink.last.Cursor, sink.last.Beyond}
		for target := range sink.count {
			all[target] = true
			if step := steps[target]; step < now.cursor || now.beyond.Settled(step) {
				t.Fatalf("step %d was probed again", step)
			}
		}
		for target, step := range steps {
			if (step < next.cursor || next.beyond.Settled(step)) && !all[target] {
				t.Fatalf("step %d is settled and was never probed", step)
			}
		}
		if n := sink.last.Open; n > uint64(len(sink.count)) || n < next.count()-now.count() {
			t.Errorf("%d are counted, found were %d, and settled %d", n, len(sink.count), next.count()-now.count())
		}
		most = max(most, next.beyond.Count(next.cursor))
		now = next
	}
	if len(all) != len(steps) || stints < 3 || most < 50 {
		t.Errorf("%d of %d ports in %d stints, and at most %d steps beyond a cursor", len(all), len(steps), stints, most)
	}
}

// stepsOfAll numbers every target of a plan of one pass.
func stepsOfAll(t *testing.T, plan minesweep.Plan) map[netip.AddrPort]uint64 {
	t.Helper()
	c, err := newCourse(plan)
	if err != nil {
		t.Fatal(err)
	}
	steps := make(map[netip.AddrPort]uint64)
	for r := c.from(0); !r.done(); {
		step := r.step
		steps[r.nextTarget()] = step
	}
	return steps
}

// TestNaabuSynKnowsBeyondOnlyWhatACanaryProves: a deaf engine settles nothing
// above the cursor either, and what was settled before stays so.
func TestNaabuSynKnowsBeyondOnlyWhatACanaryProves(t *testing.T) {
	plan := planOf(t, "127.0.0.1", "80,2000-2009")
	plan.Cursor, plan.Beyond = 2, minesweep.Beyond{To: 8, Left: []uint64{2, 5}}
	for mode, want := range map[string]standing{
		"syn-goes-deaf": {2, plan.Beyond},
		"syn":           {11, minesweep.Beyond{}},
	} {
		sink := &found{}
		err := fakeNaabu(t, loopbackGuard(t), mode, nil).Scan(t.Context(), plan, sink)
		if (err == nil) != (mode == "syn") {
			t.Errorf("%s: %v", mode, err)
		}
		got := sink.last()
		if got.Cursor != want.cursor || got.Beyond.To != want.beyond.To || !slices.Equal(got.Beyond.Left, want.beyond.Left) {
			t.Errorf("%s: %+v, want %+v", mode, got, want)
		}
		if got.Sent != 5 { // 2, 5 and 8 to 10
			t.Errorf("%s: %d were sent", mode, got.Sent)
		}
	}
}
