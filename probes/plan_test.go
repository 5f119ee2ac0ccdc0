package probes

import (
	"slices"
	"testing"
)

func TestPlanKnowsItsQuestions(t *testing.T) {
	reached := make(map[string]bool)
	mark := func(where string, names ...string) {
		for _, name := range names {
			if _, ok := byKey(name); !ok {
				t.Errorf("%s names %q, which is no probe", where, name)
			}
			reached[name] = true
		}
	}
	mark("opening", opening...)
	for _, s := range plan {
		mark("the plan after "+s.after[0], s.ask...)
		for _, name := range s.after {
			if !slices.ContainsFunc(All, func(p Probe) bool { return matchesName([]string{name}, p.Name) }) {
				t.Errorf("the plan waits for %q, which is never asked", name)
			}
		}
	}
	for _, p := range All {
		if len(p.Ports) > 0 {
			reached[p.key()] = true
		}
		if !reached[p.key()] {
			t.Errorf("%s is never asked: no port hints at it and no step of the plan asks it", p.Name)
		}
	}
}

func TestOpening(t *testing.T) {
	for _, c := range []struct {
		port   uint16
		want   []string
		hinted bool
	}{
		{4028, []string{"cgminer/version", "cgminer/version-text", "whatsminer/get_version", "http/"}, true},
		{80, []string{"http/", "cgminer/version", "stratum/subscribe", "claymore/miner_getstat1", "ccminer/summary"}, true},
		{3333, []string{"stratum/subscribe", "claymore/miner_getstat1", "http/", "cgminer/version"}, true},
		{4444, []string{"stratum/subscribe", "claymore/miner_getstat1", "claymore/eth_getWork", "http/"}, true},
		{8888, []string{"http/", "stratum/subscribe", "cgminer/version", "claymore/miner_getstat1"}, true},
		{4068, []string{"ccminer/summary", "http/", "cgminer/version", "stratum/subscribe", "claymore/miner_getstat1"}, true},
		{4067, []string{"http/summary", "ccminer/summary", "http/", "cgminer/version", "stratum/subscribe"}, true},
		{4433, []string{"whatsminer3/get.device.info", "http/"}, true},
		{8359, []string{"cgminer/version line", "http/", "cgminer/version", "stratum/subscribe", "claymore/miner_getstat1"}, true},
		{20000, []string{"getstat/getstat", "http/", "cgminer/version", "stratum/subscribe", "claymore/miner_getstat1"}, true},
		{42000, []string{"http/getstat", "getstat/getstat", "http/", "cgminer/version", "stratum/subscribe"}, true},
		{34254, []string{"stratum/subscribe", "sv2/handshake"}, true},
		{12345, opening, false},
		{6060, []string{"http/productName"}, true},
		{9588, []string{"banner"}, true},
		{37889, []string{"banner"}, true},
	} {
		if got, hinted := openingOf(c.port, known{}); !slices.Equal(got, c.want) || hinted != c.hinted {
			t.Errorf("openingOf(%d) = %q, %v, want %q, %v", c.port, got, hinted, c.want, c.hinted)
		}
	}
}
