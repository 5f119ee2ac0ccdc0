package db

import (
	"context"
	"errors"
	"time"

	"github.com/uptrace/bun"
)

// silentNode is the note of a stint whose node was not heard of any more.
const silentNode = "its node fell silent"

// Orphans takes lanes that run, and of which nothing was heard for silentFor, away
// from their nodes: they are ready again, with the job of their next run, or
// rest where their sweep does. It returns those lanes as they were. Their nodes
// can write nothing more ([ErrTakenOver]); where they had come is their last
// checkpoint. Scans of one process are left alone.
func (s *Store) Orphans(ctx context.Context, silentFor time.Duration, enqueue Enqueue) ([]Lane, error) {
	return s.eachLane(ctx, func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Join("JOIN sweeps AS s ON s.id = l.sweep_id").
			Where("l.state = 'running' AND l.heartbeat_at < ? AND s.queue <> ''", micros(s.now().Add(-silentFor))).
			OrderExpr("l.sweep_id, l.kind, l.lane")
	}, func(ctx context.Context, tx Tx, row *laneRow, sweep Sweep) error {
		return s.orphan(ctx, tx, row, sweep, enqueue)
	})
}

// eachLane does something with each lane that a query finds, and its sweep, in one
// transaction. It returns those lanes.
func (s *Store) eachLane(ctx context.Context, found func(*bun.SelectQuery) *bun.SelectQuery,
	do func(context.Context, Tx, *laneRow, Sweep) error) ([]Lane, error) {
	var lanes []Lane
	err := s.writeJobs(ctx, func(ctx context.Context, tx Tx) error {
		lanes = nil
		var rows []laneRow
		if err := found(tx.NewSelect().Model(&rows)).Scan(ctx); err != nil {
			return err
		}
		for i := range rows {
			owner, err := sweepByID(ctx, tx, rows[i].SweepID)
			if err != nil {
				return err
			}
			sweep, err := owner.sweep()
			if err != nil {
				return err
			}
			if err := do(ctx, tx, &rows[i], sweep); err != nil {
				return err
			}
			lanes = append(lanes, rows[i].lane())
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return lanes, nil
}

func (s *Store) orphan(ctx context.Context, tx Tx, row *laneRow, sweep Sweep, enqueue Enqueue) error {
	now := micros(s.now())
	state := LaneState(Resting)
	if sweep.Status == Running {
		state = Ready
	}
	_, err := tx.NewUpdate().Model((*laneRow)(nil)).Set("state = ?", string(state)).Set("node = ''").
		Set("note = ?", silentNode).Set("heartbeat_at = ?", now).
		Where("sweep_id = ? AND kind = ? AND lane = ? AND runs = ?", row.SweepID, row.Kind, row.Lane, row.Runs).Exec(ctx)
	// The stint after the lane, as in a checkpoint, so that neither waits for the other.
	if err := errors.Join(err, endStint(ctx, tx, row, 0, now, silentNode)); err != nil || state != Ready {
		return err
	}
	return enqueue.lanes(ctx, tx, sweep, []Lane{row.lane()})
}

// Requeue makes the jobs of lanes again that are ready for longer than readyFor
// and that nobody took: a queue may lose a job, or a node die that had just got
// it. A job too many does no harm. It returns those lanes, and does so again
// after readyFor at the earliest.
func (s *Store) Requeue(ctx context.Context, readyFor time.Duration, enqueue Enqueue) ([]Lane, error) {
	return s.eachLane(ctx, func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("state = 'ready' AND heartbeat_at < ?", micros(s.now().Add(-readyFor))).
			Where("sweep_id IN (SELECT id FROM sweeps WHERE queue <> '' AND status = 'running')").
			OrderExpr("sweep_id, kind DESC, lane")
	}, func(ctx context.Context, tx Tx, row *laneRow, sweep Sweep) error {
		_, err := tx.NewUpdate().Model((*laneRow)(nil)).Set("heartbeat_at = ?", micros(s.now())).
			Where("sweep_id = ? AND kind = ? AND lane = ?", row.SweepID, row.Kind, row.Lane).Exec(ctx)
		return errors.Join(err, enqueue.lanes(ctx, tx, sweep, []Lane{row.lane()}))
	})
}
