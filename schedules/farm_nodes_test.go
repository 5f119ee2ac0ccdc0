package schedules

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"minesweep/db"
)

func TestOneNodeRunsASweepToItsEnd(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, s *db.Store) {
		f := newFarm(t, s)
		a := f.join("a", newCrew(nil), nil)
		sweep := f.plan(3, nil)
		done := f.untilStatus(sweep.ID, db.Done)
		f.all(256, a.crewOf)
		if done.Open != 26 || done.Cursor != 256 {
			t.Errorf("open %d, cursor %d", done.Open, done.Cursor)
		}
		if n := len(hostsOf(t, s, sweep.ID)); n != 26 {
			t.Errorf("%d hosts", n)
		}
	})
}

func TestSweepGoesOnInStints(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, s *db.Store) {
		f := newFarm(t, s)
		tokens := make(chan struct{})
		a := f.join("a", newCrew(tokens), func(n *node) { n.stint = 30 * time.Millisecond })
		sweep := f.plan(1, nil)
		for range 255 {
			tokens <- struct{}{}
			if len(a.taken()) < 6 {
				time.Sleep(2 * time.Millisecond) // so that there are some stints
			}
		}
		tokens <- struct{}{}
		f.untilStatus(sweep.ID, db.Done)
		f.all(256, a.crewOf)
		if n := len(a.taken()); n < 4 {
			t.Errorf("%d stints", n)
		}
	})
}

// begunFarm is a farm whose one node has come to a step of a sweep in two lanes, and
// goes on where it is given tokens.
func begunFarm(t *testing.T, s *db.Store, step int) (*farm, *member, db.Sweep, chan struct{}) {
	t.Helper()
	f, tokens := newFarm(t, s), make(chan struct{}, 1000)
	a := f.join("a", newCrew(tokens), nil)
	sweep := f.plan(2, nil)
	give(tokens, step)
	f.until(sweep.ID, fmt.Sprint("at ", step), func(s db.Sweep, _ []db.Lane) bool { return s.Cursor == uint64(step) })
	return f, a, sweep, tokens
}

func TestPausedSweepRestsAndGoesOn(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, s *db.Store) {
		f, a, sweep, tokens := begunFarm(t, s, 100)
		if err := s.SetStanding(t.Context(), sweep.ID, db.Paused, "lunch", nil); err != nil {
			t.Fatal(err)
		}
		f.until(sweep.ID, "at rest", func(_ db.Sweep, lanes []db.Lane) bool { return allAre(lanes, db.Resting) })
		give(tokens, 1000-len(tokens))
		if err := s.SetStanding(t.Context(), sweep.ID, db.Running, "", f.queue.Enqueue); err != nil {
			t.Fatal(err)
		}
		f.untilStatus(sweep.ID, db.Done)
		f.all(256, a.crewOf)
	})
}

func TestCancelledSweepEnds(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, s *db.Store) {
		f, _, sweep, _ := begunFarm(t, s, 10)
		if err := s.SetStanding(t.Context(), sweep.ID, db.Cancelled, "", nil); err != nil {
			t.Fatal(err)
		}
		f.until(sweep.ID, "left", func(_ db.Sweep, lanes []db.Lane) bool { return none(lanes, db.OnRun) })
	})
}

func TestNodeThatStopsGivesItsLanesToOthers(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, s *db.Store) {
		f, a, sweep, tokens := begunFarm(t, s, 50)
		begun := time.Now()
		a.stop()
		if took := time.Since(begun); took > 5*time.Second {
			t.Errorf("it stopped within %s", took)
		}
		lanes, err := s.Lanes(t.Context(), sweep.ID)
		if err != nil || !none(lanes, db.OnRun) {
			t.Errorf("lanes: %+v, %v", lanes, err)
		}
		give(tokens, 500)
		b := f.join("b", newCrew(tokens), nil)
		f.untilStatus(sweep.ID, db.Done)
		f.all(256, a.crewOf, b.crewOf)
	})
}

