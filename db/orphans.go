package db

import (
	"context"
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
	if err := endStint(ctx, tx, row, 0, now, silentNode); err != nil {
		return err
	}
	state := LaneState(Resting)
	if sweep.Status == Running {
		state = Ready
	}
	_, err = tx.NewUpdate().Model((*laneRow)(nil)).Set("state = ?", string(state)).Set("node = ''").
		Set("note = ?", silentNode).Set("heartbeat_at = ?", now).
		Where("sweep_id = ? AND kind = ? AND lane = ? AND runs = ?", row.SweepID, row.Kind, row.Lane, row.Runs).Exec(ctx)
	if err != nil || state != Ready {
		return err
	}
	return enqueue.lanes(ctx, tx, sweep, []Lane{row.lane()})
}
