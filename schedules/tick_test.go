package schedules

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"minesweep"
	"minesweep/db"
)

// small is a schedule over a grant of 256 addresses, from 00:30 to 06:30 UTC.
func small(t *testing.T) db.Schedule {
	t.Helper()
	s := nightly(t, "UTC", 1)
	s.Name, s.Grants, s.Rate, s.Lanes = "small", []string{"small"}, 100, 1
	return s
}

func smallGrant() minesweep.Grant {
	return minesweep.Grant{Name: "small", Prefixes: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/24")}, Rate: 100, RatePer24: 100}
}

// evening is six o'clock before a night.
func evening() time.Time { return time.Date(2026, 11, 21, 18, 0, 0, 0, time.UTC) }

// clock returns the next time after evening that clocks of UTC show this.
func clock(t *testing.T, day int, text string) time.Time {
	t.Helper()
	out, err := time.Parse("15:04", text)
	if err != nil {
		t.Fatal(err)
	}
	return time.Date(2026, 11, day, out.Hour(), out.Minute(), 0, 0, time.UTC)
}

// ticked ticks once at an instant.
func (w *world) ticked(at time.Time) {
	w.t.Helper()
	w.now = at
	w.check(w.tick.Tick(w.t.Context(), at))
}

// became wants the nights of a schedule to be these, "OUTCOME SWEEP NOTE" each.
func (w *world) became(schedule string, want ...string) {
	w.t.Helper()
	var got []string
	for _, n := range w.nights(schedule) {
		got = append(got, strings.TrimSpace(fmt.Sprintf("%s %d %s", n.Outcome, n.Sweep, n.Note)))
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		w.t.Errorf("nights became\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func (w *world) status(sweep int64, want db.Status) {
	w.t.Helper()
	s, err := w.store.Sweep(w.t.Context(), sweep)
	w.check(err)
	if s.Status != want {
		w.t.Errorf("at %s sweep %d is %s (%s), want %s", w.now, sweep, s.Status, s.Note, want)
	}
}

func TestTickDecides(t *testing.T) {
	for name, c := range map[string]struct {
		change func(w *world, s *db.Schedule) // before the night
		at     string                         // of the first tick of the night
		want   []string
	}{
		"on time":           {nil, "00:30", []string{"begun 1"}},
		"not yet":           {nil, "00:29", nil},
		"a little late":     {nil, "00:32", []string{"begun 1"}},
		"late, to run":      {nil, "05:00", []string{"begun 1 begun 4h30m late, nothing ran from 2026-11-22 00:30 UTC on"}},
		"the window closed": {nil, "06:30", []string{"missed 0 nothing ran from 2026-11-22 00:30 UTC on, and its window closed at 2026-11-22 06:30 UTC"}},
		"late, to skip": {func(_ *world, s *db.Schedule) { s.Missed = db.SkipMissed }, "00:33",
			[]string{"skipped 0 nothing ran from 2026-11-22 00:30 UTC on, and the schedule is to skip what it missed"}},
		"its grant's hours open later": {func(_ *world, s *db.Schedule) { s.Grants = []string{"hours"} }, "00:59", nil},
		"its grant's hours open":       {func(_ *world, s *db.Schedule) { s.Grants = []string{"hours"} }, "01:00", []string{"begun 1"}},
		"its grant is revoked": {func(w *world, _ *db.Schedule) { w.check(w.store.RevokeGrant(w.t.Context(), "small")) }, "00:30",
			[]string{"skipped 0 no grant of it holds: grant small is revoked on 2026-11-21"}},
		"one grant of two expired": {func(_ *world, s *db.Schedule) { s.Grants = []string{"small", "over"} }, "00:30",
			[]string{"begun 1 grant over is expired on 2026-11-21"}},
		"all excluded": {func(w *world, _ *db.Schedule) {
			w.check(w.store.AddExclusion(w.t.Context(), minesweep.Exclusion{Prefix: netip.MustParsePrefix("10.0.0.0/8")}))
		}, "00:30", []string{"skipped 0 exclusions leave nothing of its grants"}},
		"a sweep by hand runs": {func(w *world, s *db.Schedule) {
			_, err := RunNow(w.t.Context(), *s, w.store, w.store, w.enqueue, w.now)
			w.check(err)
		}, "00:30", []string{"continued 1 sweep 1 goes on, it has not ended"}},
		"a sweep by hand is paused": {func(w *world, s *db.Schedule) {
			sweep, err := RunNow(w.t.Context(), *s, w.store, w.store, w.enqueue, w.now)
			w.check(err)
			w.check(w.store.SetStanding(w.t.Context(), sweep.ID, db.Paused, "", w.enqueue))
		}, "00:30", []string{"skipped 0 sweep 1 is paused"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, evening())
			w.grant(smallGrant())
			hours, over := smallGrant(), smallGrant()
			hours.Name, hours.Window = "hours", mustHours(t, "01:00-02:00 UTC")[0]
			over.Name, over.ValidTo = "over", evening()
			w.grant(hours)
			w.grant(over)
			s := small(t)
			if c.change != nil {
				c.change(w, &s)
			}
			w.check(w.store.AddSchedule(t.Context(), s))
			w.ticked(clock(t, 22, c.at))
			w.became("small", c.want...)
			w.ticked(w.now.Add(time.Second))
			w.became("small", c.want...)
		})
	}
}

func TestTickOfAPausedSchedule(t *testing.T) {
	worlds(t, evening(), func(t *testing.T, w *world) {
		w.grant(smallGrant())
		w.schedule(small(t))
		w.check(w.store.PauseSchedule(t.Context(), "small"))
		w.ticked(clock(t, 22, "00:30"))
		w.became("small", "skipped 0 the schedule is paused")
		w.now = clock(t, 23, "05:00") // the next night passes unseen, in the pause
		w.check(w.store.ResumeSchedule(t.Context(), "small"))
		w.ticked(clock(t, 23, "05:01"))
		w.became("small", "skipped 0 the schedule is paused")
		w.ticked(clock(t, 24, "00:30"))
		w.became("small", "skipped 0 the schedule is paused", "begun 1")
	})
}

// TestTickCatchesUpWithEachNight: after days without anything each night is told.
func TestTickCatchesUpWithEachNight(t *testing.T) {
	worlds(t, evening(), func(t *testing.T, w *world) {
		w.grant(smallGrant())
		w.schedule(small(t))
		w.ticked(clock(t, 25, "01:00"))
		missed := "missed 0 nothing ran from 2026-11-%d 00:30 UTC on, and its window closed at 2026-11-%d 06:30 UTC"
		w.became("small", fmt.Sprintf(missed, 22, 22), fmt.Sprintf(missed, 23, 23), fmt.Sprintf(missed, 24, 24),
			"begun 1 begun 30m0s late, nothing ran from 2026-11-25 00:30 UTC on")
	})
}

// TestTicksAtOnceBeginOneSweep has many nodes tick in the same moment.
func TestTicksAtOnceBeginOneSweep(t *testing.T) {
	worlds(t, evening(), func(t *testing.T, w *world) {
		w.grant(smallGrant())
		w.schedule(small(t))
		w.now = clock(t, 22, "00:30")
		var mu sync.Mutex
		jobs := 0
		w.tick.Enqueue = func(_ context.Context, _ db.Tx, runs []db.LaneRun, _ string) error {
			mu.Lock()
			defer mu.Unlock()
			jobs += len(runs)
			return nil
		}
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				if err := w.tick.Tick(t.Context(), w.now); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		w.became("small", "begun 1")
		if sweeps, err := w.store.Sweeps(t.Context()); err != nil || len(sweeps) != 1 || jobs != 2 {
			t.Errorf("%d sweeps, %d jobs, %v", len(sweeps), jobs, err)
		}
	})
}

// TestSweepsRestOutsideTheirHours has a window of its own, and two grants' hours
// of which the later begin and the earlier end count.
func TestSweepsRestOutsideTheirHours(t *testing.T) {
	worlds(t, evening(), func(t *testing.T, w *world) {
		early, late := smallGrant(), smallGrant()
		early.Name, early.Window = "early", mustHours(t, "00:00-04:00 UTC")[0]
		late.Name, late.Window, late.Prefixes = "late", mustHours(t, "02:00-08:00 UTC")[0], []netip.Prefix{netip.MustParsePrefix("10.0.1.0/24")}
		w.grant(early)
		w.grant(late)
		s := small(t)
		s.Grants = []string{"early", "late"}
		w.schedule(s)
		w.ticked(clock(t, 22, "01:59"))
		w.became("small")
		w.ticked(clock(t, 22, "02:00"))
		w.became("small", "begun 1")
		w.status(1, db.Running)
		w.ticked(clock(t, 22, "03:59"))
		w.status(1, db.Running)
		w.ticked(clock(t, 22, "04:00"))
		w.status(1, db.Resting)
		if sweep, err := w.store.Sweep(t.Context(), 1); err != nil || sweep.Note != "its hours open at 2026-11-23 02:00 UTC" {
			t.Errorf("note %q, %v", sweep.Note, err)
		}
		w.ticked(clock(t, 23, "01:00")) // its window is open, the hours of one grant are not
		w.status(1, db.Resting)
		w.ticked(clock(t, 23, "02:00"))
		w.status(1, db.Running)
		w.became("small", "begun 1", "continued 1 sweep 1 goes on, it has not ended")
		// A grant that ends does not keep the rest waiting for its hours.
		w.check(w.store.RevokeGrant(t.Context(), "early"))
		w.ticked(clock(t, 23, "05:00"))
		w.status(1, db.Running)
		w.ticked(clock(t, 23, "06:30"))
		w.status(1, db.Resting)
	})
}

func TestOnDemandSweepsRestByTheHoursOfTheirGrants(t *testing.T) {
	worlds(t, evening(), func(t *testing.T, w *world) {
		g := smallGrant()
		g.Window = mustHours(t, "00:30-06:30 UTC")[0]
		w.grant(g)
		// What a wider grant allows already does not wait for this one's hours.
		w.grant(minesweep.Grant{Name: "part", Prefixes: []netip.Prefix{netip.MustParsePrefix("10.0.0.7/32")}, Window: mustHours(t, "12:00-13:00 UTC")[0]})
		w.grant(minesweep.Grant{Name: "far", Prefixes: []netip.Prefix{netip.MustParsePrefix("10.9.0.0/16")}, Window: mustHours(t, "12:00-13:00 UTC")[0]})
		w.now = clock(t, 22, "01:00")
		may, err := readAuthority(t.Context(), w.store, w.now)
		w.check(err)
		targets, err := may.targets([]minesweep.Grant{g})
		w.check(err)
		for range 2 {
			_, err = w.store.PlanSweep(t.Context(), db.SweepSpec{Targets: targets, Ports: []uint16{80}, Queue: db.OnDemand}, w.enqueue)
			w.check(err)
		}
		w.check(w.store.SetStanding(t.Context(), 2, db.Paused, "", w.enqueue))
		for _, c := range []struct {
			day  int
			at   string
			want db.Status
		}{{22, "01:00", db.Running}, {22, "06:30", db.Resting}, {22, "12:30", db.Resting}, {23, "00:30", db.Running}} {
			w.ticked(clock(t, c.day, c.at))
			w.status(1, c.want)
			w.status(2, db.Paused) // by a person, who alone lets it go on
		}
	})
}

// broken is a store one of whose schedules nobody can read.
type broken struct{ *db.Store }

func (b broken) Schedules(ctx context.Context) ([]db.Schedule, error) {
	all, err := b.Store.Schedules(ctx)
	return append([]db.Schedule{{Name: "odd", Cron: "30 0 * * *", Zone: "Mars"}}, all...), err
}

func TestTickGoesOnWithTheRest(t *testing.T) {
	w := newWorld(t, evening())
	w.grant(smallGrant())
	w.schedule(small(t))
	verified := false
	w.tick.Calendar = broken{w.store}
	w.tick.Verify = func(context.Context, time.Time) error { verified = true; return errors.New("nobody answers") }
	err := w.tick.Tick(t.Context(), clock(t, 22, "00:30"))
	if err == nil || !strings.Contains(err.Error(), `schedule odd: time zone "Mars"`) || !strings.Contains(err.Error(), "nobody answers") {
		t.Errorf("got %v", err)
	}
	if w.became("small", "begun 1"); !verified {
		t.Error("nothing was verified")
	}
}
