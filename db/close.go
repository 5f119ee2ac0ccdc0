package db

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"
)

// Close ends a scan for good; note says why, and may be "". A scan that is to
// be resumed by the next process is not closed. A sweep in lanes closes itself,
// see [Journal.Leave].
func (j *Journal) Close(ctx context.Context, status Status, note string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.sweep.Queue != "" {
		return fmt.Errorf("sweep %d %w: its last lane closes it", j.run.Sweep, ErrInLanes)
	}
	state := LaneState(Resting)
	if status == Done {
		state = LaneDone
	}
	at := j.store.now()
	if status == Done {
		if err := j.noteMisses(ctx, at); err != nil {
			return err
		}
	}
	err := j.store.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := j.giveUp(ctx, tx, state, note); err != nil {
			return err
		}
		return j.store.close(ctx, tx, j.run.Sweep, status, note, at)
	})
	if err == nil {
		j.lane.State, j.lane.Note = state, note
		j.sweep.Status, j.sweep.Note, j.sweep.FinishedAt = status, note, at
	}
	return err
}

// giveUp ends the stint and leaves the lane in a state.
func (j *Journal) giveUp(ctx context.Context, tx bun.Tx, state LaneState, note string) error {
	err := j.update(ctx, tx, func(q *bun.UpdateQuery) *bun.UpdateQuery {
		return q.Set("state = ?", string(state)).Set("node = ''").Set("note = ?", plain(note))
	})
	if err != nil {
		return err
	}
	// The row and not j.lane: a checkpoint may have been stored and seemed to fail.
	row, err := laneByKey(ctx, tx, j.run)
	if err != nil {
		return err
	}
	return endStint(ctx, tx, row, row.Settled, row.HeartbeatAt, note)
}

// close ends a sweep. Whatever is to be true of a closed sweep is written in
// this transaction, but for the misses of one that is done, which may be too many:
// they have been noted, see [Journal.noteMisses].
func (s *Store) close(ctx context.Context, tx bun.Tx, sweep int64, status Status, note string, at time.Time) error {
	_, err := tx.NewUpdate().Model((*sweepRow)(nil)).Set("status = ?", string(status)).Set("note = ?", plain(note)).
		Set("finished_at = ?", micros(at)).Where("id = ?", sweep).Exec(ctx)
	if err != nil {
		return err
	}
	row, err := sweepByID(ctx, tx, sweep)
	if err != nil {
		return err
	}
	return s.audit(ctx, tx, "sweep close", fmt.Sprintf("sweep=%d status=%s cursor=%d note=%q", sweep, status, row.Settled, clip(note)))
}
