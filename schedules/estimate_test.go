package schedules

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"go4.org/netipx"

	"minesweep"
)

func mustTargets(t *testing.T, words ...string) *netipx.IPSet {
	t.Helper()
	var b netipx.IPSetBuilder
	for _, word := range words {
		for part := range strings.SplitSeq(word, ",") {
			addTarget(t, &b, part)
		}
	}
	set, err := b.IPSet()
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// addTarget reads an address, a prefix, or a range as 10.0.0.1-50 or ADDR-ADDR.
func addTarget(t *testing.T, b *netipx.IPSetBuilder, word string) {
	t.Helper()
	from, to, isRange := strings.Cut(word, "-")
	if prefix, err := netip.ParsePrefix(word); err == nil {
		b.AddPrefix(prefix)
		return
	}
	first := netip.MustParseAddr(from)
	switch {
	case !isRange:
		to = from
	case !strings.ContainsAny(to, ".:"):
		to = from[:strings.LastIndex(from, ".")+1] + to
	}
	b.AddRange(netipx.IPRangeFrom(first, netip.MustParseAddr(to)))
}

func TestEstimate(t *testing.T) {
	campus := minesweep.Grant{Name: "campus", Prefixes: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/16")}, Rate: 1000, RatePer24: 100}
	fast := campus
	fast.Rate, fast.RatePer24 = 100000, 100
	split := fast
	split.RatePer24, split.RatePerPrefix = 100000, 64
	other := minesweep.Grant{Name: "other", Prefixes: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")}, Rate: 10, RatePer24: 10}
	ports := []uint16{80, 81}
	for name, c := range map[string]struct {
		work Workload
		want Estimate
	}{
		"the grant's rate": {Workload{Grants: []minesweep.Grant{campus}, Plan: minesweep.Plan{Targets: mustTargets(t, "10.0.0.0/17"), Ports: ports}},
			Estimate{65536, 65536 * time.Millisecond, "1000/s of grant campus"}},
		"a /24": {Workload{Grants: []minesweep.Grant{fast}, Plan: minesweep.Plan{Targets: mustTargets(t, "10.0.0.128-10.0.1.255"), Ports: ports}},
			Estimate{768, 5120 * time.Millisecond, "100/s over each /24 of grant campus"}},
		"--rate-per-24": {Workload{Per24: 50, Grants: []minesweep.Grant{fast}, Plan: minesweep.Plan{Targets: mustTargets(t, "10.0.1.0/25", "10.0.1.200"), Ports: ports}},
			Estimate{258, 5160 * time.Millisecond, "--rate-per-24 50"}},
		"a prefix": {Workload{Grants: []minesweep.Grant{split}, Plan: minesweep.Plan{Targets: mustTargets(t, "10.0.0.0/24"), Ports: ports}},
			Estimate{512, 8 * time.Second, "64/s over 10.0.0.0/16 of grant campus"}},
		"--rate": {Workload{Rate: 100, Grants: []minesweep.Grant{campus}, Plan: minesweep.Plan{Targets: mustTargets(t, "10.0.0.0/17"), Ports: ports}},
			Estimate{65536, 655360 * time.Millisecond, "--rate 100"}},
		"a grant's share": {Workload{Grants: []minesweep.Grant{campus, other}, Plan: minesweep.Plan{Targets: mustTargets(t, "10.0.0.0/17", "10.1.0.1-50"), Ports: ports}},
			Estimate{65636, 65536 * time.Millisecond, "1000/s of grant campus"}},
		"a slow grant's share": {Workload{Grants: []minesweep.Grant{campus, other}, Plan: minesweep.Plan{Targets: mustTargets(t, "10.0.0.0/24", "10.1.0.0/24"), Ports: ports}},
			Estimate{1024, 51200 * time.Millisecond, "10/s of grant other"}},
		"a shard": {Workload{Grants: []minesweep.Grant{campus}, Plan: minesweep.Plan{Targets: mustTargets(t, "10.0.0.0/17"), Ports: ports, Shard: 1, Shards: 4}},
			Estimate{16384, 16384 * time.Millisecond, "1000/s of grant campus"}},
		"passes and pauses": {Workload{Grants: []minesweep.Grant{campus}, Plan: minesweep.Plan{Targets: mustTargets(t, "10.0.0.0/17"), Ports: ports, Passes: 3, PassGap: 2 * time.Minute}},
			Estimate{3 * 65536, (2*120000 + 3*65536) * time.Millisecond, "1000/s of grant campus"}},
		"what is left": {Workload{Grants: []minesweep.Grant{campus}, Plan: minesweep.Plan{Targets: mustTargets(t, "10.0.0.0/17"), Ports: ports, Passes: 2, PassGap: 2 * time.Minute, Cursor: 65536 + 32768}},
			Estimate{32768, 32768 * time.Millisecond, "1000/s of grant campus"}},
		"nothing left": {Workload{Grants: []minesweep.Grant{campus}, Plan: minesweep.Plan{Targets: mustTargets(t, "10.0.0.0/24"), Ports: ports, Cursor: 512}},
			Estimate{}},
		"connections": {Workload{Connects: true, InFlight: 512, Wait: time.Second, Grants: []minesweep.Grant{campus}, Plan: minesweep.Plan{Targets: mustTargets(t, "10.0.0.0/17"), Ports: ports}},
			Estimate{65536, 128 * time.Second, "512 connections in flight, where nothing answers"}},
	} {
		got := c.work.Estimate()
		if got.Probes != c.want.Probes || got.Takes.Round(time.Millisecond) != c.want.Takes || got.Bound != c.want.Bound {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

func TestEstimateHasNoOverflow(t *testing.T) {
	slow := minesweep.Grant{Name: "g", Prefixes: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")}, Rate: 1, RatePer24: 1}
	all := make([]uint16, 65535)
	got := Workload{Grants: []minesweep.Grant{slow}, Plan: minesweep.Plan{Targets: mustTargets(t, "0.0.0.0/0"), Ports: all, Passes: 4}}.Estimate()
	if got.Takes != TooLong || Span(got.Takes) != "more than a hundred years" {
		t.Errorf("got %+v", got)
	}
}

func TestAddressCount(t *testing.T) {
	set := mustTargets(t, "0.0.0.0", "10.0.0.250-10.0.1.5", "10.0.1.9", "10.0.2.0/24", "192.0.2.7", "2001:db8::fffe-2001:db8::1:2", "2001:db8:0:1::/127")
	every := []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}
	c := newAddressCount(set, every)
	if c.total != 1+12+1+256+1+5+2 {
		t.Errorf("total %d", c.total)
	}
	for text, want := range map[string]uint64{
		"0.0.0.0/0": 271, "0.0.0.0/32": 1, "10.0.0.0/24": 6, "10.0.1.0/24": 7, "10.0.1.4/30": 2, "10.0.0.252/30": 4, "10.0.0.0/22": 269,
		"10.0.3.0/24": 0, "192.0.2.7/32": 1, "192.0.2.0/29": 1, "192.0.2.8/29": 0, "255.0.0.0/8": 0,
		"::/0": 7, "2001:db8::/64": 5, "2001:db8::/112": 2, "2001:db8:0:1::/64": 2, "ffff::/16": 0,
	} {
		if got := c.in(netip.MustParsePrefix(text)); got != want {
			t.Errorf("in %s: %d, want %d", text, got, want)
		}
	}
	for text, want := range map[string]uint64{
		"10.0.0.1": 1, "10.0.0.200-10.0.1.9": 56, "10.0.0.200-10.0.2.9": 256, "10.0.0.250-10.0.1.250": 251, "10.0.0.0/16": 256,
		"10.0.0.1-5,10.0.0.9,10.0.1.0-6": 7, "10.0.0.1-5,10.0.0.9-11,10.0.1.0-6": 8, "2001:db8::1-2001:db8::ff": 255,
	} {
		if got := newAddressCount(mustTargets(t, text), every).fullest(); got != want {
			t.Errorf("fullest of %s: %d, want %d", text, got, want)
		}
	}
}
