package db_test

import (
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"minesweep"
	"minesweep/db"
)

func TestOrphansGoOnElsewhereAndTheirNodeWritesNothingMore(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *db.Store, c *clock) {
		s, q := open(), &jobs{}
		sweep := plan(t, s, laned(t, 2), q)
		lost := takeLane(t, s, db.LaneRun{Sweep: sweep.ID, Kind: db.Discover, Run: 1}, "lost")
		asker := takeLane(t, s, db.LaneRun{Sweep: sweep.ID, Kind: db.Ask, Run: 1}, "lost")
		kept := takeLane(t, s, db.LaneRun{Sweep: sweep.ID, Kind: db.Discover, Lane: 1, Run: 1}, "kept")
		scan := begin(t, s) // is not anybody's to take
		must(t, lost.Checkpoint(t.Context(), minesweep.Progress{Cursor: 10, Sent: 25}, []minesweep.OpenPort{port("10.0.0.7:80", c)}))
		q.take(db.Nightly)

		c.move(16 * time.Second)
		if _, err := kept.Beat(t.Context()); err != nil {
			t.Fatal(err)
		}
		lanes, err := open().Orphans(t.Context(), 15*time.Second, q.enqueue)
		must(t, err)
		if len(lanes) != 2 || lanes[0].Node != "lost" || lanes[1].Node != "lost" {
			t.Fatalf("orphans %+v", lanes)
		}
		want := []db.LaneRun{{Sweep: sweep.ID, Kind: db.Ask, Run: 2}, {Sweep: sweep.ID, Kind: db.Discover, Run: 2}}
		if got := q.take(db.Nightly); !slices.Equal(got, want) {
			t.Errorf("jobs %v", got)
		}
		if again, err := s.Orphans(t.Context(), 15*time.Second, q.enqueue); err != nil || len(again) != 0 {
			t.Errorf("orphaned twice: %v, %v", again, err)
		}
		refused := func(when string) {
			t.Helper()
			_, beat := lost.Beat(t.Context())
			for name, err := range map[string]error{
				"beat": beat, "leave": lost.Leave(t.Context(), db.Ready, "", q.enqueue),
				"checkpoint": lost.Checkpoint(t.Context(), minesweep.Progress{Cursor: 100}, []minesweep.OpenPort{port("10.0.0.9:80", c)}),
				"settle":     asker.Settle(t.Context(), port("10.0.0.7:80", c), nil, miner("10.0.0.7", "", c)),
				"ask leave":  asker.Leave(t.Context(), db.LaneDone, "", q.enqueue),
			} {
				if !errors.Is(err, db.ErrTakenOver) {
					t.Errorf("%s %s: %v", name, when, err)
				}
			}
		}
		refused("before anybody took it")
		next := takeLane(t, s, want[1], "next")
		takeLane(t, s, want[0], "next")
		refused("after that")
		if p := next.Plan(); p.Cursor != 10 || next.Lane().Resent != 15 {
			t.Errorf("goes on at %d, sends %d again", p.Cursor, next.Lane().Resent)
		}
		if jobs, got := q.take(db.Nightly), sweepOf(t, s, sweep.ID); len(jobs) != 0 || got.Cursor != 10 || got.Open != 1 || got.Resent != 15 {
			t.Errorf("jobs %v, sweep %+v", jobs, got)
		}
		stints, err := s.Stints(t.Context(), db.StintFilter{Node: "lost", Kind: db.Discover})
		must(t, err)
		if len(stints) != 1 || stints[0].To != 0 || stints[0].Sent != 25 || stints[0].Note != "its node fell silent" || !stints[0].EndedAt.Equal(c.now()) {
			t.Errorf("stints %+v", stints)
		}
		must(t, scan.Checkpoint(t.Context(), minesweep.Progress{Cursor: 1}, nil))
	})
}

func TestStintsByTime(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *db.Store, c *clock) {
		s, q := open(), &jobs{}
		sweep := plan(t, s, laned(t, 1), q)
		start := c.now()
		for run := range int64(3) {
			j := takeLane(t, s, db.LaneRun{Sweep: sweep.ID, Kind: db.Discover, Run: run + 1}, "a")
			c.move(time.Minute)
			if run < 2 {
				must(t, j.Leave(t.Context(), db.Ready, "", q.enqueue))
			}
		}
		at := func(m float64) time.Time { return start.Add(time.Duration(m * float64(time.Minute))) }
		for _, r := range []struct {
			from, to time.Time
			want     []int64
		}{
			{at(0.5), at(0.5), []int64{1}}, {at(1), at(1), []int64{1, 2}}, {at(1.5), at(9), []int64{2, 3}},
			{at(9), at(10), []int64{3}}, {at(-2), at(-1), nil}, {time.Time{}, time.Time{}, []int64{1, 2, 3}},
		} {
			stints, err := s.Stints(t.Context(), db.StintFilter{Sweep: sweep.ID, From: r.from, To: r.to})
			must(t, err)
			var runs []int64
			for _, x := range stints {
				runs = append(runs, x.Run)
			}
			if !slices.Equal(runs, r.want) {
				t.Errorf("from %s to %s: runs %v, want %v", r.from, r.to, runs, r.want)
			}
		}
	})
}

func TestReadyLanesGetTheirJobAgain(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *db.Store, c *clock) {
		s, q := open(), &jobs{}
		sweep := plan(t, s, laned(t, 1), q)
		begin(t, s)
		lost := q.take(db.Nightly)
		takeLane(t, s, lost[1], "a")
		for _, want := range [][]db.LaneRun{nil, lost[:1], nil} {
			lanes := must2(s.Requeue(t.Context(), time.Minute, q.enqueue))
			if got := q.take(db.Nightly); !slices.Equal(got, want) || len(lanes) != len(want) {
				t.Errorf("jobs %v of lanes %v, want %v", got, lanes, want)
			}
			if want == nil {
				c.move(61 * time.Second)
			}
		}
		must(t, s.SetStanding(t.Context(), sweep.ID, db.Paused, "", q.enqueue))
		c.move(time.Hour)
		if lanes := must2(s.Requeue(t.Context(), time.Minute, q.enqueue)); len(lanes) != 0 {
			t.Errorf("lanes of a paused sweep: %v", lanes)
		}
	})
}

func TestScanHasStintsToo(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *db.Store, c *clock) {
		s := open()
		killed := begin(t, s)
		must(t, killed.Checkpoint(t.Context(), minesweep.Progress{Cursor: 10, Sent: 25}, nil))
		c.move(time.Minute)
		next := begin(t, s)
		must(t, next.Checkpoint(t.Context(), minesweep.Progress{Cursor: 512, Sent: 502}, nil))
		must(t, next.Close(t.Context(), db.Done, ""))
		got := must2(s.Stints(t.Context(), db.StintFilter{Sweep: 1}))
		started := c.now().Add(-time.Minute)
		want := []db.Stint{
			{Sweep: 1, Kind: db.Discover, Run: 1, Node: "here", Sent: 25, StartedAt: started, EndedAt: started, Note: "its process ended"},
			{Sweep: 1, Kind: db.Discover, Run: 2, Node: "here", From: 10, To: 512, Sent: 502, StartedAt: c.now(), EndedAt: c.now()},
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("stints\n%+v, want\n%+v", got, want)
		}
		if sweep := sweepOf(t, s, 1); sweep.Sent != 527 || sweep.Resent != 15 || !sweep.Resumed {
			t.Errorf("sweep %+v", sweep)
		}
	})
}
