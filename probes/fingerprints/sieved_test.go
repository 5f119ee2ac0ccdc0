package fingerprints_test

import (
	"net/netip"
	"testing"

	"minesweep"
)

// TestNothingIsReadFromWhatWasNotAsked judges a port that the sieve held back:
// the reason, which a recording has as text, may hold any word.
func TestNothingIsReadFromWhatWasNotAsked(t *testing.T) {
	set := load(t)
	miner := `{"STATUS":[{"STATUS":"S","Code":22,"Msg":"CGMiner versions"}],"VERSION":[{"API":"3.1","CGMiner":"4.9","Type":"Antminer S9"}]}`
	target := netip.MustParseAddrPort("192.0.2.1:4028")
	for _, raw := range []string{"", "SYN proxy: window 0 and no options", miner} {
		r := minesweep.Reply{Target: target, Probe: minesweep.SievedProbe, Raw: []byte(raw), Refused: "SYN proxy"}
		if got := set.Judge([]minesweep.Reply{r}); len(got) != 0 {
			t.Errorf("%q: %+v", raw, got)
		}
		r.Probe = "cgminer/version"
		if got := set.Judge([]minesweep.Reply{r}); raw == miner && len(got) == 0 {
			t.Error("the same bytes prove nothing as an answer, so nothing was tested")
		}
	}
}
