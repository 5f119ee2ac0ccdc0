package minesweep

import (
	"net/netip"
	"testing"
)

// TestHostLines: one port of a host at a time, the rest in the plan's order.
func TestHostLines(t *testing.T) {
	l := newHostLines([]uint16{4028, 80, 3333})
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
	for _, want := range []uint16{4028, 3333, 22} {
		p, ok := l.leave(first)
		if !ok || p.Target.Port() != want {
			t.Errorf("next is %v %t, want port %d", p.Target, ok, want)
		}
	}
	if _, ok := l.leave(first); ok || !l.enter(first) {
		t.Error("a host without ports in line must be free again")
	}
}
