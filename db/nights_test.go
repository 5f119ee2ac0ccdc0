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

func schedule(t testing.TB) db.Schedule {
	t.Helper()
	return db.Schedule{
		Name: "province", Cron: "30 0 * * *", Zone: "Asia/Shanghai",
		Window: must2(minesweep.ParseWindow("00:30-06:30", "Asia/Shanghai")), Grants: []string{"north", "far south"},
		Ports: []uint16{4028, 80}, Rate: 25000, RatePer24: 50, Passes: 2, PassGap: time.Minute, Lanes: 8, Engine: "syn", Missed: db.RunMissed,
	}
}

func TestSchedules(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *db.Store, c *clock) {
		s, want := open(), schedule(t)
		must(t, s.AddSchedule(t.Context(), want))
		want.CreatedAt, want.LookedAt = c.now(), c.now()
		get := func() db.Schedule { t.Helper(); return must2(s.Schedule(t.Context(), "province")) }
		if got := get(); !reflect.DeepEqual(got, want) {
			t.Errorf("stored\n%+v, want\n%+v", got, want)
		}
		if err := s.AddSchedule(t.Context(), want); !errors.Is(err, db.ErrExists) {
			t.Errorf("added twice: %v", err)
		}
		c.move(time.Hour)
		must(t, s.PauseSchedule(t.Context(), "province"))
		if got := get(); !got.PausedAt.Equal(c.now()) || !got.LookedAt.Equal(want.LookedAt) {
			t.Errorf("paused %+v", got)
		}
		c.move(time.Hour)
		must(t, s.ResumeSchedule(t.Context(), "province"))
		if got := get(); !got.PausedAt.IsZero() || !got.LookedAt.Equal(c.now()) {
			t.Errorf("resumed %+v", got)
		}
		must(t, s.LookedAt(t.Context(), "province", c.now().Add(time.Hour)))
		must(t, s.LookedAt(t.Context(), "province", c.now()))
		if got := get(); !got.LookedAt.Equal(c.now().Add(time.Hour)) {
			t.Errorf("looked at %s", got.LookedAt)
		}
		must(t, s.RemoveSchedule(t.Context(), "province"))
		_, gone := s.Schedule(t.Context(), "province")
		for name, err := range map[string]error{
			"get": gone, "pause": s.PauseSchedule(t.Context(), "province"), "remove": s.RemoveSchedule(t.Context(), "province"),
		} {
			if !errors.Is(err, db.ErrNotFound) {
				t.Errorf("%s of a removed schedule: %v", name, err)
			}
		}
		if all := must2(s.Schedules(t.Context())); len(all) != 0 {
			t.Errorf("left %+v", all)
		}
		must(t, s.AddSchedule(t.Context(), schedule(t)))
		if all := must2(s.Schedules(t.Context())); len(all) != 1 || !all[0].CreatedAt.Equal(c.now()) {
			t.Errorf("added again %+v", all)
		}
		log := []string{"schedule add", "schedule pause", "schedule resume", "schedule remove", "schedule add"}
		if got := auditActions(t, s); !slices.Equal(got, log) {
			t.Errorf("audit %v", got)
		}
	})
}

func TestScheduleInAnotherZoneThanItsWindow(t *testing.T) {
	eachNew(t, func(t *testing.T, s *db.Store, _ *clock) {
		sch := schedule(t)
		sch.Zone = "Asia/Urumqi"
		if err := s.AddSchedule(t.Context(), sch); err == nil {
			t.Error("stored, and its window would be another one when it is read")
		}
	})
}

