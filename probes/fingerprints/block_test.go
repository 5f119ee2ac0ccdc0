package fingerprints_test

import (
	"testing"

	"minesweep"
)

// TestNotEveryStatusBlockIsCgminers: gear of other trades writes STATUS, Code
// and Msg too; what it says is none of the API's messages.
func TestNotEveryStatusBlockIsCgminers(t *testing.T) {
	set := load(t)
	for _, raw := range []string{
		"STATUS=S,When=1,Code=22,Msg=pump controller|VERSION,FW=1|",
		`{"STATUS":[{"STATUS":"S","When":1700000000,"Code":3,"Msg":"Door closed","Description":"gate"}],"DOOR":[{"OPEN":0}]}`,
	} {
		for _, probe := range []string{"cgminer/version", "cgminer/version-text", "cgminer/summary", "stratum/subscribe", "ccminer/summary"} {
			for _, e := range set.Judge([]minesweep.Reply{{Probe: probe, Raw: []byte(raw)}}) {
				if e.Strength == minesweep.Confirm {
					t.Errorf("%s answered %s: confirmed by %s", probe, raw, e.Fingerprint)
				}
			}
		}
	}
}