func TestNodesShareTheLanesOfASweep(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, s *db.Store) {
		f := newFarm(t, s)
		tokens := make(chan struct{}, 1000)
		a := f.join("a", newCrew(tokens), nil)
		sweep := f.plan(4, nil)
		of := func(node string, lanes []db.Lane) (n int) {
			for _, l := range lanes {
				if l.Node == node && l.Kind == db.Discover && l.State == db.OnRun {
					n++
				}
			}
			return n
		}
		f.until(sweep.ID, "all with a", func(_ db.Sweep, lanes []db.Lane) bool { return of("a", lanes) == 4 })
		b := f.join("b", newCrew(tokens), nil)
		f.until(sweep.ID, "shared", func(_ db.Sweep, lanes []db.Lane) bool { return of("a", lanes) == 2 && of("b", lanes) == 2 })
		give(tokens, 1000)
		f.untilStatus(sweep.ID, db.Done)
		f.all(256, a.crewOf, b.crewOf)
	})
}

func TestLaneWhoseEngineFailsGoesOn(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, s *db.Store) {
		f := newFarm(t, s)
		crew, fails := newCrew(nil), 0
		crew.fails = func(Order) error {
			if fails++; fails <= 3 {
				return errEngine
			}
			return nil
		}
		f.join("a", crew, nil)
		sweep := f.plan(1, nil)
		f.untilStatus(sweep.ID, db.Done)
		f.all(256, crew)
	})
}

func TestSweepWhoseEngineFailsAndFailsIsFailed(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, s *db.Store) {
		f := newFarm(t, s)
		crew := newCrew(nil)
		crew.fails = func(o Order) error {
			if o.Run.Kind == db.Discover {
				return errEngine
			}
			return nil
		}
		f.join("a", crew, nil)
		sweep := f.plan(1, nil)
		failed := f.untilStatus(sweep.ID, db.Failed)
		if !strings.Contains(failed.Note, "lane discover 0 failed 5 times in a row, the last time on node a: eth0 is down") {
			t.Errorf("note %q", failed.Note)
		}
	})
}

func TestLaneOfADeadNodeGoesToAnother(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, s *db.Store) {
		f := newFarm(t, s)
		sweep := f.plan(1, nil)
		dead, err := s.TakeLane(t.Context(), db.LaneRun{Sweep: sweep.ID, Kind: db.Discover, Run: 1}, "dead")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Orphans(t.Context(), 0, f.queue.Enqueue); err != nil {
			t.Fatal(err)
		}
		a := f.join("a", newCrew(nil), nil)
		f.untilStatus(sweep.ID, db.Done)
		f.all(256, a.crewOf)
		if _, err := dead.Beat(t.Context()); !errors.Is(err, db.ErrTakenOver) {
			t.Errorf("the dead node's beat: %v", err)
		}
	})
}

func TestLostJobIsMadeAgain(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, s *db.Store) {
		f := newFarm(t, s)
		sweep := f.planWithoutJobs(1)
		a := f.join("a", newCrew(nil), func(n *node) {
			if err := n.mend(t.Context(), 0); err != nil {
				t.Error(err)
			}
		})
		f.untilStatus(sweep.ID, db.Done)
		f.all(256, a.crewOf)
		waiting, err := f.queue.waiting(t.Context())
		if err != nil || len(waiting) != 0 {
			t.Errorf("jobs left: %v, %v", waiting, err)
		}
	})
}

func TestSweepWhoseEngineFailsAndGetsOnIsDone(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, s *db.Store) {
		f := newFarm(t, s)
		crew := newCrew(nil)
		crew.breaks = 10 // probes a stint
		f.join("a", crew, nil)
		sweep := f.plan(1, nil)
		f.untilStatus(sweep.ID, db.Done)
		f.all(256, crew)
		if n := len(crew.taken()); n < 26 {
			t.Errorf("%d stints", n)
		}
	})
}
