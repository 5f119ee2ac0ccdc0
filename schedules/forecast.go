package schedules

import (
	"context"
	"fmt"
	"time"

	"minesweep"
	"minesweep/db"
)

// discovering is the part of its rate that a sweep has for discovery; db keeps
// the rest for questions, which run beside it.
const discovering = 0.9

// Forecast is what a coming night is expected to become.
type Forecast struct {
	Night
	Does   string        // begin, continue, nothing
	Why    string        // of nothing; "" else
	Takes  time.Duration // of sending, at best, for what is left when the night begins
	Finish time.Time     // in this night or a later one; zero: not foreseen
	Bound  string        // which budget makes it so long
}

// What a night is expected to do.
const (
	WillBegin    = "begin"
	WillContinue = "continue"
	WillNothing  = "nothing"
)

// Foresee tells what the coming nights of a schedule after now become, count of
// them, if its grants and exclusions stay as they are and nothing else runs.
func Foresee(ctx context.Context, s db.Schedule, authority Authority, sweeps Sweeps, now time.Time, count int) ([]Forecast, error) {
	cron, err := ParseCron(s.Cron, s.Zone)
	if err != nil {
		return nil, fmt.Errorf("schedule %s: %w", s.Name, err)
	}
	may, err := readAuthority(ctx, authority, now)
	if err != nil {
		return nil, err
	}
	left, err := sweeps.Unfinished(ctx, s.Name)
	if err != nil {
		return nil, err
	}
	f := foresight{schedule: s, cron: cron, may: may}
	if len(left) > 0 {
		if err := f.goOn(left[0]); err != nil {
			return nil, err
		}
	}
	var out []Forecast
	for _, planned := range cron.Between(now, now.Add(farthest), count) {
		next, err := f.night(planned)
		if err != nil {
			return nil, err
		}
		out = append(out, next)
	}
	return out, nil
}

// foresight walks coming nights; busy is until when the sweep before runs.
type foresight struct {
	schedule db.Schedule
	cron     Cron
	may      authority

	running bool
	paused  int64 // the sweep that a person paused; 0: none
	busy    time.Time
	bound   string
}

// goOn begins with the sweep that has not ended.
func (f *foresight) goOn(sweep db.Sweep) error {
	if f.running = true; sweep.Status == db.Paused {
		f.paused = sweep.ID
		return nil
	}
	targets, err := sweep.TargetSet()
	if err != nil {
		return fmt.Errorf("sweep %d: %w", sweep.ID, err)
	}
	valid, _ := f.may.named(f.schedule.Grants)
	e := Workload{
		Plan: minesweep.Plan{
			Targets: targets, Ports: sweep.Ports, Passes: sweep.Passes, PassGap: sweep.PassGap, Cursor: sweep.Cursor,
		},
		Grants: valid, Rate: int(sweep.Rate), Per24: sweep.RatePer24,
	}.Estimate()
	f.busy, _ = Finish(hoursOf(sweep.Window, valid), f.may.now, beside(e.Takes))
	f.bound = e.Bound
	return nil
}

// beside is how long work takes while a part of its rate is for questions.
func beside(takes time.Duration) time.Duration {
	return seconds(takes.Seconds() / discovering)
}

func (f *foresight) night(planned time.Time) (Forecast, error) {
	then := f.may
	then.now = planned
	valid, lapsed := then.named(f.schedule.Grants)
	hours := hoursOf(f.schedule.Window, valid)
	out := Forecast{Night: NightOf(f.cron, hours, planned), Does: WillNothing}
	d := due{schedule: f.schedule, night: out.Night, now: out.Begin, valid: len(valid), lapsed: lapsed}
	if f.running && (f.busy.IsZero() || f.busy.After(out.Begin)) {
		d.before = &db.Sweep{ID: f.paused, Status: db.Running}
		if f.paused != 0 {
			d.before.Status = db.Paused
		}
	}
	outcome, why := d.outcome()
	switch outcome {
	case db.Continued:
		out.Does, out.Finish, out.Bound = WillContinue, f.busy, f.bound
		out.Takes = spent(hours, out.Begin, f.busy)
		return out, nil
	case db.Begun:
		return f.begin(then, out, valid, hours)
	}
	out.Why = why
	return out, nil
}

func (f *foresight) begin(then authority, out Forecast, valid []minesweep.Grant, hours Hours) (Forecast, error) {
	spec, err := then.spec(f.schedule)
	if err != nil {
		return out, err
	}
	if len(spec.Targets.Ranges()) == 0 {
		out.Why = nothingLeft
		return out, nil
	}
	e := Workload{
		Plan:   minesweep.Plan{Targets: spec.Targets, Ports: spec.Ports, Passes: spec.Passes, PassGap: spec.PassGap},
		Grants: valid, Rate: int(f.schedule.Rate), Per24: f.schedule.RatePer24,
	}.Estimate()
	out.Does, out.Takes, out.Bound = WillBegin, beside(e.Takes), e.Bound
	out.Finish, _ = Finish(hours, out.Begin, out.Takes)
	f.running, f.busy, f.bound = true, out.Finish, out.Bound
	return out, nil
}

// spent is how much of the time from one instant to another lies within the hours.
func spent(hours Hours, from, to time.Time) time.Duration {
	if hours.Always() {
		return max(0, to.Sub(from))
	}
	var sum time.Duration
	for at := hours.Opens(from, to); !at.IsZero() && at.Before(to); {
		end := hours.Change(at, to)
		if end.IsZero() {
			return sum + to.Sub(at)
		}
		sum += end.Sub(at)
		at = hours.Opens(end, to)
	}
	return sum
}
