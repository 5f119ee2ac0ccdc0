package schedules

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"minesweep/db"
)

// Calendar holds schedules and what became of their nights. A [db.Store] does.
type Calendar interface {
	Schedules(ctx context.Context) ([]db.Schedule, error)
	// DecideNight stores what becomes of a night, and the sweep of one that is
	// begun, at once. [db.ErrExists]: it was decided before.
	DecideNight(ctx context.Context, night db.Night, spec db.SweepSpec, enqueue db.Enqueue) (db.Night, error)
}

// Sweeps tells which sweeps have not ended: those in lanes of one schedule, or
// all with "". A [db.Store] does.
type Sweeps interface {
	Unfinished(ctx context.Context, schedule string) ([]db.Sweep, error)
}

// Standing lets sweeps rest that run, and run that rest; false: it was neither,
// for a person paused or cancelled it. A [db.Store] does.
type Standing interface {
	Rest(ctx context.Context, sweep int64, note string) (bool, error)
	Wake(ctx context.Context, sweep int64, note string, enqueue db.Enqueue) (bool, error)
}

// LaneKeeper gives the lanes of nodes that fell silent to others. A [db.Store] does.
type LaneKeeper interface {
	Orphans(ctx context.Context, silentFor time.Duration, enqueue db.Enqueue) ([]db.Lane, error)
}

// SilentFor is how long a node that runs a lane may show no sign of life.
const SilentFor = 15 * time.Second

// Ticker decides what is due. It remembers nothing from one tick to the next, so
// any node may do the next one; two at once decide nothing twice.
type Ticker struct {
	Calendar  Calendar
	Authority Authority
	Sweeps    Sweeps
	Standing  Standing
	Lanes     LaneKeeper
	Enqueue   db.Enqueue
	// Verify asks again what is due to be; nil: nothing is.
	Verify func(ctx context.Context, now time.Time) error
	Log    *slog.Logger // nil: nothing is said
}

// Tick decides nights that are due, lets sweeps run while their window and all
// hours of their grants are open and rest otherwise, and gives lanes whose node
// fell silent to others. What fails keeps nothing else from being done; the error
// joins all of it.
func (t *Ticker) Tick(ctx context.Context, now time.Time) error {
	may, err := readAuthority(ctx, t.Authority, now)
	if err != nil {
		return fmt.Errorf("tick: %w", err)
	}
	schedules, err := t.Calendar.Schedules(ctx)
	if err != nil {
		return fmt.Errorf("tick: %w", err)
	}
	err = errors.Join(t.orphans(ctx), t.nights(ctx, may, schedules), t.windows(ctx, may, schedules))
	if t.Verify != nil {
		err = errors.Join(err, t.Verify(ctx, now))
	}
	if err != nil {
		return fmt.Errorf("tick: %w", err)
	}
	return nil
}

func (t *Ticker) orphans(ctx context.Context) error {
	lanes, err := t.Lanes.Orphans(ctx, SilentFor, t.Enqueue)
	for _, l := range lanes {
		t.say("a lane lost its node and goes to another", "sweep", l.Sweep, "kind", l.Kind, "lane", l.Lane, "node", l.Node)
	}
	return err
}

func (t *Ticker) say(what string, about ...any) {
	if t.Log != nil {
		t.Log.Info(what, about...)
	}
}
