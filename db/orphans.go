package db

import (
	"context"
	"errors"
	"time"
)

// silentNode is the note of a stint whose node was not heard of any more.
const silentNode = "its node fell silent"

// Orphans takes lanes that run, and of which nothing was heard for silentFor, away
// from their nodes: they are ready again, with the job of their next run, or
// rest where their sweep does. It returns those lanes as they were. Their nodes
// can write nothing more ([ErrTakenOver]); where they had come is their last
// checkpoint. Scans of one process are left alone.
func (s *Store) Orphans(ctx context.Context, silentFor time.Duration, enqueue Enqueue) ([]Lane, error) {
	var lost []Lane
	err := s.writeJobs(ctx, func(ctx context.Context, tx Tx) error {
		lost = nil
		var rows []laneRow
		err := tx.NewSelect().Model(&rows).Join("JOIN sweeps AS s ON s.id = l.sweep_id").
			Where("l.state = 'running' AND l.heartbeat_at < ? AND s.queue <> ''", micros(s.now().Add(-silentFor))).
			OrderExpr("l.sweep_id, l.kind, l.lane").Scan(ctx)
		if err != nil {
			return err
		}
		for i := range rows {
			if err := s.orphan(ctx, tx, &rows[i], enqueue); err != nil {
				return err
			}
			lost = append(lost, rows[i].lane())
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return lost, nil
}

func (s *Store) orphan(ctx context.Context, tx Tx, row *laneRow, enqueue Enqueue) error {
	owner, err := sweepByID(ctx, tx, row.SweepID)
	if err != nil {
		return err
	}
	sweep, err := owner.sweep()
	if err != nil {
		return err
	}
	now := micros(s.now())
	state := LaneState(Resting)
	if sweep.Status == Running {
		state = Ready
	}
	_, err = tx.NewUpdate().Model((*laneRow)(nil)).Set("state = ?", string(state)).Set("node = ''").
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
	var waiting []Lane
	err := s.writeJobs(ctx, func(ctx context.Context, tx Tx) error {
		waiting = nil
		var rows []laneRow
		err := tx.NewSelect().Model(&rows).Where("state = 'ready' AND heartbeat_at < ?", micros(s.now().Add(-readyFor))).
			Where("sweep_id IN (SELECT id FROM sweeps WHERE queue <> '' AND status = 'running')").
			OrderExpr("sweep_id, kind DESC, lane").Scan(ctx)
		if err != nil {
			return err
		}
		for i := range rows {
			if err := s.requeue(ctx, tx, &rows[i], enqueue); err != nil {
				return err
			}
			waiting = append(waiting, rows[i].lane())
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return waiting, nil
}

func (s *Store) requeue(ctx context.Context, tx Tx, row *laneRow, enqueue Enqueue) error {
	owner, err := sweepByID(ctx, tx, row.SweepID)
	if err != nil {
		return err
	}
	sweep, err := owner.sweep()
	if err != nil {
		return err
	}
	_, err = tx.NewUpdate().Model((*laneRow)(nil)).Set("heartbeat_at = ?", micros(s.now())).
		Where("sweep_id = ? AND kind = ? AND lane = ?", row.SweepID, row.Kind, row.Lane).Exec(ctx)
	return errors.Join(err, enqueue.lanes(ctx, tx, sweep, []Lane{row.lane()}))
}
