package scanner

import (
	"net/netip"
	"testing"

	"minesweep"
)

// idleStop is a sink that stops the plan when nothing more is found between two
// reports.
type idleStop struct {
	stopAt
	seen int
}

func (s *idleStop) Progress(p minesweep.Progress) error {
	s.mu.Lock()
	idle := len(s.count) > 0 && len(s.count) == s.seen
	s.seen = len(s.count)
	stop := s.stop
	if idle {
		s.stop = func() {}
	}
	s.mu.Unlock()
	if idle {
		stop()
	}
	return s.stopAt.Progress(p)
}

// TestNaabuStaysNearWhatWaitsForItsHost stops a scan while somebody else asks a
// host, and goes on after: only few are probed twice.
func TestNaabuStaysNearWhatWaitsForItsHost(t *testing.T) {
	t.Parallel()
	guard := loopbackGuard(t)
	plan := planOf(t, "127.0.0.0/24", "1-16")
	const total = 256 * 16
	stop := make(chan struct{})
	plan.Stop = stop
	sink := &idleStop{stopAt: stopAt{count: make(map[netip.AddrPort]int), stop: func() { close(stop) }}}
	release, err := guard.Admit(t.Context(), netip.MustParseAddr("127.0.0.77"))
	if err != nil {
		t.Fatal(err)
	}
	if err := fakeNaabu(t, guard, "connect", nil).Scan(t.Context(), plan, sink); err != nil {
		t.Fatal(err)
	}
	first := len(sink.count)
	if uint64(first) <= sink.last.Cursor || first == total {
		t.Fatalf("%d found up to %d: nothing waited for its host", first, sink.last.Cursor)
	}
	release()
	plan.Cursor, plan.Stop = sink.last.Cursor, nil
	sink.stop = func() {}
	if err := fakeNaabu(t, guard, "connect", nil).Scan(t.Context(), plan, sink); err != nil {
		t.Fatal(err)
	}
	again := 0
	for _, n := range sink.count {
		again += n - 1
	}
	if len(sink.count) != total || again > 256 {
		t.Errorf("%d of %d found, %d of them again after %d", len(sink.count), total, again, first)
	}
}

func TestHostWindow(t *testing.T) {
	for _, c := range []struct {
		steps    uint64
		inFlight int
		want     int
	}{{1, 2048, 256}, {2816, 2048, 256}, {1 << 16, 2048, 1024}, {1 << 40, 2048, 1 << 17}, {1 << 40, 1, 256}} {
		if got := hostWindow(c.steps, c.inFlight); got != c.want {
			t.Errorf("%d steps, %d in flight: %d, want %d", c.steps, c.inFlight, got, c.want)
		}
	}
}
