package lab

import (
	"net/netip"
	"slices"
	"testing"

	"minesweep/scanner"
)

func TestFleetStandsInTheFirstPass(t *testing.T) {
	a, b := slices.Sorted(slices.Values(firstPass)), slices.Sorted(slices.Values(scanner.Tier1()))
	if !slices.Equal(a, b) {
		t.Errorf("the fleet stands on %v, the first pass tries %v", a, b)
	}
	hosts, err := Fleet(netip.MustParsePrefix("127.0.5.0/24"), 200)
	if err != nil {
		t.Fatal(err)
	}
	kinds := make(map[string]bool)
	for _, h := range hosts {
		kinds[h.Device.Want.Vendor] = true
	}
	if len(kinds) < 20 {
		t.Errorf("200 devices are of %d makes only", len(kinds))
	}
}
