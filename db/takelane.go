package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/uptrace/bun"
	"go4.org/netipx"
)

// TakeLane makes node run a lane: a stint begins. It is [ErrNotYours] where the
// lane is not ready, or was run as often as run says already, or the sweep does
// not run: another job has the lane, or will have it, and this one is done.
func (s *Store) TakeLane(ctx context.Context, run LaneRun, node string) (*Journal, error) {
	var sweep *sweepRow
	var targets *netipx.IPSet
	var lane *laneRow
	err := s.write(ctx, func(ctx context.Context, tx bun.Tx) (err error) {
		if sweep, err = sweepByID(ctx, tx, run.Sweep); err != nil {
			return notYours(run, err)
		}
		if sweep.Queue == "" || sweep.Status != string(Running) {
			return notYours(run, fmt.Errorf("the sweep %w, it is %s", errNotReady, sweep.Status))
		}
		if targets, err = splitPrefixes(sweep.Targets); err != nil {
			return fmt.Errorf("sweep %d: %w", run.Sweep, err)
		}
		if lane, err = laneByKey(ctx, tx, run); err != nil {
			return notYours(run, err)
		}
		if lane.State != string(Ready) || lane.Runs != run.Run-1 {
			return notYours(run, fmt.Errorf("the lane %w, it is %s after run %d", errNotReady, lane.State, lane.Runs))
		}
		return s.take(ctx, tx, lane, node)
	})
	if err != nil {
		return nil, err
	}
	return s.journal(sweep, lane, targets)
}

// notYours says why a job gets no lane. What went wrong with the database stays
// what it is, for then the job is to be tried again.
func notYours(run LaneRun, why error) error {
	if !errors.Is(why, ErrNotFound) && !errors.Is(why, errNotReady) {
		return why
	}
	return fmt.Errorf("sweep %d, %s lane %d: run %d %w: %w", run.Sweep, run.Kind, run.Lane, run.Run, ErrNotYours, why)
}

var errNotReady = errors.New("is not ready")

func laneByKey(ctx context.Context, from bun.IDB, run LaneRun) (*laneRow, error) {
	row := new(laneRow)
	err := from.NewSelect().Model(row).Where("sweep_id = ? AND kind = ? AND lane = ?", run.Sweep, string(run.Kind), run.Lane).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("sweep %d, %s lane %d %w", run.Sweep, run.Kind, run.Lane, ErrNotFound)
	}
	return row, err
}

// take makes node run a lane that nobody runs; run and heartbeat are in lane then.
func (s *Store) take(ctx context.Context, tx bun.Tx, lane *laneRow, node string) error {
	lane.Runs++
	lane.State, lane.Node, lane.Note, lane.HeartbeatAt = string(OnRun), plain(node), "", micros(s.now())
	// Who left in order had nothing in flight: what counts for more than was
	// settled was sent by a run that did not, and will be sent again.
	beyond := int64(lane.progress().Beyond.Count(uint64(lane.Settled)))
	lane.Resent = max(lane.Resent, lane.Sent+lane.Refused+lane.Errors-lane.Settled-beyond)
	_, err := tx.NewUpdate().Model(lane).WherePK().Column("state", "node", "note", "heartbeat_at", "resent", "runs").Exec(ctx)
	return errors.Join(err, beginStint(ctx, tx, lane))
}
