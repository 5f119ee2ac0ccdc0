package probes

import (
	"slices"
	"testing"

	"minesweep/scanner"
)

// TestHintedPortsAreSwept: a hint on a port that no sweep tries is never seen.
func TestHintedPortsAreSwept(t *testing.T) {
	all := scanner.AllTiers()
	for _, p := range All {
		for _, port := range p.Ports {
			if !slices.Contains(all, port) {
				t.Errorf("%s hints at port %d, which no tier holds", p.key(), port)
			}
		}
	}
	for _, port := range slices.Concat(tlsPorts, talkative, []uint16{9588}) {
		if !slices.Contains(all, port) {
			t.Errorf("port %d has a rule and is in no tier", port)
		}
	}
	if want := []uint16{4028, 80, 443, 3333, 4067, 4068, 8080, 18081, 8545, 4433, 6060}; !slices.Equal(scanner.Tier1(), want) {
		t.Errorf("tier 1 is %v, want %v", scanner.Tier1(), want)
	}
}
