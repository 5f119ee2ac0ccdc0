package scanner

import (
	"net/netip"
	"testing"

	"minesweep"
)

func TestSpaceNumbersEachTargetOnce(t *testing.T) {
	set, err := ParseTargets([]string{"10.0.0.250-10.0.1.5", "192.0.2.7", "2001:db8::fffe-2001:db8::1:2"})
	if err != nil {
		t.Fatal(err)
	}
	plan := minesweep.Plan{Targets: set, Ports: []uint16{80, 4028, 443}}
	total, _ := plan.Total()
	if want := uint64((12 + 1 + 5) * 3); total != want {
		t.Fatalf("total is %d, want %d", total, want)
	}
	s := newSpace(plan)
	seen := make(map[netip.AddrPort]bool)
	for i := range total {
		target := s.target(i)
		if seen[target] || !set.Contains(target.Addr()) {
			t.Errorf("index %d: %s came twice or is not in the plan", i, target)
		}
		seen[target] = true
	}
}

func TestSpaceCrosses64Bits(t *testing.T) {
	set, err := ParseTargets([]string{"2001:db8:0:0:ffff:ffff:ffff:fffe-2001:db8:0:1::1"})
	if err != nil {
		t.Fatal(err)
	}
	s := newSpace(minesweep.Plan{Targets: set, Ports: []uint16{80}})
	if got := s.target(3).Addr().String(); got != "2001:db8:0:1::1" {
		t.Errorf("the last address is %s", got)
	}
}
