package db_test

import (
	"maps"
	"strings"
	"testing"
	"time"

	"minesweep"
	"minesweep/db"
)

func TestNightsAreCountedByWhatBecameOfThem(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *db.Store, c *clock) {
		s := open()
		q := &jobs{}
		night := func(schedule string, outcome db.Outcome) {
			c.move(time.Minute)
			_, err := s.DecideNight(t.Context(), db.Night{Schedule: schedule, PlannedAt: c.now(), Outcome: outcome}, laned(t, 1), q.enqueue)
			must(t, err)
		}
		night("province", db.Missed)
		night("province", db.Missed)
		night("province", db.Skipped)
		night("campus", db.Skipped)
		counts, err := s.NightCounts(t.Context())
		must(t, err)
		if got := counts["province"]; !maps.Equal(got, map[db.Outcome]int{db.Missed: 2, db.Skipped: 1}) || counts["campus"][db.Missed] != 0 {
			t.Errorf("counts %v", counts)
		}
	})
}

func TestLastDoneAndVerdictsFollowASweepToItsEnd(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *db.Store, c *clock) {
		s := open()
		q := &jobs{}
		night, err := s.DecideNight(t.Context(), db.Night{Schedule: "province", PlannedAt: c.now(), Outcome: db.Begun}, laned(t, 1), q.enqueue)
		must(t, err)
		cover(t, takeLane(t, s, db.LaneRun{Sweep: night.Sweep, Kind: db.Discover, Run: 1}, "one"), q, port("10.0.0.1:80", c), port("10.0.0.2:80", c))
		if done, err := s.LastDone(t.Context()); err != nil || len(done) != 0 {
			t.Errorf("before its end: %v, %v", done, err)
		}
		ask := takeLane(t, s, db.LaneRun{Sweep: night.Sweep, Kind: db.Ask, Run: 1}, "one")
		for _, p := range []minesweep.OpenPort{port("10.0.0.1:80", c), port("10.0.0.2:80", c)} {
			must(t, ask.Settle(t.Context(), p, nil, miner(p.Target.Addr().String(), "", c)))
		}
		verdicts, err := s.Verdicts(t.Context(), night.Sweep)
		must(t, err)
		if want := string(miner("10.0.0.1", "", c).Verdict); len(verdicts) != 1 || verdicts[want] != 2 {
			t.Errorf("verdicts %v, want 2 %s", verdicts, want)
		}
		c.move(time.Hour)
		must(t, ask.Leave(t.Context(), db.LaneDone, "", q.enqueue))
		done, err := s.LastDone(t.Context())
		must(t, err)
		if !done["province"].Equal(c.now()) || len(done) != 1 {
			t.Errorf("last done %v, want province at %v", done, c.now())
		}
	})
}

func TestCheckSchemaSeesThatAnotherProgramCame(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *db.Store, _ *clock) {
		s := open()
		must(t, s.CheckSchema(t.Context()))
		upgrade := "PRAGMA user_version=99"
		if s.Postgres() {
			upgrade = "UPDATE schema_version SET version = 99"
			_, err := s.Pool().Exec(t.Context(), upgrade)
			must(t, err)
		} else {
			_, err := s.Writer().ExecContext(t.Context(), upgrade)
			must(t, err)
		}
		if err := s.CheckSchema(t.Context()); err == nil || !strings.Contains(err.Error(), "version 99") {
			t.Errorf("after an upgrade: %v", err)
		}
	})
}
