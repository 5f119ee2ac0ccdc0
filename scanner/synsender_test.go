package scanner

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"minesweep"
)

// fakeOutlet is a network that takes packets as its script says.
type fakeOutlet struct {
	gate    *gate
	t       *testing.T
	left    map[netip.AddrPort]int
	calls   int
	refuses func(call int, a address) error // why a packet does not leave; nil: it leaves
}

func (f *fakeOutlet) way(a address, _ uint64) (int, address, bool) {
	return 0, addressFor("192.0.2.1"), a.is4()
}

func (f *fakeOutlet) send(_ int, packets []packet) (int, error) {
	f.calls++
	for i := range packets {
		p := &packets[i]
		if err := f.refuses(f.calls, p.target); err != nil {
			return i, err
		}
		h, ok := readProbe(p.buf[etherLength : etherLength+p.length])
		if !ok || h.Addr() != p.target.addr() {
			f.t.Errorf("the packet for %s is for %s", p.target.addr(), h)
		}
		if _, err := f.gate.guard.Scope().Decide(h.Addr()); err != nil {
			f.t.Errorf("a packet left for %s: %v", h, err)
		}
		f.left[h]++
	}
	return len(packets), nil
}

// readProbe reads where a probe goes.
func readProbe(b []byte) (netip.AddrPort, bool) {
	if b[0]>>4 != 4 {
		return netip.AddrPort{}, false
	}
	addr := netip.AddrFrom4([4]byte(b[16:20]))
	return netip.AddrPortFrom(addr, uint16(b[ip4Header+2])<<8|uint16(b[ip4Header+3])), true
}

// newTestSender makes a sender for targets under b, with everything else in order.
func newTestSender(t *testing.T, b *book, plan minesweep.Plan, refuses func(int, address) error) (*sender, *fakeOutlet) {
	t.Helper()
	return newRatedSender(t, 0, b, plan, refuses)
}

