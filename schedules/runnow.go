package schedules

import (
	"context"
	"fmt"
	"strings"
	"time"

	"minesweep"
	"minesweep/db"
)

// Planner plans sweeps, and none of a schedule whose last one has not ended
// ([db.ErrExists]). A [db.Store] does.
type Planner interface {
	PlanSweep(ctx context.Context, spec db.SweepSpec, enqueue db.Enqueue) (db.Sweep, error)
}

// RunNow plans a sweep of a schedule at now, whatever its cron and window say, and
// whether it is paused or not. The hours of its grants must be open; it rests
// when they close.
func RunNow(ctx context.Context, s db.Schedule, from Authority, planner Planner, enqueue db.Enqueue, now time.Time) (db.Sweep, error) {
	may, err := readAuthority(ctx, from, now)
	if err != nil {
		return db.Sweep{}, err
	}
	valid, lapsed := may.named(s.Grants)
	if len(valid) == 0 {
		return db.Sweep{}, fmt.Errorf("schedule %s: %w: %s; nothing was begun. Add a grant, and the schedule again with that", s.Name, minesweep.ErrRefused, strings.Join(lapsed, "; "))
	}
	for _, g := range valid {
		if why := g.Standing(now); why != "" {
			return db.Sweep{}, fmt.Errorf("schedule %s: %w: grant %s is %s; nothing was begun. Try again within those hours", s.Name, minesweep.ErrRefused, g.Name, why)
		}
	}
	spec, err := may.spec(s)
	if err != nil {
		return db.Sweep{}, err
	}
	if len(spec.Targets.Ranges()) == 0 {
		return db.Sweep{}, fmt.Errorf("schedule %s: %w: %s", s.Name, minesweep.ErrRefused, nothingLeft)
	}
	spec.Window = minesweep.Window{}
	sweep, err := planner.PlanSweep(ctx, spec, enqueue)
	if err != nil {
		return db.Sweep{}, fmt.Errorf("schedule %s: %w", s.Name, err)
	}
	return sweep, nil
}
