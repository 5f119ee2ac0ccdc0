package minesweep

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
)

// TestHostLines: one port of a host at a time, the rest in the plan's order.
func TestHostLines(t *testing.T) {
	l := newHostLines([]uint16{4028, 80, 3333}, boundsFor(64))
	port := func(s string) OpenPort { return OpenPort{Target: netip.MustParseAddrPort(s)} }
	first := port("10.0.0.1:80")
	if !l.enter(first) || !l.enter(port("10.0.0.2:80")) {
		t.Error("a host that nobody asks must be asked at once")
	}
	for _, p := range []string{"10.0.0.1:3333", "10.0.0.1:22", "10.0.0.1:4028"} {
		if l.enter(port(p)) {
			t.Errorf("%s is asked beside another port of its host", p)
		}
	}
	// Port 22 is not of the plan.
	p := first
	for _, want := range []uint16{4028, 3333, 22} {
		next, ok := l.leave(p)
		if p = next; !ok || p.Target.Port() != want {
			t.Errorf("next is %v %t, want port %d", p.Target, ok, want)
		}
	}
	if _, ok := l.leave(p); ok || !l.enter(port("10.0.0.1:8080")) {
		t.Error("a host without ports in line must be free again")
	}
	if l.enter(first) {
		t.Error("a port that was settled after the page was read is asked twice")
	}
}

// TestHostLinesAreBounded: whatever comes, memory holds no more than it may,
// and what it did not take is named.
func TestHostLinesAreBounded(t *testing.T) {
	bounds := lineBounds{host: 4, all: 20, share: 3}
	rnd := rand.New(rand.NewPCG(1, 2))
	l := newHostLines(nil, bounds)
	var busy []OpenPort
	for id := range int64(20000) {
		if id%64 == 0 {
			l.turn()
		}
		addr := netip.AddrFrom4([4]byte{10, 0, byte(rnd.IntN(3)), byte(rnd.IntN(30))})
		p := OpenPort{Target: netip.AddrPortFrom(addr, uint16(id))}
		l.again() // forgets what was left before
		if l.enter(p) {
			busy = append(busy, p)
		} else if _, held := l.held[p.Target]; !held && !l.left {
			t.Fatalf("port %d is neither held nor named as left", id)
		}
		for len(busy) > 0 && rnd.IntN(3) == 0 {
			i := rnd.IntN(len(busy))
			if next, ok := l.leave(busy[i]); ok {
				busy[i] = next
			} else {
				busy = slices.Delete(busy, i, i+1)
			}
		}
		most := bounds.all + len(busy) + len(l.settled)
		if l.waiting > bounds.all || len(l.held) > most || len(l.hosts) > bounds.all+len(busy) || len(busy) > 3*bounds.share {
			t.Fatalf("waiting %d, held %d, hosts %d, busy %d", l.waiting, len(l.held), len(l.hosts), len(busy))
		}
	}
	for len(busy) > 0 { // and it is all given back
		if next, ok := l.leave(busy[0]); ok {
			busy[0] = next
		} else {
			busy = busy[1:]
		}
	}
	l.turn()
	if len(l.held)+len(l.hosts)+len(l.near)+l.waiting != 0 {
		t.Errorf("left behind: held %d, hosts %d, near %d, waiting %d", len(l.held), len(l.hosts), len(l.near), l.waiting)
	}
}
