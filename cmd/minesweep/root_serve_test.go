//go:build root

package main_test

import (
	"net/netip"
	"strconv"
	"syscall"
	"testing"

	"minesweep/lab/wire"
)

// serve starts the one process that works on the store.
func (w *wired) serve(t *testing.T) *program {
	t.Helper()
	return w.begin(t, "serve", "--listen=", "--name", "one")
}

// TestRootKillsOfServe kills the process that runs a sweep in lanes at random
// moments; the next one goes on at once. MINESWEEP_KILLS=30 MINESWEEP_KILLS_SECONDS=300
// is what the project promises, and then it wants no more than 1 % sent again.
func TestRootKillsOfServe(t *testing.T) {
	const prefix = "100.64.0.0/16"
	kills, seconds := fromEnv(t, "MINESWEEP_KILLS", 4), fromEnv(t, "MINESWEEP_KILLS_SECONDS", 8)
	rate := fromEnv(t, "MINESWEEP_KILLS_RATE", killRate)
	ports := manyPorts(max(1, seconds*rate>>16))
	pairs := wire.Pairs{Base: netip.MustParsePrefix(prefix), Ports: ports}
	w := newWired(t, wire.Options{}, wire.Responder{Seed: 12, OpenOneIn: 50, RefusePercent: 20,
		Scope: []netip.Prefix{pairs.Base}, Pairs: pairs})
	w.grantFast(t, prefix)
	w.must(t, "sweeps", "start", prefix, "--ports", portList(ports), "--engine", "syn", "--no-questions",
		"--rate", strconv.Itoa(rate), "--lanes", "2")
	for _, moment := range randomMoments(kills, len(ports)<<16) {
		p := w.serve(t)
		w.after(t, p, moment)
		p.kill()
	}
	last := w.serve(t)
	w.must(t, "sweeps", "watch", "1")
	if err := last.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if status := last.status(t); status != 0 {
		t.Errorf("it stopped with status %d", status)
	}

	w.isTruth(t, w.openPorts(t, "1"), []string{prefix}, ports)
	w.within(t)
	if rows := w.sweeps(t); len(rows) != 1 || rows[0].Status != "done" || rows[0].Covered != 100 {
		t.Errorf("sweeps: %+v", rows)
	}
	w.sentAgain(t, kills, rate, kills >= 20)
}
