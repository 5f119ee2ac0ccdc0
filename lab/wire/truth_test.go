package wire

import (
	"net/netip"
	"slices"
	"testing"
)

func TestTruthAgreesWithTheLaboratoryInC(t *testing.T) {
	// From the laboratory that this one was made after: seed 7, one in 300,
	// 100.64.0.0/22, ports 1 to 2.
	r := Responder{Seed: 7, OpenOneIn: 300}
	var got []string
	for a := range r.Truth(prefixes("100.64.0.0/22"), []uint16{1, 2}) {
		got = append(got, a.String())
	}
	want := []string{"100.64.0.217:2", "100.64.1.139:2", "100.64.1.221:1", "100.64.2.5:2", "100.64.2.224:2", "100.64.3.31:2"}
	if !slices.Equal(got, want) {
		t.Errorf("open %v, want %v", got, want)
	}
}

func TestTheLongestPlaceDecides(t *testing.T) {
	place := func(p string, k Kind) Place { return Place{Prefix: netip.MustParsePrefix(p), Kind: k} }
	r := Responder{ProxyPercent: 100, Places: []Place{place("10.0.0.0/24", Silent), place("10.0.0.0/16", Middlebox),
		place("10.0.0.128/25", Plain), place("10.0.0.0/8", Unreachable), place("10.3.0.0/16", Passed), place("10.3.3.0/24", Silent)}}
	for addr, want := range map[string]Kind{"10.0.0.1": Silent, "10.0.1.1": Middlebox, "10.0.0.200": Plain, "10.1.0.0": Unreachable,
		"10.3.3.3": Silent, "10.3.4.3": Passed, "100.64.0.1": Proxy} {
		if got := r.Kind(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s is of kind %d, want %d", addr, got, want)
		}
	}
}

func TestSharesAreOfAllAddresses(t *testing.T) {
	r := Responder{Seed: 3, ProxyPercent: 5, AllOpenPercent: 2, OpenOneIn: 1}
	kinds := map[Kind]int{}
	block := netip.MustParsePrefix("10.0.0.0/16")
	for a := block.Addr(); block.Contains(a); a = a.Next() {
		kinds[r.Kind(a)]++
		if open := r.Open(a, 80); open != (r.Kind(a) == Plain) {
			t.Fatalf("%s is of kind %d and open is %v", a, r.Kind(a), open)
		}
	}
	near := func(n, want int) bool { return n > want*9/10 && n < want*11/10 }
	if !near(kinds[Proxy], 65536*5/100) || !near(kinds[AllOpen], 65536*2/100) {
		t.Errorf("addresses by kind: %v", kinds)
	}
	decoys := 0
	for range r.Decoys([]netip.Prefix{block}) {
		decoys++
	}
	if decoys != kinds[Proxy]+kinds[AllOpen] {
		t.Errorf("%d decoys of %v", decoys, kinds)
	}
}
