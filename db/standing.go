package db

import (
	"context"
	"database/sql"
	"errors"

	"github.com/uptrace/bun"
)

// Standing is what a lane is to do now.
type Standing struct {
	Status     Status // of the sweep: whoever has a lane of one that is not Running leaves it
	Discovered bool   // every lane of discovery is done: an ask lane ends with an empty queue
	// Share is this lane's part of every budget, above 0 and at most 1. The shares
	// of all lanes of all sweeps of both queues are 1 together, so that no budget
	// is exceeded however many nodes there are. The sweeps that run are counted
	// whether or not they have a grant in common.
	Share float64
	// SharePer24 is the part of the budget of each /24. An ask lane shares its /24s
	// with no other ask lane, so it has more of them than of the other budgets.
	SharePer24 float64
}

const beat = `UPDATE lanes SET heartbeat_at = ?
WHERE sweep_id = ? AND kind = ? AND lane = ? AND runs = ? AND state = 'running'
RETURNING (SELECT status FROM sweeps WHERE id = lanes.sweep_id), (SELECT discovered FROM sweeps WHERE id = lanes.sweep_id),
  (SELECT COUNT(*) FROM sweeps WHERE status = 'running' AND queue = 'nightly'),
  (SELECT COUNT(*) FROM sweeps WHERE status = 'running' AND queue = 'ondemand')`

// Beat shows a sign of life and reads, in the same statement, what the lane is to
// do. It is [ErrTakenOver] where the lane is another's now.
func (j *Journal) Beat(ctx context.Context) (Standing, error) {
	var status string
	var discovered bool
	var c contenders
	err := j.Patiently(ctx, func() error {
		return j.store.writeOwn(ctx, func(ctx context.Context, tx bun.Tx) error {
			err := tx.NewRaw(beat, micros(j.store.now()), j.run.Sweep, string(j.run.Kind), j.run.Lane, j.run.Run).
				Scan(ctx, &status, &discovered, &c.nightly, &c.onDemand)
			if errors.Is(err, sql.ErrNoRows) {
				return j.takenOver()
			}
			return err
		})
	})
	if err != nil {
		return Standing{}, err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lane.HeartbeatAt = j.store.now()
	standing := Standing{Status: Status(status), Discovered: discovered}
	standing.Share, standing.SharePer24 = c.shares(j.sweep, j.run.Kind, standing.Discovered)
	return standing, nil
}

// contenders are the sweeps in lanes that run.
type contenders struct{ nightly, onDemand int64 }

const (
	// onDemandPart of the budgets is that of on-demand sweeps beside nightly ones.
	onDemandPart = 0.1
	// askPart of a sweep's budgets is that of its ask lanes while it discovers.
	askPart = 0.1
)

func (c contenders) shares(sweep Sweep, kind LaneKind, discovered bool) (all, per24 float64) {
	f := c.queue(sweep.Queue)
	lanes := float64(max(sweep.Lanes, 1))
	switch {
	case kind == Ask && discovered:
		return f / lanes, f
	case kind == Ask:
		return f * askPart / lanes, f * askPart
	case sweep.NoQuestions:
		return f / lanes, f / lanes
	}
	return f * (1 - askPart) / lanes, f * (1 - askPart) / lanes
}

// queue is the part of one sweep of a queue.
func (c contenders) queue(queue string) float64 {
	if queue == OnDemand {
		part := 1 / float64(max(c.onDemand, 1))
		if c.nightly > 0 {
			part *= onDemandPart
		}
		return part
	}
	part := 1 / float64(max(c.nightly, 1))
	if c.onDemand > 0 {
		part *= 1 - onDemandPart
	}
	return part
}
