package schedules

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"minesweep"
	"minesweep/db"
)

// windows lets each sweep in lanes run or rest, as its hours are open or closed.
// What its user paused stays paused.
func (t *Ticker) windows(ctx context.Context, may authority, schedules []db.Schedule) error {
	sweeps, err := t.Sweeps.Unfinished(ctx, "")
	if err != nil {
		return err
	}
	var errs []error
	for _, sweep := range sweeps {
		errs = append(errs, t.window(ctx, may, sweep, schedules))
	}
	return errors.Join(errs...)
}

func (t *Ticker) window(ctx context.Context, may authority, sweep db.Sweep, schedules []db.Schedule) error {
	hours, err := may.hoursOfSweep(sweep, schedules)
	if err != nil {
		return err
	}
	open := hours.Open(may.now)
	switch {
	case open && sweep.Status == db.Resting:
		return t.wake(ctx, sweep)
	case !open && sweep.Status == db.Running:
		return t.rest(ctx, sweep, hours, may.now)
	}
	return nil
}

func (t *Ticker) wake(ctx context.Context, sweep db.Sweep) error {
	done, err := t.Standing.Wake(ctx, sweep.ID, "", t.Enqueue)
	if done {
		t.say("a sweep goes on, its hours are open", "sweep", sweep.ID)
	}
	return err
}

func (t *Ticker) rest(ctx context.Context, sweep db.Sweep, hours Hours, now time.Time) error {
	note := "its hours are closed"
	if opens := hours.Opens(now, now.Add(soon)); !opens.IsZero() {
		note = "its hours open at " + opens.In(zoneOf(sweep.Window)).Format("2006-01-02 15:04 MST")
	}
	done, err := t.Standing.Rest(ctx, sweep.ID, note)
	if done {
		t.say("a sweep rests", "sweep", sweep.ID, "note", note)
	}
	return err
}

// soon is within which hours that ever open do, but for a change of clocks.
const soon = 4 * 24 * time.Hour

// hoursOfSweep are those of the sweep's window and of the grants that it is
// under: those of its schedule, else all that its targets touch. A grant that
// ended does not count; the guard refuses what it covered.
func (a authority) hoursOfSweep(sweep db.Sweep, schedules []db.Schedule) (Hours, error) {
	if i := slices.IndexFunc(schedules, func(s db.Schedule) bool { return s.Name == sweep.Schedule }); i >= 0 && sweep.Schedule != "" {
		valid, _ := a.named(schedules[i].Grants)
		return hoursOf(sweep.Window, valid), nil
	}
	targets, err := sweep.TargetSet()
	if err != nil {
		return nil, fmt.Errorf("sweep %d: %w", sweep.ID, err)
	}
	var touched []minesweep.Grant
	for _, g := range a.grants {
		if anyHour(g).Standing(a.now) == "" && slices.ContainsFunc(g.Prefixes, targets.OverlapsPrefix) {
			touched = append(touched, g)
		}
	}
	return hoursOf(sweep.Window, touched), nil
}

func zoneOf(w minesweep.Window) *time.Location {
	if w.Zone == nil {
		return time.UTC
	}
	return w.Zone
}
