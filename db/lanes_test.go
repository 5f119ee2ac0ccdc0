package db_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"minesweep"
	"minesweep/db"
)

func TestSweepInLanesFromPlanToClose(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *db.Store, c *clock) {
		s, q := open(), &jobs{}
		sp := laned(t, 3)
		sp.Terms.Engine, sp.Window = "syn", must2(minesweep.ParseWindow("00:30-06:30", "Asia/Shanghai"))
		sweep := plan(t, s, sp, q)
		if sweep.Lanes != 3 || sweep.Total != 512 || sweep.Status != db.Running || sweep.Queue != db.Nightly || sweep.Window.Hours() != "00:30-06:30" {
			t.Fatalf("planned %+v", sweep)
		}
		discover, ask := q.take("nightly-syn"), q.take("nightly")
		if len(discover) != 3 || len(ask) != 3 || discover[2] != (db.LaneRun{Sweep: sweep.ID, Kind: db.Discover, Lane: 2, Run: 1}) {
			t.Fatalf("jobs %v and %v", discover, ask)
		}
		var total uint64
		for _, run := range discover {
			j := takeLane(t, s, run, "a")
			p := j.Plan()
			if p.Shard != uint64(run.Lane) || p.Shards != 3 || p.Seed != sweep.Seed {
				t.Errorf("plan %+v", p)
			}
			total += j.Lane().Total
			cover(t, j, q, port("10.0.0.7:80", c))
		}
		if total != 512 {
			t.Errorf("the lanes have %d steps together", total)
		}
		got := sweepOf(t, s, sweep.ID)
		if !got.Discovered || got.Cursor != 512 || got.Sent != 512 || got.Open != 1 || got.Status != db.Running {
			t.Errorf("discovered: %+v", got)
		}
		asked := 0
		for _, run := range ask {
			j := takeLane(t, s, run, "b")
			ports, _, err := j.Pending(t.Context(), 0, 10)
			must(t, err)
			for _, p := range ports {
				asked++
				must(t, j.Settle(t.Context(), p, nil, miner(p.Target.Addr().String(), "", c)))
			}
			c.move(time.Second)
			must(t, j.Leave(t.Context(), db.LaneDone, "", q.enqueue))
		}
		got = sweepOf(t, s, sweep.ID)
		if asked != 1 || got.Status != db.Done || !got.FinishedAt.Equal(c.now()) || len(q.take("nightly")) != 0 {
			t.Errorf("asked %d: %+v", asked, got)
		}
		wantStates(t, s, sweep.ID, db.LaneDone, db.LaneDone, db.LaneDone, db.LaneDone, db.LaneDone, db.LaneDone)
		if log := auditActions(t, s); !slices.Equal(log, []string{"sweep begin", "sweep close"}) {
			t.Errorf("audit %v", log)
		}
		stints, err := s.Stints(t.Context(), db.StintFilter{Sweep: sweep.ID, Kind: db.Discover})
		must(t, err)
		if len(stints) != 3 || stints[0].To != 171 || stints[0].Sent != 171 || stints[0].Node != "a" || stints[0].EndedAt.IsZero() {
			t.Errorf("stints %+v", stints)
		}
	})
}

func TestLaneIsTakenOnce(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *db.Store, c *clock) {
		s, q := open(), &jobs{}
		sweep := plan(t, s, laned(t, 1), q)
		run := db.LaneRun{Sweep: sweep.ID, Kind: db.Discover, Run: 1}
		won := make(chan *db.Journal, 8)
		for i := range 8 {
			other := s
			if i%2 == 1 {
				other = open()
			}
			go func() {
				j, err := other.TakeLane(t.Context(), run, string(rune('a'+i)))
				if err != nil && !errors.Is(err, db.ErrNotYours) {
					t.Error(err)
				}
				won <- j
			}()
		}
		var winners []*db.Journal
		for range 8 {
			if j := <-won; j != nil {
				winners = append(winners, j)
			}
		}
		if len(winners) != 1 {
			t.Fatalf("%d took the lane", len(winners))
		}
		for _, wrong := range []db.LaneRun{
			run, {Sweep: sweep.ID, Kind: db.Discover, Run: 2}, {Sweep: sweep.ID, Kind: db.Ask, Run: 2},
			{Sweep: sweep.ID, Kind: db.Discover, Lane: 7, Run: 1}, {Sweep: 99, Kind: db.Discover, Run: 1},
		} {
			if _, err := s.TakeLane(t.Context(), wrong, "x"); !errors.Is(err, db.ErrNotYours) {
				t.Errorf("%+v: %v", wrong, err)
			}
		}
		must(t, winners[0].Leave(t.Context(), db.Ready, "60 s are over", q.enqueue))
		wantStates(t, s, sweep.ID, db.Ready, db.Ready)
		if next := q.take(db.Nightly); len(next) != 3 || next[2] != (db.LaneRun{Sweep: sweep.ID, Kind: db.Discover, Run: 2}) {
			t.Errorf("jobs %v", next)
		}
	})
}
