package db_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync"
	"testing"

	"minesweep"
	"minesweep/db"
)

func TestPauseAndWake(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *db.Store, c *clock) {
		s, q := open(), &jobs{}
		sweep := plan(t, s, laned(t, 2), q)
		old := q.take(db.Nightly)
		j := takeLane(t, s, old[0], "a")
		must(t, s.SetStanding(t.Context(), sweep.ID, db.Paused, "the office asked", q.enqueue))
		wantStates(t, s, sweep.ID, db.OnRun, db.Resting, db.Resting, db.Resting)
		if st, err := j.Beat(t.Context()); err != nil || st.Status != db.Paused {
			t.Errorf("%+v, %v", st, err)
		}
		if _, err := s.TakeLane(t.Context(), old[1], "a"); !errors.Is(err, db.ErrNotYours) {
			t.Errorf("a lane of a paused sweep was taken: %v", err)
		}
		for name, wake := range map[string]func() (bool, error){
			"rest": func() (bool, error) { return s.Rest(t.Context(), sweep.ID, "") },
			"wake": func() (bool, error) { return s.Wake(t.Context(), sweep.ID, "", q.enqueue) },
		} {
			if did, err := wake(); did || err != nil {
				t.Errorf("%s of a paused sweep: %v, %v", name, did, err)
			}
		}
		must(t, j.Leave(t.Context(), db.Ready, "paused", q.enqueue)) // the standing knows better
		wantStates(t, s, sweep.ID, db.Resting, db.Resting, db.Resting, db.Resting)
		if made := q.take(db.Nightly); len(made) != 0 {
			t.Errorf("a pause made jobs %v", made)
		}

		must(t, s.SetStanding(t.Context(), sweep.ID, db.Running, "", q.enqueue))
		woken := q.take(db.Nightly)
		if len(woken) != 4 || woken[0] != (db.LaneRun{Sweep: sweep.ID, Kind: db.Discover, Run: 2}) || woken[1] != old[1] {
			t.Errorf("woken by %v", woken)
		}
		j = takeLane(t, s, woken[0], "b")
		if did, err := s.Rest(t.Context(), sweep.ID, "the window is shut"); !did || err != nil {
			t.Errorf("rest: %v, %v", did, err)
		}
		if did, err := s.Wake(t.Context(), sweep.ID, "the window is open", q.enqueue); !did || err != nil || len(q.take(db.Nightly)) != 3 {
			t.Errorf("wake: %v, %v", did, err)
		}
		must(t, j.Leave(t.Context(), db.Resting, "heard of the rest, and not of the waking", q.enqueue))
		if made := q.take(db.Nightly); len(made) != 1 || made[0].Run != 3 {
			t.Errorf("the lane that was woken while it was left has jobs %v", made)
		}

		must(t, s.SetStanding(t.Context(), sweep.ID, db.Cancelled, "", q.enqueue))
		if err := s.SetStanding(t.Context(), sweep.ID, db.Running, "", q.enqueue); !errors.Is(err, db.ErrEnded) {
			t.Errorf("a cancelled sweep goes on: %v", err)
		}
		if got := sweepOf(t, s, sweep.ID); got.Status != db.Cancelled || !got.FinishedAt.Equal(c.now()) || len(q.take(db.Nightly)) != 0 {
			t.Errorf("cancelled %+v", got)
		}
		want := []string{"sweep begin", "sweep pause", "sweep resume", "sweep rest", "sweep wake", "sweep cancel"}
		if log := auditActions(t, s); !slices.Equal(log, want) {
			t.Errorf("audit %v", log)
		}
	})
}

func TestScansAndLanesAreKeptApart(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *db.Store, _ *clock) {
		s, q := open(), &jobs{}
		scan, sweep := begin(t, s), plan(t, s, laned(t, 1), q)
		j := takeLane(t, s, db.LaneRun{Sweep: sweep.ID, Kind: db.Discover, Run: 1}, "a")
		must(t, scan.Close(t.Context(), db.Done, ""))
		second, err := s.BeginSweep(t.Context(), spec(t, 1, nobody))
		must(t, err)
		if second.Sweep().Resumed {
			t.Error("a scan went on with a sweep in lanes")
		}
		_, resumed := s.ResumeSweep(t.Context(), sweep.ID, db.ResumeSpec{Alive: nobody})
		for name, err := range map[string]error{
			"resume": resumed, "resumable": s.Resumable(t.Context(), sweep.ID, db.ResumeSpec{Alive: nobody}),
			"close": j.Close(t.Context(), db.Done, ""), "leave": second.Leave(t.Context(), db.Ready, "", nil),
			"pause": s.SetStanding(t.Context(), second.Sweep().ID, db.Paused, "", nil),
		} {
			if !errors.Is(err, db.ErrInLanes) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := s.TakeLane(t.Context(), db.LaneRun{Sweep: second.Sweep().ID, Kind: db.Discover, Run: 2}, "a"); !errors.Is(err, db.ErrNotYours) {
			t.Errorf("the lane of a scan was taken: %v", err)
		}
		left, err := s.Unfinished(t.Context(), "")
		if err != nil || len(left) != 1 || left[0].ID != sweep.ID {
			t.Errorf("unfinished %+v, %v", left, err)
		}
	})
}