func TestNightIsDecidedOnceAndItsSweepNotDoubled(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *db.Store, c *clock) {
		s, q := open(), &jobs{}
		must(t, s.AddSchedule(t.Context(), schedule(t)))
		due := c.now().Add(time.Hour)
		decide := func(s *db.Store, at time.Time, o db.Outcome) (db.Night, error) {
			return s.DecideNight(t.Context(), db.Night{Schedule: "province", PlannedAt: at, Outcome: o}, laned(t, 2), q.enqueue)
		}
		type decided struct {
			night db.Night
			err   error
		}
		all := make(chan decided, 4)
		for i := range 4 {
			other := s
			if i%2 == 1 {
				other = open()
			}
			go func() {
				n, err := decide(other, due, db.Begun)
				all <- decided{n, err}
			}()
		}
		begun := 0
		for range 4 {
			d := <-all
			if d.err == nil {
				begun++
			} else if !errors.Is(d.err, db.ErrExists) {
				t.Error(d.err)
			}
			if d.night.Sweep != 1 || d.night.Outcome != db.Begun {
				t.Errorf("decided %+v", d.night)
			}
		}
		sweep := sweepOf(t, s, 1)
		if begun != 1 || sweep.Schedule != "province" || sweep.Queue != db.Nightly || len(q.take(db.Nightly)) != 4 || len(must2(s.Sweeps(t.Context()))) != 1 {
			t.Errorf("begun %d times: %+v", begun, sweep)
		}
		next := due.Add(24 * time.Hour)
		must2(s.Rest(t.Context(), 1, "06:30"))
		if n := must2(decide(s, next, db.Begun)); n.Outcome != db.Continued || n.Sweep != 1 {
			t.Errorf("the sweep of the night before rests, and the night is %+v", n)
		}
		if n := must2(decide(s, next.Add(24*time.Hour), db.Missed)); n.Outcome != db.Missed || n.Sweep != 0 {
			t.Errorf("missed %+v", n)
		}
		must(t, s.SetStanding(t.Context(), 1, db.Cancelled, "", nil))
		if n := must2(decide(s, next.Add(48*time.Hour), db.Begun)); n.Outcome != db.Begun || n.Sweep != 2 {
			t.Errorf("after the end of the first: %+v", n)
		}
		nights := must2(s.Nights(t.Context(), "province", 3))
		if len(nights) != 3 || nights[0].Sweep != 2 || nights[2].Outcome != db.Continued {
			t.Errorf("nights %+v", nights)
		}
		if got := must2(s.Schedule(t.Context(), "province")); !got.LookedAt.Equal(next.Add(48 * time.Hour)) {
			t.Errorf("looked at %s", got.LookedAt)
		}
		bad := &jobs{fail: errors.New("no room for a job")}
		must(t, s.SetStanding(t.Context(), 2, db.Cancelled, "", nil))
		_, err := s.DecideNight(t.Context(), db.Night{Schedule: "province", PlannedAt: next.Add(72 * time.Hour), Outcome: db.Begun}, laned(t, 2), bad.enqueue)
		if !errors.Is(err, bad.fail) || len(must2(s.Nights(t.Context(), "", 0))) != 4 || len(must2(s.Sweeps(t.Context()))) != 2 {
			t.Errorf("a night without its sweep: %v", err)
		}
	})
}

func TestNodes(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *db.Store, c *clock) {
		s := open()
		a := db.Node{
			Name: "a", Region: "north", Owner: db.Owner{Host: "h", PID: 7, Start: "1"}, Version: "1.2", Engines: []string{"syn", "connect"},
			Doing: "2 lanes of sweep 1", Skew: -3 * time.Millisecond, StartedAt: c.now(),
		}
		b := a
		b.Name, b.Engines = "b", []string{}
		must(t, s.PutNode(t.Context(), a))
		must(t, s.PutNode(t.Context(), b))
		c.move(14 * time.Second)
		b.StoppedAt = c.now()
		must(t, s.PutNode(t.Context(), b))
		nodes := must2(s.Nodes(t.Context()))
		a.Alive, a.Heartbeat, b.Heartbeat = true, c.now().Add(-14*time.Second), c.now()
		if !reflect.DeepEqual(nodes, []db.Node{a, b}) {
			t.Errorf("nodes\n%+v, want\n%+v", nodes, []db.Node{a, b})
		}
		c.move(time.Second)
		if nodes = must2(s.Nodes(t.Context())); nodes[0].Alive {
			t.Error("alive after 15 s of silence")
		}
	})
}
