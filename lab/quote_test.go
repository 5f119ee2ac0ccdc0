package lab

import (
	"slices"
	"strings"
	"testing"

	"minesweep"
)

// TestQuotedAnswersProveNothing sets every recorded answer of every miner, in
// each way of quoting, before the fingerprints, as the answer to every
// question that a web server is asked.
func TestQuotedAnswersProveNothing(t *testing.T) {
	devices, err := embedded()
	if err != nil {
		t.Fatal(err)
	}
	set := rules(t)
	questions := []string{"http/", "http/summary", "http/stat", "http/api/v1/info", "http/2/summary", "http/productName"}
	n := 0
	for _, d := range devices {
		for _, x := range d.Sections {
			if d.Want.Verdict != minesweep.Confirmed || x.Exact || x.Text == "" {
				continue
			}
			if family, _, _ := strings.Cut(x.Probe, "/"); family == "http" || family == "rpc" {
				questions = append(questions[:6:6], x.Probe)
			}
			for i, quote := range quotationsOf(x) {
				n++
				var replies []minesweep.Reply
				for _, q := range questions {
					replies = append(replies, minesweep.Reply{Probe: q, Raw: httpMessage(quote(bodyOf(x)))})
				}
				evidence := set.Judge(replies)
				if k := slices.IndexFunc(evidence, func(e minesweep.Evidence) bool { return e.Strength == minesweep.Confirm }); k >= 0 {
					t.Errorf("%s, %s quoted in way %d, confirms %s by %s: %.200s", d.Name, x.Probe, i, evidence[k].Fingerprint, evidence[k].Probe, evidence[k].Quote)
				}
			}
		}
	}
	if n < 500 {
		t.Errorf("%d quotations", n)
	}
}
