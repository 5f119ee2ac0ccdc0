//go:build root

package main_test

import (
	"fmt"
	"maps"
	"net/netip"
	"testing"
	"time"

	"minesweep/lab/wire"
)

// TestRootShardsAreDisjointAndAll sweeps each eighth of one order by a run of
// its own with a store of its own, some of them at the same time.
func TestRootShardsAreDisjointAndAll(t *testing.T) {
	const prefix, shards, atOnce = "10.40.0.0/17", 8, 3
	ports := manyPorts(5) // × 2^15 addresses: no multiple of the prime's, but of 8
	pairs := wire.Pairs{Base: netip.MustParsePrefix(prefix), Ports: ports}
	w := newWired(t, wire.Options{}, wire.Responder{Seed: 23, OpenOneIn: 100, RefusePercent: 10,
		Scope: []netip.Prefix{pairs.Base}, Pairs: pairs})
	runs, stores := make([]*program, shards), make([]*wired, shards)
	for i := range shards {
		stores[i] = w.anew(t)
		stores[i].grantFast(t, prefix)
		if i >= atOnce {
			<-runs[i-atOnce].ended
		}
		runs[i] = stores[i].begin(t, "scan", prefix, "--ports", portList(ports), "--engine", "syn", "--no-questions",
			"--rate", "50000", "--seed", "4711", "--shard", fmt.Sprintf("%d/%d", i, shards))
	}
	union, sum := make(map[netip.AddrPort]bool), 0
	for i, run := range runs {
		if status := run.status(t); status != 0 {
			t.Fatalf("shard %d: exit status %d", i, status)
		}
		found := stores[i].openPorts(t, "1")
		sum += len(found)
		maps.Copy(union, found)
	}
	w.isTruth(t, union, []string{prefix}, ports)
	if sum != len(union) {
		t.Errorf("%d open ports were found by several shards", sum-len(union))
	}
	w.eachPair(t, 1)
	w.within(t)
}

// eachPair wants each pair to have got so many SYNs.
func (w *wired) eachPair(t *testing.T, times uint8) {
	t.Helper()
	seen, err := w.lab.Seen()
	if err != nil {
		t.Fatal(err)
	}
	all, wrong := 0, 0
	for target, n := range seen.All() {
		if all++; n != times {
			if wrong++; wrong == 1 {
				t.Errorf("%s got %d SYNs, want %d", target, n, times)
			}
		}
	}
	if all == 0 || wrong > 0 {
		t.Errorf("%d of %d pairs did not get %d SYNs", wrong, all, times)
	}
}

// TestRootPassesAreApart probes everything twice, two seconds apart.
func TestRootPassesAreApart(t *testing.T) {
	const prefix, gap = "10.41.0.0/18", 2 * time.Second
	base := netip.MustParsePrefix(prefix)
	r := wire.Responder{Seed: 29, OpenOneIn: 50, RefusePercent: 10, Scope: []netip.Prefix{base},
		Pairs: wire.Pairs{Base: base, Ports: []uint16{80}}}
	for a := base.Addr(); len(r.Watch) < 64; a = a.Next() {
		r.Watch = append(r.Watch, netip.PrefixFrom(a, 32))
	}
	w := newWired(t, wire.Options{}, r)
	w.grantFast(t, prefix)
	w.must(t, "scan", prefix, "--ports", "80", "--engine", "syn", "--no-questions", "--rate", "30000", "--passes", "2", "--pass-gap", gap.String())
	w.isTruth(t, w.openPorts(t, "1"), []string{prefix}, []uint16{80})
	w.eachPair(t, 2)
	w.within(t)
	shortest := time.Hour
	for i, p := range r.Watch {
		line := w.lab.Watched(i)
		shortest = min(shortest, line.Last-line.First)
		if line.Last-line.First < gap {
			t.Errorf("%s was probed again after %s", p.Addr(), line.Last-line.First)
		}
	}
	t.Logf("two probes of one target are %s apart at least", shortest)
}
