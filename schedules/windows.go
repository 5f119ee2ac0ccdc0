package schedules

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go4.org/netipx"

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
	hours, open, err := may.hoursOfSweep(sweep, schedules)
	if err != nil {
		return err
	}
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
// under, and whether they are open: those of its schedule, else all that its
// targets touch and cannot do without. A grant that ended does not count; the
// guard refuses what it covered.
func (a authority) hoursOfSweep(sweep db.Sweep, schedules []db.Schedule) (hours Hours, open bool, err error) {
	if i := slices.IndexFunc(schedules, func(s db.Schedule) bool { return s.Name == sweep.Schedule }); i >= 0 {
		valid, _ := a.named(schedules[i].Grants)
		hours = hoursOf(sweep.Window, valid)
		return hours, hours.Open(a.now), nil
	}
	targets, err := sweep.TargetSet()
	if err != nil {
		return nil, false, fmt.Errorf("sweep %d: %w", sweep.ID, err)
	}
	var touched []minesweep.Grant
	for _, g := range a.grants {
		if anyHour(g).Standing(a.now) == "" && overlaps(g, targets) {
			touched = append(touched, g)
		}
	}
	hours = hoursOf(sweep.Window, touched)
	return hours, sweep.Window.Contains(a.now) && a.enough(targets, touched), nil
}

// enough reports whether the grants whose hours are open cover all of the targets
// that those cover whose hours are not.
func (a authority) enough(targets *netipx.IPSet, touched []minesweep.Grant) bool {
	var rest netipx.IPSetBuilder
	rest.AddSet(targets)
	closed := false
	for _, g := range touched {
		if !g.Window.Contains(a.now) {
			closed = true
			continue
		}
		for _, p := range g.Prefixes {
			rest.RemovePrefix(p)
		}
	}
	if !closed {
		return true
	}
	left, err := rest.IPSet()
	return err == nil && !slices.ContainsFunc(touched, func(g minesweep.Grant) bool {
		return !g.Window.Contains(a.now) && overlaps(g, left)
	})
}

func overlaps(g minesweep.Grant, set *netipx.IPSet) bool {
	return slices.ContainsFunc(g.Prefixes, set.OverlapsPrefix)
}

func zoneOf(w minesweep.Window) *time.Location {
	if w.Zone == nil {
		return time.UTC
	}
	return w.Zone
}
