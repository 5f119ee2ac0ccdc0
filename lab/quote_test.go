package lab

import (
	"slices"
	"strings"
	"testing"

	"minesweep"
	"minesweep/probes/fingerprints"
	"minesweep/recordings"
)

// TestQuotedAnswersProveNothing sets every recorded answer of every miner, in
// each way of quoting, before the fingerprints, as a web server's answer.
func TestQuotedAnswersProveNothing(t *testing.T) {
	t.Parallel()
	devices, err := embedded()
	if err != nil {
		t.Fatal(err)
	}
	set, n := rules(t), 0
	for _, d := range devices {
		for _, x := range d.Sections {
			if d.Want.Verdict != minesweep.Confirmed || x.Exact || x.Text == "" {
				continue
			}
			for way := range quotationsOf(x) {
				n++
				if e, ok := provenByQuote(set, x, way, n); ok {
					t.Errorf("%s, %s quoted in way %d, confirms %s by %s: %.200s", d.Name, x.Probe, way, e.Fingerprint, e.Probe, e.Quote)
				}
			}
		}
	}
	if n < 500 {
		t.Errorf("%d quotations", n)
	}
}

// provenByQuote judges the quotation as the answer to the section's own
// question, or to one of those that web servers are asked most, turn by turn.
func provenByQuote(set *fingerprints.Set, x recordings.Section, way, turn int) (minesweep.Evidence, bool) {
	question := x.Probe
	if family, _, _ := strings.Cut(question, "/"); family != "http" && family != "rpc" {
		asked := []string{"http/", "http/summary", "http/stat", "http/api/v1/info", "http/2/summary", "http/productName"}
		question = asked[turn%len(asked)]
	}
	evidence := set.Judge([]minesweep.Reply{{Probe: question, Raw: httpMessage(quotationsOf(x)[way](bodyOf(x)))}})
	i := slices.IndexFunc(evidence, func(e minesweep.Evidence) bool { return e.Strength == minesweep.Confirm })
	if i < 0 {
		return minesweep.Evidence{}, false
	}
	return evidence[i], true
}
