//go:build linux

package scanner

import (
	"net"
	"net/netip"
	"testing"
	"time"
	"unsafe"
)

func TestPatienceFollowsTheRange(t *testing.T) {
	const full = 3 * time.Second
	near, far, new := netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.1.1"), netip.MustParseAddr("2001:db8::1")
	var trips roundTrips
	times := func(n int, addr netip.Addr, d time.Duration) {
		for range n {
			trips.observe(addr, d)
		}
	}
	check := func(addr netip.Addr, least, most time.Duration, when string) {
		t.Helper()
		if got := trips.limit(addr, full); got < least || got > most {
			t.Errorf("%s: %s for %s, want %s to %s", when, got, addr, least, most)
		}
	}
	check(near, full, full, "nothing is known")
	times(rttEnough-1, near, 5*time.Millisecond)
	check(near, full, full, "too little is known")
	times(1, near, 5*time.Millisecond)
	check(near, rttLeast, rttLeast, "the /24 is near")
	check(new, full, full, "only one /24 is known")
	times(100, near, 5*time.Millisecond)
	times(rttEnough, far, 400*time.Millisecond)
	check(far, 800*time.Millisecond, 1700*time.Millisecond, "the /24 is far")
	check(near, rttLeast, rttLeast, "another /24 is far")
	check(new, 800*time.Millisecond, full, "everything is known, and some of it is far")
	times(1, near, 2*time.Second)
	check(near, 2*time.Second, full, "a connect was slower than the time-out")
	times(200, near, 5*time.Millisecond)
	check(near, rttLeast, rttLeast, "and was the only one")
	if got := trips.limit(near, 20*time.Millisecond); got != 20*time.Millisecond {
		t.Errorf("%s is more than the whole", got)
	}
	times(1, near, -time.Second) // a clock that was set back
	check(near, rttLeast, rttLeast, "a round trip of less than nothing")
}

// TestRoundTripsAreBounded: a province of /24s fits, the newest win.
func TestRoundTripsAreBounded(t *testing.T) {
	var trips roundTrips
	if size := unsafe.Sizeof(trips); size > 300<<10 {
		t.Errorf("%d bytes", size)
	}
	remembered := 0
	for pass := range 2 {
		for i := range 65536 {
			addr := netip.AddrFrom4([4]byte{10, byte(i >> 8), byte(i), 1})
			if pass == 0 {
				for range rttEnough {
					trips.observe(addr, time.Millisecond)
				}
				if trips.near[rttSlot(addr)].prefix != neighbourhood(addr) {
					t.Fatalf("%s is not remembered", addr)
				}
			} else if trips.near[rttSlot(addr)].prefix == neighbourhood(addr) {
				remembered++
			}
		}
	}
	if remembered < rttSlots*9/10 {
		t.Errorf("%d of %d slots are used", remembered, rttSlots)
	}
}

// TestDialTriesAgainAtLength: where the range is fast and one host is not, its
// port is not lost.
func TestDialTriesAgainAtLength(t *testing.T) {
	t.Parallel()
	full := fullListener(t)
	g := newGuard(t, &book{grants: grants("127.0.0.0/8")}, time.Now)
	for range rttAll {
		g.ObserveRTT(netip.MustParseAddr("127.3.3.3"), time.Millisecond)
	}
	go func() {
		for g.Counts().Admitted < 2 { // the first connect has timed out
			time.Sleep(time.Millisecond)
		}
		full.drain()
	}()
	began := time.Now()
	conn, err := g.Dial(t.Context(), full.target)
	if err != nil {
		t.Fatal(err)
	}
	conn.Close() // the host is free again
	if n := g.Counts().Admitted; n != 2 {
		t.Errorf("%d connects, want two, each admitted", n)
	}
	if took := time.Since(began); took < rttLeast {
		t.Errorf("connected within %s: the listener was not full", took)
	}
	if got := g.trips.limit(full.target.Addr(), 3*time.Second); got < time.Second {
		t.Errorf("the limit is %s after a connect that took longer", got)
	}
}

// TestDialGivesUp: two connects to a port that does not answer, no more.
func TestDialGivesUp(t *testing.T) {
	t.Parallel()
	full := fullListener(t)
	g := newGuard(t, &book{grants: grants("127.0.0.0/8")}, time.Now)
	g.cfg.ConnectTimeout = rttLeast + 100*time.Millisecond
	for range rttAll {
		g.ObserveRTT(full.target.Addr(), time.Millisecond)
	}
	if _, err := g.Dial(t.Context(), full.target); !timedOut(err) {
		t.Errorf("got %v", err)
	}
	if n := g.Counts().Admitted; n != 2 {
		t.Errorf("%d connects, want two", n)
	}
}

// TestDialLearns: refused is an answer too.
func TestDialLearns(t *testing.T) {
	t.Parallel()
	g := newGuard(t, &book{grants: grants("127.0.0.0/8")}, time.Now)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	target := l.Addr().(*net.TCPAddr).AddrPort()
	for i := range rttEnough {
		if i == rttEnough/2 {
			l.Close()
		}
		if conn, err := g.Dial(t.Context(), target); err == nil {
			conn.Close()
		}
	}
	if got := g.trips.limit(target.Addr(), 3*time.Second); got != rttLeast {
		t.Errorf("limit %s after %d answers", got, rttEnough)
	}
}
