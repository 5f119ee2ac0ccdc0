//go:build root

package main_test

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"strconv"
	"testing"
	"time"

	"minesweep/lab/wire"
)

const (
	killRate = 20_000
	// killCost is how much of its work a killed sweep may do again: the reply
	// wait, a checkpoint and its commit on a busy machine.
	killCost = 350 * time.Millisecond
)

// TestRootKillsOfASYNSweep kills a sweep at random moments and resumes it each
// time. MINESWEEP_KILLS and MINESWEEP_KILLS_SECONDS make it longer, and then it
// wants no more than 1 % of the probes sent again.
func TestRootKillsOfASYNSweep(t *testing.T) {
	killSweep(t)
}

// TestRootKillsWhereTargetsWaitForTheirNetwork is the same where the budget of a
// /24 is little more than what falls to it: at any time some targets wait for
// their network, and thousands have overtaken them.
func TestRootKillsWhereTargetsWaitForTheirNetwork(t *testing.T) {
	per24 := fromEnv(t, "MINESWEEP_KILLS_RATE", killRate) / 256 * 108 / 100
	killSweep(t, "--rate-per-24", strconv.Itoa(per24))
}

func killSweep(t *testing.T, flags ...string) {
	t.Helper()
	w := newKillField(t, 11)
	w.paced = append(w.paced, flags...)
	scan := slices.Concat([]string{"scan", w.prefix, "--ports", portList(w.ports)}, w.paced)
	resume := slices.Concat([]string{"sweeps", "resume", "1"}, w.paced)
	args := scan
	for i, moment := range w.moments {
		p := w.begin(t, args...)
		w.after(t, p, moment)
		p.kill()
		if args = scan; i%2 == 0 {
			args = resume
		}
	}
	w.must(t, args...)
	w.isWhole(t)
}

// killField is a /16 behind a wire, of which one sweep is to be killed at random
// moments.
type killField struct {
	*wired
	prefix  string
	ports   []uint16
	rate    int
	moments []uint64
	paced   []string // the flags of such a sweep
}

func newKillField(t *testing.T, seed uint32) killField {
	t.Helper()
	f := killField{prefix: "100.64.0.0/16", rate: fromEnv(t, "MINESWEEP_KILLS_RATE", killRate)}
	kills, seconds := fromEnv(t, "MINESWEEP_KILLS", 4), fromEnv(t, "MINESWEEP_KILLS_SECONDS", 8)
	f.ports = manyPorts(max(1, seconds*f.rate>>16))
	f.moments = randomMoments(kills, len(f.ports)<<16)
	f.paced = []string{"--engine", "syn", "--no-questions", "--rate", strconv.Itoa(f.rate)}
	pairs := wire.Pairs{Base: netip.MustParsePrefix(f.prefix), Ports: f.ports}
	f.wired = newWired(t, wire.Options{}, wire.Responder{Seed: seed, OpenOneIn: 50, RefusePercent: 20,
		Scope: []netip.Prefix{pairs.Base}, Pairs: pairs})
	f.grantFast(t, f.prefix)
	return f
}

// isWhole wants the truth, from one sweep, with little of it sent again.
func (f killField) isWhole(t *testing.T) {
	t.Helper()
	f.isTruth(t, f.openPorts(t, "1"), []string{f.prefix}, f.ports)
	f.within(t)
	if rows := f.sweeps(t); len(rows) != 1 || rows[0].Status != "done" || rows[0].Covered != 100 {
		t.Errorf("sweeps: %+v", rows)
	}
	f.sentAgain(t, len(f.moments), f.rate, len(f.moments) >= 20)
}

// sentAgain wants each pair probed, and few of them again.
func (w *wired) sentAgain(t *testing.T, kills, rate int, strict bool) {
	t.Helper()
	seen, err := w.lab.Seen()
	if err != nil {
		t.Fatal(err)
	}
	none, once, more := seen.Times()
	all := none + once + more
	again := int(w.lab.Tally().SYNs) - (all - none)
	share := 100 * float64(again) / float64(all)
	t.Logf("%d kills, %d pairs: %d probed again (%.2f %%), %.0f ms of sending a kill",
		kills, all, again, share, 1000*float64(again)/float64(kills)/float64(rate))
	if none > 0 {
		t.Errorf("%d of %d pairs were never probed", none, all)
	}
	if most := int(killCost.Seconds() * float64(kills*rate)); again > most || strict && share > 1 {
		t.Errorf("%d probes were sent again (%.2f %%), want %d at most", again, share, most)
	}
}

// randomMoments are numbers of SYNs at which to kill, in their order.
func randomMoments(n, all int) []uint64 {
	moments := make([]uint64, n)
	for i := range moments {
		moments[i] = uint64(rand.IntN(all * 95 / 100)) //nolint:gosec // no secret
	}
	slices.Sort(moments)
	return moments
}

func manyPorts(n int) []uint16 {
	ports := make([]uint16, n)
	for i := range ports {
		ports[i] = uint16(4000 + i)
	}
	return ports
}