// The shares of all that runs are 1 together, whatever it is that runs.
func TestShares(t *testing.T) {
	for _, r := range []struct {
		name              string
		nightly, ondemand int // sweeps, of two lanes each
		discovered        bool
		discover, ask     float64 // of a lane of a nightly sweep, or on-demand if there is none
		ask24             float64
	}{
		{"a night", 1, 0, false, 0.45, 0.05, 0.1},
		{"a night, all found", 1, 0, true, 0, 0.5, 1},
		{"a night and an on-demand sweep", 1, 1, false, 0.405, 0.045, 0.09},
		{"on-demand alone", 0, 1, false, 0.45, 0.05, 0.1},
		{"two on-demand", 0, 2, false, 0.225, 0.025, 0.05},
		{"two of each", 2, 2, false, 0.2025, 0.0225, 0.045},
	} {
		var sum float64
		for i := range r.nightly + r.ondemand {
			sweep := db.Sweep{Queue: db.OnDemand, Lanes: 2}
			if i < r.nightly {
				sweep.Queue = db.Nightly
			}
			var discover float64
			if !r.discovered {
				discover, _ = db.Shares(r.nightly, r.ondemand, sweep, db.Discover, false)
			}
			ask, ask24 := db.Shares(r.nightly, r.ondemand, sweep, db.Ask, r.discovered)
			sum += 2*discover + 2*ask
			if i == 0 && (!near(discover, r.discover) || !near(ask, r.ask) || !near(ask24, r.ask24)) {
				t.Errorf("%s: shares %g, %g and %g of a /24", r.name, discover, ask, ask24)
			}
		}
		if !near(sum, 1) {
			t.Errorf("%s: the shares are %g together", r.name, sum)
		}
	}
	if share, _ := db.Shares(1, 0, db.Sweep{Queue: db.Nightly, Lanes: 2, Terms: db.Terms{NoQuestions: true}}, db.Discover, false); !near(share, 0.5) {
		t.Errorf("without questions: %g", share)
	}
}

func near(a, b float64) bool { return math.Abs(a-b) < 1e-9 }

func TestBeatSeesWhatElseRuns(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *db.Store, _ *clock) {
		s, q := open(), &jobs{}
		night := plan(t, s, laned(t, 1), q)
		begin(t, s) // a scan shares nothing
		j := takeLane(t, s, db.LaneRun{Sweep: night.ID, Kind: db.Discover, Run: 1}, "a")
		beats := func(want float64) {
			t.Helper()
			if st := must2(j.Beat(t.Context())); !near(st.Share, want) || st.Status != db.Running || st.Discovered {
				t.Errorf("%+v, want a share of %g", st, want)
			}
		}
		beats(0.9)
		sp := laned(t, 1)
		sp.Queue = db.OnDemand
		beside := plan(t, s, sp, q)
		beats(0.81)
		must(t, s.SetStanding(t.Context(), beside.ID, db.Paused, "", nil))
		beats(0.9)
	})
}

// TestNoLaneIsLostBetweenPauseAndWake lets nodes work while a sweep is paused and
// woken at any moment; after the last waking it must come to its end.
func TestNoLaneIsLostBetweenPauseAndWake(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *db.Store, _ *clock) {
		s := open()
		work := make(chan db.LaneRun, 1<<12)
		defer close(work)
		var left sync.WaitGroup // jobs that are made and not over
		enqueue := func(_ context.Context, _ db.Tx, runs []db.LaneRun, _ string) error {
			left.Add(len(runs))
			for _, run := range runs {
				work <- run
			}
			return nil
		}
		for range 3 {
			go func() {
				for run := range work {
					if err := shortStint(t, s, run, enqueue); err != nil {
						t.Error(err)
					}
					left.Done()
				}
			}()
		}
		// A lane that one waking loses is found by the next: only the last one tells.
		for range fewer(6, 3) {
			sweep, err := s.PlanSweep(t.Context(), laned(t, 3), enqueue)
			must(t, err)
			for _, standing := range []db.Status{db.Paused, db.Running, db.Resting, db.Running} {
				must(t, s.SetStanding(t.Context(), sweep.ID, standing, "", enqueue))
			}
			left.Wait()
			if got := sweepOf(t, s, sweep.ID); got.Status != db.Done || got.Cursor != 512 || got.Sent != 512 || got.Resent != 0 {
				t.Fatalf("nobody goes on, with the sweep %s and its lanes %v: %+v", got.Status, states(t, s, sweep.ID), got.Progress)
			}
		}
	})
}

// shortStint takes a lane, does a little, and leaves it as the sweep's standing asks.
func shortStint(t *testing.T, s *db.Store, run db.LaneRun, enqueue db.Enqueue) error {
	j, err := s.TakeLane(t.Context(), run, "a")
	if errors.Is(err, db.ErrNotYours) {
		return nil
	}
	if err != nil {
		return err
	}
	st, err := j.Beat(t.Context())
	if err != nil {
		return err
	}
	state := db.LaneState(db.Resting)
	if st.Status == db.Running {
		lane := j.Lane()
		cursor := min(lane.Cursor+40, lane.Total)
		if state = db.Ready; cursor == lane.Total {
			state = db.LaneDone
		}
		if err := j.Checkpoint(t.Context(), minesweep.Progress{Cursor: cursor, Sent: cursor - lane.Cursor}, nil); err != nil {
			return err
		}
	}
	return j.Leave(t.Context(), state, "", enqueue)
}
