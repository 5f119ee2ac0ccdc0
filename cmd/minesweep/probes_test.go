package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"testing"
	"time"

	"minesweep"
	"minesweep/db"
	"minesweep/scanner"
)

// noJobs is for sweeps whose lanes a test takes itself.
func noJobs(context.Context, db.Tx, []db.LaneRun, string) error { return nil }

// probedRows is what audit probes says of an address.
func (d *desk) probedRows(args ...string) []probedRow {
	d.t.Helper()
	status, out, said := d.run(append([]string{"audit", "probes", "-o", "json"}, args...)...)
	var rows []probedRow
	if err := json.Unmarshal([]byte(out), &rows); err != nil || status != exitDone {
		d.t.Fatalf("audit probes: status %d, %v\n%s%s", status, err, out, said)
	}
	return rows
}

// Two lanes, of which each is walked in stints of a minute by turns on two
// nodes. One node dies; the next stint begins at its last checkpoint.
func TestProbesOfASweepInLanes(t *testing.T) {
	d := newDesk(t)
	now := time.Date(2026, 11, 20, 16, 30, 0, 0, time.UTC)
	d.p.now = func() time.Time { return now }
	d.grant("province", "10.0.0.0/8", "--contact", "noc@example.edu")
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
	const steps = 6_000_000 // of a stint
	targets, err := scanner.ParseTargets([]string{"10.0.0.0/9"})
	check(err)
	spec := db.SweepSpec{Targets: targets, Ports: []uint16{4028, 80, 3333}, Seed: 4711, Lanes: 2, Queue: db.Nightly, Terms: db.Terms{Engine: "syn"}}
	sweep, err := s.PlanSweep(t.Context(), spec, noJobs)
	check(err)
	began := now
	for run := int64(1); run <= 2; run++ { // the second run ends here and there
		for lane := range 2 {
			now = began.Add(time.Duration(run-1) * time.Minute)
			j, err := s.TakeLane(t.Context(), db.LaneRun{Sweep: sweep.ID, Kind: db.Discover, Lane: lane, Run: run}, fmt.Sprintf("node-%d", (lane+int(run))%2))
			check(err)
			now = now.Add(time.Minute)
			to := uint64(run) * steps
			check(j.Checkpoint(t.Context(), minesweep.Progress{Cursor: to, Sent: steps, PeakRate: 1000}, nil))
			if run == 2 && lane == 1 {
				continue // it dies
			}
			check(j.Leave(t.Context(), db.Ready, "", noJobs))
		}
	}
	now = now.Add(time.Hour)
	plan := minesweep.Plan{Targets: targets, Ports: spec.Ports, Seed: 4711, Shards: 2}
	for i := range fewer(200, 25) {
		addr := netip.AddrFrom4([4]byte{10, byte(i) & 0x7f, byte(i * 7), byte(i * 31)})
		want := wantedStints(t, plan, addr, steps)
		got := make(map[string]int)
		for _, r := range d.probedRows(addr.String()) {
			if r.Contact != "noc@example.edu" || r.What != "syn" || *r.Bytes != 44*r.Packets || len(r.Ports) != r.Packets {
				t.Fatalf("%s: %+v", addr, r)
			}
			if r.Note == "" {
				got[fmt.Sprintf("lane %d run %d on %s", r.Lane, r.Run, r.Node)] += r.Packets
			} else if r.Lane != 1 || r.Run != 2 {
				t.Errorf("%s: %+v", addr, r)
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("%s: got %v, want %v", addr, got, want)
		}
		for _, r := range d.probedRows(addr.String(), "--at", "2026-11-21 00:30:20", "--tz", "Asia/Shanghai", "--within", "20s") {
			if r.Run != 1 || r.NotBefore != "2026-11-20T16:30:00Z" || r.NotAfter != "2026-11-20T16:31:00Z" {
				t.Fatalf("%s in the first minute: %+v", addr, r)
			}
		}
	}
	d.want(exitDone, "nothing was sent to 10.0.0.9 from 2026-11-20T10:00:00Z to 2026-11-20T10:02:00Z; it is a target of sweep 1",
		"audit", "probes", "10.0.0.9", "--at", "2026-11-20T10:01:00Z")
}

// What was excluded at the time was not probed, and is not said to have been.
func TestProbesOfWhatWasExcludedThen(t *testing.T) {
	d := newDesk(t)
	now := time.Date(2026, 11, 20, 16, 30, 0, 0, time.UTC)
	d.p.now = func() time.Time { return now }
	d.grant("g", "10.0.0.0/24")
	d.p.newSYN = func(scanner.SYNConfig) (minesweep.Scanner, error) { return found{}, nil }
	scan := func() {
		t.Helper()
		if status, _, said := d.run("scan", "10.0.0.0/24", "-p", "80,443", "--no-questions", "--engine", "syn", "--skip-refused"); status != exitDone {
			t.Fatal(said)
		}
		now = now.Add(time.Hour)
	}
	scan()
	d.run("exclude", "add", "10.0.0.7", "--reason", "asked")
	now = now.Add(time.Hour)
	if rows := d.probedRows("10.0.0.7"); len(rows) != 1 || rows[0].Packets != 2 || *rows[0].Bytes != 88 || rows[0].Note != "" {
		t.Errorf("probed before it was excluded: %+v", rows)
	}
	p := past{grants: nil}
	for _, e := range []db.AuditEntry{
		{At: now, Action: "exclude add", Detail: `prefix=10.0.0.0/28 reason="a b"`},
		{At: now.Add(time.Hour), Action: "exclude remove", Detail: "prefix=10.0.0.0/28"},
		{At: now.Add(2 * time.Hour), Action: "exclude add", Detail: `prefix=10.0.0.0/28 reason="again"`},
	} {
		if e.Action == "exclude add" {
			p.exclude(e)
		} else {
			p.include(e)
		}
	}
	p.grants = []minesweep.Grant{{Name: "wide", Prefixes: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}},
		{Name: "narrow", Prefixes: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/24")}, RevokedAt: now.Add(90 * time.Minute)}}
	for minutes, want := range map[int]string{-1: "narrow", 0: "", 59: "", 60: "narrow", 89: "narrow", 90: "wide", 119: "wide", 120: "", 999: ""} {
		got := ""
		if g := p.allowed(netip.MustParseAddr("10.0.0.7"), now.Add(time.Duration(minutes)*time.Minute)); g != nil {
			got = g.Name
		}
		if got != want {
			t.Errorf("after %d minutes: grant %q, want %q", minutes, got, want)
		}
	}
}

// wantedStints counts the probes of an address in the first two stints of each lane.
func wantedStints(t *testing.T, plan minesweep.Plan, addr netip.Addr, steps uint64) map[string]int {
	t.Helper()
	want := make(map[string]int)
	for plan.Shard = range plan.Shards {
		list, err := scanner.StepsOf(t.Context(), plan, addr)
		if err != nil {
			t.Fatal(err)
		}
		for _, step := range list {
			if run := step.Number/steps + 1; run <= 2 {
				want[fmt.Sprintf("lane %d run %d on node-%d", plan.Shard, run, (plan.Shard+run)%2)]++
			}
		}
	}
	return want
}
