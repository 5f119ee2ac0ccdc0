//go:build root && linux

package main

import (
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

// testOptions are those of a short run; MINESWEEP_CHAOS_LOGS keeps what the workers
// say in a folder.
func testOptions(length time.Duration) options {
	return options{work: workStorm, seed: 7, workers: 3, rate: 6000, per24: 250, length: length, devices: 40, lanes: 6, minesweep: "minesweep",
		logs: os.Getenv("MINESWEEP_CHAOS_LOGS")}
}

// newTestGround skips where something is missing that .ci/run installs.
func newTestGround(t *testing.T, o options) *ground {
	t.Helper()
	g, err := newGround(t.Context(), o)
	t.Cleanup(func() {
		if err := g.close(); err != nil {
			t.Error(err)
		}
	})
	if err == nil {
		err = g.people(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// TestRootNodesReachWhatIsTrue scans a part of the targets from each worker's
// network and reads the database from there.
func TestRootNodesReachWhatIsTrue(t *testing.T) {
	g := newTestGround(t, testOptions(10*time.Second))
	watched := g.cluster.Responder().Watch
	found := 0
	for i, w := range g.workers {
		store := "--db=" + w.dir + "/store.db"
		prefix := watched[i].String()
		run := func(args ...string) string {
			t.Helper()
			cmd := exec.CommandContext(t.Context(), g.path, append(args, store)...)
			cmd.Dir, cmd.Env = w.dir, environment(w.dir, g.path)
			var out []byte
			if err := w.node.Inside(func() (err error) {
				out, err = cmd.Output()
				return err
			}); err != nil {
				t.Fatalf("%s: %v", strings.Join(args, " "), err)
			}
			return string(out)
		}
		run("grant", "add", "lab", prefix, "--authority", "a", "--basis", "b", "--rate", "20000", "--rate-per-24", "20000")
		run("scan", prefix, "--ports", portText(g.ports), "--engine", "syn", "--no-questions")
		found += strings.Count(run("sweeps", "show", "1", "--ports", "-o", "jsonl"), "\n")
		if seen := g.cluster.Watched(i).Count; seen != uint64(len(g.ports))<<8 {
			t.Errorf("%s: %d packets came to %s, want %d", w.name, seen, prefix, len(g.ports)<<8)
		}
		if sent, err := w.node.Sent(); err != nil || sent < uint64(len(g.ports))<<8 {
			t.Errorf("%s sent %d packets, %v", w.name, sent, err)
		}
	}
	open := 0
	for target := range g.truth() {
		if slices.ContainsFunc(watched[:len(g.workers)], func(p netip.Prefix) bool { return p.Contains(target.Addr()) }) {
			open++
		}
	}
	if open == 0 || found != open {
		t.Errorf("%d are open, %d were found", open, found)
	}
	if tally := g.cluster.Tally(); tally.Outside != 0 {
		t.Errorf("%d packets out of scope: %v", tally.Outside, tally.OutsideFirst)
	}
}
