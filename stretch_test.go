package minesweep_test

import (
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"minesweep"
)

// Stretches and Decide must say the same of every address.
func TestStretchesAgreeWithDecide(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	random := func() netip.Prefix {
		addr := netip.AddrFrom4([4]byte{10, 0, byte(r.IntN(4)), byte(r.IntN(256))})
		return netip.PrefixFrom(addr, 22+r.IntN(11)).Masked()
	}
	for range 200 {
		var grants []minesweep.Grant
		for i := range 1 + r.IntN(4) {
			g := minesweep.Grant{Name: string(rune('a' + i)), Prefixes: []netip.Prefix{random(), random()}}
			grants = append(grants, g)
		}
		excluded := []minesweep.Exclusion{{Prefix: random()}, {Prefix: random()}}
		scope, err := minesweep.NewScope(grants, excluded, time.Unix(0, 0))
		if err != nil {
			t.Fatal(err)
		}
		checkStretches(t, scope)
	}
}

func checkStretches(t *testing.T, scope *minesweep.Scope) {
	t.Helper()
	by := make(map[netip.Addr]minesweep.Stretch)
	for s := range scope.Stretches() {
		for a := s.Range.From(); a.Compare(s.Range.To()) <= 0; a = a.Next() {
			if _, twice := by[a]; twice || !s.Prefix.Contains(a) {
				t.Fatalf("%s is in two stretches, or not in %s", a, s.Prefix)
			}
			by[a] = s
		}
	}
	for a := netip.MustParseAddr("9.255.255.0"); a.Less(netip.MustParseAddr("10.0.5.0")); a = a.Next() {
		grant, err := scope.Decide(a)
		s, ok := by[a]
		if ok != (err == nil) || ok && s.Grant.Name != grant.Name {
			t.Fatalf("%s: decided %v %v, stretch %+v %v", a, grant, err, s, ok)
		}
	}
}

func TestNoStretchInNothing(t *testing.T) {
	for s := range new(minesweep.Scope).Stretches() {
		t.Errorf("the empty scope has %v", s)
	}
	all := minesweep.Grant{Name: "all", Prefixes: []netip.Prefix{netip.MustParsePrefix("255.0.0.0/8"), netip.MustParsePrefix("::/0")}}
	scope, err := minesweep.NewScope([]minesweep.Grant{all}, nil, time.Unix(0, 0))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for s := range scope.Stretches() {
		n++
		if s.Range.From().Is4() {
			t.Errorf("reserved space is allowed: %v", s.Range)
		}
	}
	if n == 0 {
		t.Error("not even IPv6 is left")
	}
}