// newRatedSender makes one whose guard bounds the rate of the sweep.
func newRatedSender(t *testing.T, rate int, b *book, plan minesweep.Plan, refuses func(int, address) error) (*sender, *fakeOutlet) {
	t.Helper()
	g, err := NewGuard(t.Context(), GuardConfig{Load: b.load, Rate: rate, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	gt, done, err := g.openGate(plan)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(done)
	c, err := newCourse(plan)
	if err != nil {
		t.Fatal(err)
	}
	if refuses == nil {
		refuses = func(int, address) error { return nil }
	}
	out := &fakeOutlet{gate: gt, t: t, left: make(map[netip.AddrPort]int), refuses: refuses}
	return newSender(gt, c, plan, newProof(1, 2, testPorts), out, 1), out
}

func testPlan(t *testing.T, targets string, ports ...uint16) minesweep.Plan {
	t.Helper()
	set, err := ParseTargets([]string{targets})
	if err != nil {
		t.Fatal(err)
	}
	return minesweep.Plan{Targets: set, Ports: ports, Seed: 11}
}

func TestSenderSendsEachOnceAndNothingElse(t *testing.T) {
	b := &book{grants: []minesweep.Grant{wideGrant("a", "10.0.0.0/22")}}
	b.exclude("10.0.1.64/26")
	s, out := newTestSender(t, b, testPlan(t, "10.0.0.0-10.0.4.255", 80, 4028, 3333), nil)
	if err := s.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if want := (1024 - 64) * 3; len(out.left) != want || s.sent.Load() != uint64(want) {
		t.Errorf("%d left, %d counted, want %d", len(out.left), s.sent.Load(), want)
	}
	if want := uint64((256 + 64) * 3); s.refused.Load() != want {
		t.Errorf("%d refused, want %d", s.refused.Load(), want)
	}
	for target, n := range out.left {
		if n != 1 {
			t.Errorf("%s was probed %d times", target, n)
		}
	}
	if s.marks.base != s.ahead.ride.total {
		t.Errorf("settled up to %d of %d", s.marks.base, s.ahead.ride.total)
	}
}

// A device that is busy, in whatever rhythm, loses nothing and doubles nothing.
func TestSenderTriesAgainWhatABusyDeviceRefused(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	b := &book{grants: []minesweep.Grant{wideGrant("a", "10.0.0.0/24")}}
	s, out := newTestSender(t, b, testPlan(t, "10.0.0.0/24", 80, 4028), func(int, address) error {
		if r.IntN(9) == 0 {
			return errBusy
		}
		return nil
	})
	if err := s.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(out.left) != 512 || s.sent.Load() != 512 || s.faults.load().Sum() != 0 {
		t.Errorf("%d left, %d sent, %d faults", len(out.left), s.sent.Load(), s.faults.load())
	}
}

func TestSenderAsksAgainBeforeItTriesAgain(t *testing.T) {
	b := &book{grants: []minesweep.Grant{wideGrant("a", "10.0.0.0/24")}}
	var s *sender
	s, out := newTestSender(t, b, testPlan(t, "10.0.0.0/24", 80), func(call int, _ address) error {
		if call > 1 {
			return nil
		}
		b.exclude("10.0.0.0/25")
		if err := s.gate.guard.reload(context.Background()); err != nil {
			t.Error(err)
		}
		return errBusy
	})
	if err := s.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(out.left) != 128 || s.refused.Load() != 128 {
		t.Errorf("%d left, %d refused", len(out.left), s.refused.Load())
	}
}

func TestSenderCountsWhatCannotLeave(t *testing.T) {
	b := &book{grants: []minesweep.Grant{wideGrant("a", "10.0.0.0/24")}}
	fault := fmt.Errorf("eth0: %w", syscall.EHOSTUNREACH)
	s, out := newTestSender(t, b, testPlan(t, "10.0.0.0/24", 80), func(_ int, a address) error {
		switch {
		case a.low%4 == 0:
			return fault
		case a.low%256 == 1:
			return syscall.EPERM
		}
		return nil
	})
	told := 0
	s.mishap = func(_ address, err error) {
		if FaultOf(err) == minesweep.OtherFault {
			t.Errorf("told %v", err)
		}
		told++
	}
	if err := s.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := minesweep.Faults{minesweep.NoRoute: 64, minesweep.NotPermitted: 1}
	if got := s.faults.load(); len(out.left) != 191 || got != want || told != 65 {
		t.Errorf("%d left, %d told, faults: %s", len(out.left), told, got)
	}
}

func TestSenderStopsWhereNothingCanLeave(t *testing.T) {
	b := &book{grants: []minesweep.Grant{wideGrant("a", "10.0.0.0/24")}}
	s, _ := newTestSender(t, b, testPlan(t, "10.0.0.0/24", 80), func(int, address) error { return errDown })
	if err := s.run(t.Context()); !errors.Is(err, errDown) {
		t.Errorf("got %v", err)
	}
	if s.marks.base == s.ahead.ride.total {
		t.Error("what did not leave counts as settled")
	}
}

func TestSenderWaitsForTheStore(t *testing.T) {
	b := &book{grants: []minesweep.Grant{wideGrant("a", "10.0.0.0/24")}}
	s, out := newTestSender(t, b, testPlan(t, "10.0.0.0/24", 80), nil)
	ctx, cancel := context.WithCancel(t.Context())
	looks := 0
	s.full = func() bool {
		if looks++; looks > 20 {
			cancel()
		}
		return looks > 5
	}
	if err := s.run(ctx); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if len(out.left) != 5 {
		t.Errorf("%d were sent while the store was busy", len(out.left)-5)
	}
}

func TestSenderKeepsPassesApart(t *testing.T) {
	b := &book{grants: []minesweep.Grant{wideGrant("a", "10.0.0.0/24")}}
	plan := testPlan(t, "10.0.0.0/24", 80)
	plan.Passes, plan.PassGap = 2, time.Hour
	s, out := newTestSender(t, b, plan, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 150*time.Millisecond)
	defer cancel()
	if err := s.run(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	if s.sent.Load() != 256 {
		t.Fatalf("%d were sent before the gap was over", s.sent.Load())
	}
	s.gap = time.Duration(s.gate.now() - s.latest) // which is over, then
	if err := s.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	for target, n := range out.left {
		if n != 2 {
			t.Errorf("%s was probed %d times in two passes", target, n)
		}
	}
	if len(out.left) != 256 {
		t.Errorf("%d targets", len(out.left))
	}
}

func TestSenderKeepsSlowPlacesFromHoldingTheRest(t *testing.T) {
	slow, fast := wideGrant("slow", "10.0.0.0/24"), wideGrant("fast", "10.1.0.0/22")
	slow.RatePer24 = 100
	s, out := newTestSender(t, &book{grants: []minesweep.Grant{slow, fast}}, testPlan(t, "10.0.0.0/24,10.1.0.0/22", 80), nil)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_ = s.run(ctx)
	n := map[byte]int{}
	for target := range out.left {
		n[target.Addr().As4()[1]]++
	}
	if n[1] != 1024 || n[0] > 40 {
		t.Errorf("%d of the fast, %d of the slow /24", n[1], n[0])
	}
}

func TestSentMarksFollowTheLowestThatHasNotLeft(t *testing.T) {
	m := newSentMarks(100, 64, minesweep.Beyond{})
	for _, c := range []struct{ step, base uint64 }{{102, 100}, {101, 100}, {100, 103}, {104, 103}, {103, 105}, {noStep, 105}} {
		if m.leave(c.step); m.base != c.base {
			t.Fatalf("after %d the base is %d, want %d", c.step, m.base, c.base)
		}
	}
	if m.room(105+64) || !m.room(105+63) {
		t.Error("the window is not 64 steps")
	}
	m.note(int64(time.Second), m.base)
	m.leave(105)
	m.note(int64(2*time.Second), m.base)
	for _, c := range []struct {
		at   time.Duration
		base uint64
	}{{0, 100}, {time.Second - 1, 100}, {time.Second, 105}, {2*time.Second - 1, 105}, {time.Hour, 106}} {
		if got := m.at(int64(c.at)).cursor; got != c.base {
			t.Errorf("at %s: %d, want %d", c.at, got, c.base)
		}
	}
	for i := range 5000 {
		m.note(int64(3*time.Second)+int64(i)*markEvery, m.base)
	}
	if len(m.marks) > marksKept {
		t.Errorf("%d marks are kept", len(m.marks))
	}
}
