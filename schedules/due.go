package schedules

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"minesweep/db"
)

const (
	// late is from when on a night counts as missed: a node may start again in
	// between without that anybody would say so.
	late = 2 * time.Minute
	// overdue bounds how many nights of a schedule one tick decides.
	overdue = 100
)

// nights decides what has come due since each schedule was looked at last.
func (t *Ticker) nights(ctx context.Context, may authority, schedules []db.Schedule) error {
	var errs []error
	for _, s := range schedules {
		if err := t.schedule(ctx, may, s); err != nil {
			errs = append(errs, fmt.Errorf("schedule %s: %w", s.Name, err))
		}
	}
	return errors.Join(errs...)
}

func (t *Ticker) schedule(ctx context.Context, may authority, s db.Schedule) error {
	cron, err := ParseCron(s.Cron, s.Zone)
	if err != nil {
		return err
	}
	valid, lapsed := may.named(s.Grants)
	hours := hoursOf(s.Window, valid)
	for _, planned := range cron.Between(s.LookedAt, may.now, overdue) {
		night := NightOf(cron, hours, planned)
		if night.Begin.After(may.now) {
			return nil // its window opens later than cron says
		}
		unfinished, err := t.unfinished(ctx, s.Name)
		if err != nil {
			return err
		}
		d := due{schedule: s, night: night, now: may.now, before: unfinished, lapsed: lapsed, valid: len(valid)}
		if err := t.decide(ctx, may, d); err != nil {
			return err
		}
	}
	return nil
}

// unfinished returns the sweep of the schedule that has not ended, or nil.
func (t *Ticker) unfinished(ctx context.Context, schedule string) (*db.Sweep, error) {
	sweeps, err := t.Sweeps.Unfinished(ctx, schedule)
	if err != nil || len(sweeps) == 0 {
		return nil, err
	}
	return &sweeps[0], nil
}

const nothingLeft = "exclusions leave nothing of its grants"

// decide stores what becomes of a night, and its sweep where one begins.
func (t *Ticker) decide(ctx context.Context, may authority, d due) error {
	night := db.Night{Schedule: d.schedule.Name, PlannedAt: d.night.Planned}
	night.Outcome, night.Note = d.outcome()
	if night.Outcome == db.Continued {
		night.Sweep = d.before.ID
	}
	spec, err := may.spec(d.schedule)
	if err != nil {
		return err
	}
	if night.Outcome == db.Begun && len(spec.Targets.Ranges()) == 0 {
		night.Outcome, night.Note = db.Skipped, nothingLeft
	}
	decided, err := t.Calendar.DecideNight(ctx, night, spec, t.Enqueue)
	if errors.Is(err, db.ErrExists) {
		return nil // another node was faster
	}
	if err != nil {
		return err
	}
	t.say("a night is decided", "schedule", decided.Schedule, "planned", decided.PlannedAt,
		"outcome", decided.Outcome, "sweep", decided.Sweep, "note", decided.Note)
	return nil
}

// due is a night that has come, and all that decides what becomes of it.
type due struct {
	schedule db.Schedule
	night    Night
	now      time.Time
	before   *db.Sweep // of the schedule, that has not ended; nil: none
	valid    int       // grants that hold
	lapsed   []string  // those that do not, and why
}

// outcome returns what becomes of the night, and a note that says why.
func (d due) outcome() (db.Outcome, string) {
	delay := d.now.Sub(d.night.Begin)
	down := fmt.Sprintf("nothing ran from %s on", d.clock(d.night.Begin))
	switch {
	case !d.schedule.PausedAt.IsZero():
		return db.Skipped, "the schedule is paused"
	case d.valid == 0:
		return db.Skipped, "no grant of it holds: " + strings.Join(d.lapsed, "; ")
	case d.night.Begin.IsZero():
		return db.Skipped, "its hours do not open before the next night"
	case !d.now.Before(d.night.End):
		return db.Missed, fmt.Sprintf("%s, and its window closed at %s", down, d.clock(d.night.End))
	case d.before != nil && d.before.Status == db.Paused:
		return db.Skipped, fmt.Sprintf("sweep %d is paused", d.before.ID)
	case d.before != nil:
		return db.Continued, fmt.Sprintf("sweep %d goes on, it has not ended", d.before.ID)
	case delay > late && d.schedule.Missed != db.RunMissed:
		return db.Skipped, fmt.Sprintf("%s, and the schedule is to skip what it missed", down)
	}
	notes := d.lapsed
	if delay > late {
		notes = append([]string{fmt.Sprintf("begun %s late, %s", Span(delay.Round(time.Second)), down)}, notes...)
	}
	return db.Begun, strings.Join(notes, "; ")
}

func (d due) clock(t time.Time) string {
	zone, err := loadZone(d.schedule.Zone)
	if err != nil { // stored by a machine that knew it
		zone = time.UTC
	}
	return t.In(zone).Format("2006-01-02 15:04 MST")
}

// spec is the sweep of a schedule as its grants and exclusions are now.
func (a authority) spec(s db.Schedule) (db.SweepSpec, error) {
	valid, _ := a.named(s.Grants)
	targets, err := a.targets(valid)
	if err != nil {
		return db.SweepSpec{}, err
	}
	return db.SweepSpec{
		Targets: targets, Ports: s.Ports, Passes: s.Passes, PassGap: s.PassGap, Label: s.Name,
		Terms: db.Terms{Engine: s.Engine, Rate: s.Rate},
		Queue: db.Nightly, Schedule: s.Name, Window: s.Window, Lanes: s.Lanes, RatePer24: s.RatePer24,
	}, nil
}
