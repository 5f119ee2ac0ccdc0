package schedules

import (
	"context"
	"slices"
	"time"

	"minesweep/db"
)

// hoursLeft returns until when a sweep may send, the zero time where that is not
// foreseen, and why it may not now: "" it may. Its hours are those by which the
// tick lets it rest. At the end of a grant it stops too, so that what the grant
// allowed is refused from then on, and not half a minute later.
func hoursLeft(ctx context.Context, from Authority, calendar Schedules, sweep db.Sweep, now time.Time) (until time.Time, shut string, err error) {
	may, err := readAuthority(ctx, from, now)
	if err != nil {
		return until, "", err
	}
	var all []db.Schedule
	if sweep.Schedule != "" {
		if all, err = calendar.Schedules(ctx); err != nil {
			return until, "", err
		}
	}
	hours, open, err := may.hoursOfSweep(sweep, all)
	if err != nil || !open {
		return until, "its hours are closed", err
	}
	for _, w := range hours {
		if end := (Hours{w}).Change(now, now.Add(25*time.Hour)); w.Contains(now) && sooner(end, until) {
			until = end
		}
	}
	targets, err := sweep.TargetSet()
	if err != nil {
		return until, "", err
	}
	for _, g := range may.grants {
		if g.ValidTo.After(now) && sooner(g.ValidTo, until) && slices.ContainsFunc(g.Prefixes, targets.OverlapsPrefix) {
			until = g.ValidTo
		}
	}
	return until, "", nil
}

// sooner reports whether t comes before until; the zero time never comes.
func sooner(t, until time.Time) bool {
	return !t.IsZero() && (until.IsZero() || t.Before(until))
}

// Schedules knows the schedules that sweeps are of. A [db.Store] does.
type Schedules interface {
	Schedules(ctx context.Context) ([]db.Schedule, error)
}
