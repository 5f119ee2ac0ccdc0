package scanner

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"sync"
	"testing"
	"time"

	"minesweep"
)

// TestSenderStopsWithoutAGap stops again and again, at a random packet, under
// budgets that let some targets wait: each is probed once.
func TestSenderStopsWithoutAGap(t *testing.T) {
	rnd := rand.New(rand.NewPCG(4, 5))
	left := make(map[netip.AddrPort]int)
	stints, cursor := 0, uint64(0)
	for total := uint64(1); cursor < total; stints++ {
		slow, fast := wideGrant("slow", "10.0.0.0/23"), wideGrant("fast", "10.1.0.0/22")
		slow.RatePer24, fast.RatePer24 = 900, 4000
		plan := testPlan(t, "10.0.0.0/23,10.1.0.0/22", 80, 4028)
		stop := make(chan struct{})
		plan.Cursor, plan.Stop = cursor, stop
		most, closed := rnd.IntN(300), false
		var s *sender
		s, out := newRatedSender(t, 4000, &book{grants: []minesweep.Grant{slow, fast}}, plan, func(int, address) error {
			if most--; most < 0 && !closed {
				closed = true
				close(stop)
			}
			return nil
		})
		if err := s.run(t.Context()); err != nil {
			t.Fatal(err)
		}
		for target, n := range out.left {
			left[target] += n
		}
		if done := s.marks.base - cursor; done != uint64(len(out.left)) {
			t.Fatalf("from %d to %d, and %d left", cursor, s.marks.base, len(out.left))
		}
		cursor, total = s.marks.base, s.ahead.ride.total
	}
	for target, n := range left {
		if n != 1 {
			t.Errorf("%s was probed %d times", target, n)
		}
	}
	if len(left) != 6*256*2 || stints < 10 {
		t.Errorf("%d targets in %d stints", len(left), stints)
	}
}

// TestSenderGivesBackWhatWaitsTooLong: an overtaken target whose turn is far
// away holds nobody up for longer than stopMost, and is not passed by the cursor.
func TestSenderGivesBackWhatWaitsTooLong(t *testing.T) {
	clock := newFakeClock()
	s, _ := newTestSender(t, oneBook(t, "10.0.0.0/24"), testPlan(t, "10.0.0.0/24", 80), nil)
	stopped := false
	s.stopped = func() bool { return stopped }
	s.top = 7
	for step := range uint64(10) {
		s.parked.put(waiting{step: step, due: int64(time.Hour)})
	}
	s.parked.put(waiting{step: noStep})
	s.heed(int64(clock.t.Second()))
	if s.parked.len() != 11 {
		t.Fatal("something was given back before the stop")
	}
	stopped = true
	if s.heed(int64(time.Second)); s.parked.len() != 8 {
		t.Errorf("%d wait after the stop, 7 were overtaken and one is beside the course", s.parked.len())
	}
	if s.heed(int64(time.Second + stopMost)); s.parked.len() != 8 {
		t.Error("given back too early")
	}
	if s.heed(int64(time.Second+stopMost) + 1); s.parked.len() != 0 {
		t.Error("they still wait")
	}
}

func oneBook(t *testing.T, prefix string) *book {
	t.Helper()
	return &book{grants: []minesweep.Grant{wideGrant("a", prefix)}}
}

// stopAt is a sink that stops the plan, or cuts it off, at a number of open ports,
// and counts each of them.
type stopAt struct {
	mu    sync.Mutex
	count map[netip.AddrPort]int
	left  int
	stop  func()
	last  minesweep.Progress
}

func (s *stopAt) Found(p minesweep.OpenPort) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count[p.Target]++
	if s.left--; s.left == 0 {
		s.stop()
	}
	return nil
}

func (s *stopAt) Progress(p minesweep.Progress) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = p
	return nil
}

// TestNaabuStopsWithoutAGap is the same for naabu: every port is open, so that
// what is probed twice is found twice.
func TestNaabuStopsWithoutAGap(t *testing.T) {
	rnd := rand.New(rand.NewPCG(4, 6))
	for _, mode := range []string{"connect", "syn"} {
		grant := grantOf("g", "127.0.0.0/8")
		grant.RatePer24, grant.Rate = 3000, 4000
		guard := newGuard(t, &book{grants: []minesweep.Grant{grant}}, time.Now)
		plan := planOf(t, "127.0.0.0/26,127.0.1.0/28", "1-16")
		sink := &stopAt{count: make(map[netip.AddrPort]int)}
		stints := 0
		for ; sink.last.Cursor < 1280; stints++ {
			stop := make(chan struct{})
			sink.left, sink.stop = 1+rnd.IntN(300), func() { close(stop) }
			before := len(sink.count)
			plan.Cursor, plan.Stop = sink.last.Cursor, stop
			naabu := fakeNaabu(t, guard, mode, nil)
			naabu.cfg.InFlight = 64
			if err := naabu.Scan(t.Context(), plan, sink); err != nil {
				t.Fatal(err)
			}
			if done := sink.last.Cursor - plan.Cursor; done != uint64(len(sink.count)-before) || done != sink.last.Open {
				t.Fatalf("%s: from %d to %d, and found %d: %+v", mode, plan.Cursor, sink.last.Cursor, len(sink.count)-before, sink.last)
			}
		}
		for target, n := range sink.count {
			if n != 1 {
				t.Errorf("%s: %s was probed %d times", mode, target, n)
			}
		}
		if len(sink.count) != 1280 || stints < 4 {
			t.Errorf("%s: %d targets in %d stints", mode, len(sink.count), stints)
		}
	}
}

// TestStoppingGivesBackWhatNothingOvertook looks at each step of it.
func TestStoppingGivesBackWhatNothingOvertook(t *testing.T) {
	var s stopping
	ended := make(map[uint64]func() bool)
	for _, step := range []uint64{3, 4, 5, 6, 7} {
		ctx, ok := s.enter(t.Context(), step)
		if !ok {
			t.Fatal("given back before the stop")
		}
		ended[step] = func() bool { return ctx.Err() != nil }
	}
	if s.leave(5, true) || s.leave(6, false) {
		t.Error("given back before the stop")
	}
	s.stop()
	if ended[3]() || ended[4]() || !ended[7]() {
		t.Error("3 and 4 were overtaken by 5, and 7 was not")
	}
	if !s.leave(7, true) || s.leave(3, true) {
		t.Error("7 was let out, or 3 was not")
	}
	if _, ok := s.enter(t.Context(), 8); ok {
		t.Error("a new step behind all was taken after the stop")
	}
	if _, ok := s.enter(t.Context(), 2); !ok {
		t.Error("a step that was overtaken was given back")
	}
	if s.giveUp(); !ended[4]() {
		t.Error("4 waits for ever")
	}
}

func TestStepLineTakesTheLowestNext(t *testing.T) {
	l := newStepLine(1)
	if err := l.enter(t.Context(), 9); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	entered, gone := make(chan uint64), make(chan error)
	for _, step := range []uint64{5, 3, 8} {
		go func() {
			if l.enter(t.Context(), step) == nil {
				entered <- step
				l.leave()
			}
		}()
	}
	go func() { gone <- l.enter(ctx, 1) }()
	for waiting := 0; waiting < 4; runtime.Gosched() {
		l.mu.Lock()
		waiting = len(l.waiting)
		l.mu.Unlock()
	}
	cancel()
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	l.leave()
	for _, want := range []uint64{3, 5, 8} {
		if step := <-entered; step != want {
			t.Errorf("%d entered, want %d", step, want)
		}
	}
}
