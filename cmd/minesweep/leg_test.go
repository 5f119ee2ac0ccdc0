package main

import (
	"fmt"
	"net/netip"
	"os"
	"testing"
	"time"

	"minesweep"
	"minesweep/db"
	"minesweep/scanner"
)

// TestProbesOfAStintThatSkips: node a dies where two steps waited that others had
// overtaken, node b sends those two and what comes behind, dies as well, and c
// does the rest. None is said to have sent for certain what another did.
func TestProbesOfAStintThatSkips(t *testing.T) {
	d := newDesk(t)
	began := time.Date(2026, 11, 20, 16, 30, 0, 0, time.UTC)
	now := began
	d.p.now = func() time.Time { return now }
	d.grant("campus", "10.0.0.0/20")
	s, err := db.Open(t.Context(), os.Getenv("MINESWEEP_DB"), d.p.now)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	targets, err := scanner.ParseTargets([]string{"10.0.0.0/20"})
	check(err)
	plan := minesweep.Plan{Targets: targets, Ports: []uint16{80}, Seed: 4711}
	sweep, err := s.PlanSweep(t.Context(), db.SweepSpec{Targets: targets, Ports: plan.Ports, Seed: plan.Seed, Queue: db.Nightly, Terms: db.Terms{Engine: "syn"}}, noJobs)
	check(err)
	stint := func(run int64, node string, p minesweep.Progress) *db.Journal {
		j, err := s.TakeLane(t.Context(), db.LaneRun{Sweep: sweep.ID, Kind: db.Discover, Run: run}, node)
		check(err)
		now = now.Add(time.Minute)
		check(j.Checkpoint(t.Context(), p, nil))
		return j
	}
	die := func() {
		now = now.Add(time.Minute)
		_, err := s.Orphans(t.Context(), 30*time.Second, noJobs)
		check(err)
	}
	stint(1, "a", minesweep.Progress{Cursor: 1000, Sent: 2200, Beyond: minesweep.Beyond{To: 2000, Left: []uint64{1000, 1500}}})
	die()
	stint(2, "b", minesweep.Progress{Cursor: 1500, Sent: 900, Beyond: minesweep.Beyond{To: 2800, Left: []uint64{1500, 2500}}})
	die()
	stint(3, "c", minesweep.Progress{Cursor: 4096, Sent: 1298})

	whoSent := func(step uint64) string {
		switch {
		case step < 1000 || step < 2000 && step != 1000 && step != 1500:
			return "a"
		case step == 1000 || step < 2800 && step != 1500 && step != 2500:
			return "b"
		}
		return "c"
	}
	lanes, err := s.Lanes(t.Context(), sweep.ID)
	check(err)
	stints, err := s.Stints(t.Context(), db.StintFilter{Sweep: sweep.ID})
	check(err)
	legs := legsOf(sweep, lanes[0], stints, now)
	for step := range uint64(4096) {
		sure, maybe := "", ""
		for _, l := range legs {
			if l.sent(step, false) {
				sure += l.Node
				if at := l.timeOf(step); at.Before(l.begin) || at.After(l.end) {
					t.Fatalf("step %d by %s at %s, which is not in its time", step, l.Node, at)
				}
			}
			if l.sent(step, true) {
				maybe += l.Node
			}
		}
		want := whoSent(step)
		// Whoever came before may have, after its last checkpoint.
		before := map[string]string{"a": "", "b": "a", "c": "ab"}[want]
		if sure != want || maybe != before {
			t.Fatalf("step %d was sent by %q and perhaps by %q, want %q and %q", step, sure, maybe, want, before)
		}
	}
	if at := legs[0].timeOf(1750); !at.After(legs[0].timeOf(999)) || !at.Before(legs[0].end) {
		t.Errorf("step 1750 is said to have left at %s, between %s and %s", at, legs[0].begin, legs[0].end)
	}
	// The same through the command, for some addresses.
	seen := make(map[string]bool)
	for n := 0; n < 4096 && len(seen) < 3; n += 97 {
		addr := netip.AddrFrom4([4]byte{10, 0, byte(n >> 8), byte(n)})
		steps, err := scanner.StepsOf(t.Context(), plan, addr)
		check(err)
		for _, r := range d.probedRows(addr.String()) {
			if want := whoSent(steps[0].Number); r.Note == "" && (r.Node != want || r.Packets != 1) {
				t.Errorf("%s, step %d: %+v, want it of %s", addr, steps[0].Number, r, want)
			} else if r.Note == "" {
				seen[r.Node] = true
			}
		}
	}
	if fmt.Sprint(seen) != "map[a:true b:true c:true]" {
		t.Errorf("seen were %v", seen)
	}
}
