package schedules

import (
	"context"
	"time"

	"minesweep/db"
)

// lostAfter is how long a lane may be ready before its job is looked for. A node
// that dies between the job and the lane leaves such a one, and River would give
// the job back only after rescueAfter.
const lostAfter = 20 * time.Second

// mend makes jobs for lanes that have been ready for some time and whose job
// nobody will get.
func (n *node) mend(ctx context.Context, readyFor time.Duration) error {
	sweeps, err := n.store.Unfinished(ctx, "")
	if err != nil {
		return err
	}
	var waiting map[db.LaneRun]bool
	for _, sweep := range sweeps {
		if sweep.Status != db.Running {
			continue
		}
		lanes, err := n.ready(ctx, sweep.ID, readyFor)
		if err != nil {
			return err
		}
		if waiting == nil && len(lanes) > 0 {
			if waiting, err = n.queue.waiting(ctx); err != nil {
				return err
			}
		}
		for _, lane := range lanes {
			run := lane.Next()
			if waiting[run] {
				continue
			}
			n.log.WarnContext(ctx, "the job of a lane was lost", "sweep", lane.Sweep, "kind", lane.Kind, "lane", lane.Lane)
			if err := n.queue.again(ctx, []db.LaneRun{run}, sweep.JobQueue(lane.Kind)); err != nil {
				return err
			}
		}
	}
	return nil
}

// ready returns the lanes of a sweep that were ready before readyFor ago.
func (n *node) ready(ctx context.Context, sweep int64, readyFor time.Duration) ([]db.Lane, error) {
	lanes, err := n.store.Lanes(ctx, sweep)
	if err != nil {
		return nil, err
	}
	var out []db.Lane
	for _, l := range lanes {
		if l.State == db.Ready && n.now().Sub(l.HeartbeatAt) >= readyFor {
			out = append(out, l)
		}
	}
	return out, nil
}
