package db

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/uptrace/bun"
)

// ErrEnded is wrapped where a sweep that has ended is to go on or to wait.
var ErrEnded = errors.New("has ended")

// SetStanding says what a sweep in lanes is to do from now on: Paused, Resting or
// Cancelled, and lanes that are ready rest at once, those that run when their
// nodes have heard of it; or Running, and the lanes that rest are ready, with
// the job of their next run. note says why and may be "". Jobs that are made
// twice do no harm, one of them finds its lane taken. A cancelled sweep stays so
// ([ErrEnded]).
func (s *Store) SetStanding(ctx context.Context, sweep int64, to Status, note string, enqueue Enqueue) error {
	if to != Running && to != Paused && to != Resting && to != Cancelled {
		return fmt.Errorf("sweep %d cannot be made %s", sweep, to)
	}
	_, err := s.setStanding(ctx, sweep, to, note, enqueue, Running, Resting, Paused)
	return err
}

// FailSweep ends a sweep in lanes for good that cannot go on; note says why. Its
// lanes rest, those that run when their nodes have heard of it.
func (s *Store) FailSweep(ctx context.Context, sweep int64, note string) error {
	_, err := s.setStanding(ctx, sweep, Failed, note, nil, Running, Resting, Paused)
	return err
}

// Rest lets a sweep rest that runs, and reports whether it did: a sweep that a
// person has paused meanwhile stays paused.
func (s *Store) Rest(ctx context.Context, sweep int64, note string) (bool, error) {
	return s.setStanding(ctx, sweep, Resting, note, nil, Running)
}

// Wake lets a sweep go on that rests, and reports whether it did: one that a
// person has paused meanwhile stays paused.
func (s *Store) Wake(ctx context.Context, sweep int64, note string, enqueue Enqueue) (bool, error) {
	return s.setStanding(ctx, sweep, Running, note, enqueue, Resting)
}

// setStanding changes the standing of a sweep that has one of the standings
// from; of others it reports false.
func (s *Store) setStanding(ctx context.Context, id int64, to Status, note string, enqueue Enqueue, from ...Status) (done bool, err error) {
	err = s.writeJobs(ctx, func(ctx context.Context, tx Tx) error {
		row, err := sweepByID(ctx, tx, id)
		if err != nil {
			return err
		}
		sweep, err := row.sweep()
		if err != nil {
			return err
		}
		if err := standable(sweep); err != nil {
			return err
		}
		if done = slices.Contains(from, sweep.Status); !done {
			return nil
		}
		if err := s.stand(ctx, tx.Tx, sweep, to, note); err != nil {
			return err
		}
		if to == Running {
			return s.rouse(ctx, tx, sweep, enqueue)
		}
		_, err = tx.NewUpdate().Model((*laneRow)(nil)).Set("state = 'resting'").Where("sweep_id = ? AND state = 'ready'", id).Exec(ctx)
		return err
	})
	return done && err == nil, err
}

func standable(sweep Sweep) error {
	if sweep.Queue == "" {
		return fmt.Errorf("sweep %d %w: it is a scan of process %d on %s, which is to be stopped there and goes on with `minesweep sweeps resume %d`",
			sweep.ID, ErrInLanes, sweep.Owner.PID, sweep.Owner.Host, sweep.ID)
	}
	if sweep.Status == Done || sweep.Status == Cancelled || sweep.Status == Failed || sweep.Status == Stopped {
		return fmt.Errorf("sweep %d %w (%s); scan its targets again for what is new", sweep.ID, ErrEnded, sweep.Status)
	}
	return nil
}

func (s *Store) stand(ctx context.Context, tx bun.Tx, sweep Sweep, to Status, note string) error {
	q := tx.NewUpdate().Model((*sweepRow)(nil)).Set("status = ?", string(to)).Set("note = ?", plain(note)).Where("id = ?", sweep.ID)
	if to == Cancelled || to == Failed {
		q = q.Set("finished_at = ?", micros(s.now()))
	}
	if _, err := q.Exec(ctx); err != nil {
		return err
	}
	action := map[Status]string{Paused: "sweep pause", Resting: "sweep rest", Cancelled: "sweep cancel", Failed: "sweep fail", Running: "sweep resume"}[to]
	if sweep.Status == Resting && to == Running {
		action = "sweep wake"
	}
	return s.audit(ctx, tx, action, fmt.Sprintf("sweep=%d was=%s cursor=%d note=%q", sweep.ID, sweep.Status, sweep.Cursor, clip(note)))
}

// rouse makes the lanes ready that rest, and the jobs of all that are ready.
// Those that run see to themselves when they are left.
func (s *Store) rouse(ctx context.Context, tx Tx, sweep Sweep, enqueue Enqueue) error {
	_, err := tx.NewUpdate().Model((*laneRow)(nil)).Set("state = 'ready'").Set("heartbeat_at = ?", micros(s.now())).
		Where("sweep_id = ? AND state = 'resting'", sweep.ID).Exec(ctx)
	if err != nil {
		return err
	}
	var rows []laneRow
	if err := tx.NewSelect().Model(&rows).Where("sweep_id = ? AND state = 'ready'", sweep.ID).OrderExpr("kind DESC, lane").Scan(ctx); err != nil {
		return err
	}
	return enqueue.lanes(ctx, tx, sweep, lanesOf(rows))
}
