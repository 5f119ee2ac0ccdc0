package db_test

import (
	"errors"
	"net/netip"
	"slices"
	"testing"
	"time"

	"minesweep"
	"minesweep/db"
)

func TestLaneIsDoneOnlyWhenNothingIsLeft(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *db.Store, c *clock) {
		s, q := open(), &jobs{}
		sweep := plan(t, s, laned(t, 1), q)
		leave := func(run db.LaneRun, work func(*db.Journal), want db.LaneState) {
			t.Helper()
			q.take(db.Nightly)
			j := takeLane(t, s, run, "a")
			if work != nil {
				work(j)
			}
			must(t, j.Leave(t.Context(), db.LaneDone, "", q.enqueue))
			again := []db.LaneRun{run}
			again[0].Run++
			if want == db.LaneDone {
				again = nil
			}
			if got := q.take(db.Nightly); j.Lane().State != want || !slices.Equal(got, again) {
				t.Errorf("%+v became %s with jobs %v, want %s", run, j.Lane().State, got, want)
			}
		}
		find := func(cursor uint64) func(*db.Journal) {
			return func(j *db.Journal) {
				must(t, j.Checkpoint(t.Context(), minesweep.Progress{Cursor: cursor}, []minesweep.OpenPort{port("10.0.0.7:80", c)}))
			}
		}
		discover, ask := db.LaneRun{Sweep: sweep.ID, Kind: db.Discover}, db.LaneRun{Sweep: sweep.ID, Kind: db.Ask}
		run := func(r db.LaneRun, n int64) db.LaneRun { r.Run = n; return r }
		leave(run(discover, 1), find(511), db.Ready) // a step is left
		leave(run(ask, 1), nil, db.Ready)            // more may be found, and there is a port
		leave(run(discover, 2), find(512), db.LaneDone)
		leave(run(ask, 2), nil, db.Ready) // the port
		if got := sweepOf(t, s, sweep.ID); got.Status != db.Running || !got.Discovered {
			t.Errorf("closed too early: %+v", got)
		}
		leave(run(ask, 3), func(j *db.Journal) {
			must(t, j.Settle(t.Context(), port("10.0.0.7:80", c), nil, miner("10.0.0.7", "", c)))
		}, db.LaneDone)
		if got := sweepOf(t, s, sweep.ID); got.Status != db.Done {
			t.Errorf("not closed: %+v", got)
		}
	})
}

func TestSweepWithoutQuestionsHasNoAskLanes(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *db.Store, c *clock) {
		s, q := open(), &jobs{}
		sp := laned(t, 2)
		sp.Terms.NoQuestions = true
		sweep := plan(t, s, sp, q)
		wantStates(t, s, sweep.ID, db.Ready, db.Ready)
		for _, run := range q.take(db.Nightly) {
			cover(t, takeLane(t, s, run, "a"), q, port("10.0.0.7:80", c))
		}
		if got := sweepOf(t, s, sweep.ID); got.Status != db.Done || !got.Discovered {
			t.Errorf("not closed: %+v", got)
		}
	})
}

func TestAskLanesShareThePorts(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *db.Store, c *clock) {
		s, q := open(), &jobs{}
		sp := laned(t, 3)
		sp.Targets = targets(t, "10.0.0.0/20")
		sweep := plan(t, s, sp, q)
		var all []minesweep.OpenPort
		for i := range 64 {
			addr := netip.AddrFrom4([4]byte{10, 0, byte(i % 16), byte(i)})
			all = append(all, minesweep.OpenPort{Target: netip.AddrPortFrom(addr, 80), At: c.now()})
		}
		finder := takeLane(t, s, db.LaneRun{Sweep: sweep.ID, Kind: db.Discover, Run: 1}, "a")
		must(t, finder.Checkpoint(t.Context(), minesweep.Progress{}, all))
		if none, _, err := finder.Pending(t.Context(), 0, 100); err != nil || len(none) != 0 {
			t.Errorf("a lane of discovery has %d ports to ask, %v", len(none), err)
		}
		seen, network := make(map[netip.AddrPort]int), make(map[netip.Prefix]int)
		for k := range 3 {
			j := takeLane(t, s, db.LaneRun{Sweep: sweep.ID, Kind: db.Ask, Lane: k, Run: 1}, "a")
			ports, _, err := j.Pending(t.Context(), 0, 100)
			must(t, err)
			if len(ports) == 0 || len(ports) == len(all) {
				t.Errorf("lane %d has %d ports", k, len(ports))
			}
			for _, p := range ports {
				seen[p.Target]++
				prefix, _ := p.Target.Addr().Prefix(24)
				if lane, known := network[prefix]; known && lane != k {
					t.Errorf("%s is in lanes %d and %d", prefix, lane, k)
				}
				network[prefix] = k
			}
		}
		for _, p := range all {
			if seen[p.Target] != 1 {
				t.Errorf("%s is in %d lanes", p.Target, seen[p.Target])
			}
		}
	})
}

func TestNothingIsStoredWithoutItsJob(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *db.Store, _ *clock) {
		s, good, bad := open(), &jobs{}, &jobs{fail: errors.New("no room for a job")}
		if _, err := s.PlanSweep(t.Context(), laned(t, 2), bad.enqueue); !errors.Is(err, bad.fail) {
			t.Errorf("planned: %v", err)
		}
		if all, err := s.Sweeps(t.Context()); err != nil || len(all) != 0 {
			t.Errorf("%d sweeps, %v", len(all), err)
		}
		sweep := plan(t, s, laned(t, 1), good)
		j := takeLane(t, s, db.LaneRun{Sweep: sweep.ID, Kind: db.Discover, Run: 1}, "a")
		if err := j.Leave(t.Context(), db.Ready, "", bad.enqueue); !errors.Is(err, bad.fail) {
			t.Errorf("left: %v", err)
		}
		if _, err := s.Orphans(t.Context(), -time.Second, bad.enqueue); !errors.Is(err, bad.fail) {
			t.Errorf("orphaned: %v", err)
		}
		wantStates(t, s, sweep.ID, db.OnRun, db.Ready)
		must(t, j.Checkpoint(t.Context(), minesweep.Progress{Cursor: 5}, nil))
		must(t, j.Leave(t.Context(), db.Ready, "", good.enqueue))
		if got := sweepOf(t, s, sweep.ID); got.Cursor != 5 {
			t.Errorf("cursor %d", got.Cursor)
		}
	})
}

func TestPlanSweepRefuses(t *testing.T) {
	eachNew(t, func(t *testing.T, s *db.Store, _ *clock) {
		for name, change := range map[string]func(*db.SweepSpec){
			"queue": func(sp *db.SweepSpec) { sp.Queue = "" }, "lanes": func(sp *db.SweepSpec) { sp.Lanes = db.MaxLanes + 1 },
			"rate": func(sp *db.SweepSpec) { sp.RatePer24 = -1 }, "port": func(sp *db.SweepSpec) { sp.Ports = nil },
		} {
			sp := laned(t, 1)
			change(&sp)
			if _, err := s.PlanSweep(t.Context(), sp, nil); err == nil {
				t.Errorf("a sweep with a wrong %s was planned", name)
			}
		}
	})
}
