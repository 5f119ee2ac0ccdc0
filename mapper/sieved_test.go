package mapper

import (
	"strings"
	"testing"

	"minesweep"
)

func heldBack(port uint16, why string) minesweep.Reply {
	r := reply(port, minesweep.SievedProbe, "", "")
	r.Refused = why
	return r
}

func TestSieved(t *testing.T) {
	m := newMapper(t)
	real, proof := miner(4028)
	single := real[:1:1]
	hint := evidence("web-title", 80, minesweep.Suspect, 20, minesweep.Claims{})
	const proxy, alike = "SYN proxy: window 0 and no options",
		"14 addresses of 10.1.2.0/24 answer port 443 alike and 4 that were asked said nothing"
	open := heldBack(443, "accepts on port 41234, where nobody listens: "+minesweep.EveryPortOpen)
	page := reply(80, "http/", "GET /", "HTTP/1.1 200 OK\r\n\r\npage")
	recorded := reply(443, minesweep.SievedProbe, "", proxy) // a recording has the reason as its text
	for _, tt := range []struct {
		name    string
		replies []minesweep.Reply
		proof   []minesweep.Evidence
		want    minesweep.Verdict
	}{
		{"SYN proxy", []minesweep.Reply{heldBack(443, proxy)}, nil, minesweep.DecoyHost},
		{"in a recording", []minesweep.Reply{recorded}, nil, minesweep.DecoyHost},
		{"a network alike", []minesweep.Reply{heldBack(443, alike)}, nil, minesweep.DecoyHost},
		{"every port open", []minesweep.Reply{open}, nil, minesweep.DecoyHost},
		{"a network alike, and a miner on another port", append(single, heldBack(443, alike)), []minesweep.Evidence{proof}, minesweep.Confirmed},
		{"SYN proxy, and a miner on another port", append(single, heldBack(443, proxy)), []minesweep.Evidence{proof}, minesweep.Confirmed},
		{"SYN proxy, and a hint on another port", []minesweep.Reply{page, heldBack(443, proxy)}, []minesweep.Evidence{hint}, minesweep.Suspected},
		{"SYN proxy, and a page on another port", []minesweep.Reply{page, heldBack(443, proxy)}, nil, minesweep.DecoyHost},
		{"every port open, and a hint", []minesweep.Reply{page, open}, []minesweep.Evidence{hint}, minesweep.DecoyHost},
		{"every port open, and one answer of a miner", append(single, open), []minesweep.Evidence{proof}, minesweep.DecoyHost},
		{"every port open, and a miner that was followed up", append(real[:2:2], open), []minesweep.Evidence{proof}, minesweep.Confirmed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := m.Assess(observe(opened(80, 443, 4028), 40, tt.replies, tt.proof...))
			if h.Verdict != tt.want {
				t.Errorf("verdict %s, want %s; doubts %q", h.Verdict, tt.want, h.Doubts)
			}
			var quoted string
			for _, e := range h.Evidence {
				if e.Fingerprint == "sieve" && e.Probe == "sieve" && e.Port == 443 && e.Strength == minesweep.Decoy {
					quoted = e.Quote
				}
			}
			if quoted == "" || !strings.Contains(strings.Join(h.Doubts, "\n"), "not asked: "+quoted) {
				t.Errorf("the reason is not shown: %+v, %q", h.Evidence, h.Doubts)
			}
			want := 0
			for _, r := range tt.replies {
				if r.Probe != minesweep.SievedProbe {
					want++
				}
			}
			if h.Requests != want {
				t.Errorf("%d requests, want %d", h.Requests, want)
			}
		})
	}
}

// TestSievedCrowdsNothingOut holds back very many ports of a miner.
func TestSievedCrowdsNothingOut(t *testing.T) {
	m := newMapper(t)
	replies, proof := miner(4028)
	for i := range 1000 {
		replies = append(replies, heldBack(uint16(10000+i), "SYN proxy: window 0 and no options"))
	}
	h := m.Assess(observe(opened(4028), 2000, replies, proof))
	if h.Verdict != minesweep.Confirmed || len(h.Doubts) != 1 || len(h.Evidence) != 1+maxSieved {
		t.Errorf("%s, %d pieces of evidence, doubts %q", h.Verdict, len(h.Evidence), h.Doubts)
	}
}
