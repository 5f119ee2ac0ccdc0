package db

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"
)

// Leave ends the stint; note says why, and may be "". state is what the lane is
// to be: Ready (to go on: the job of its next run is made in the same
// transaction), Resting (no job; waking the sweep makes one), or LaneDone. What
// the store knows better wins: a lane of a sweep that runs is Ready and not
// Resting, one of a sweep that does not run rests, and one that has steps left,
// or ports to ask, or where more may be found, is not done. [Journal.Lane] says
// what became of it.
//
// The last lane of discovery that is done marks the sweep as discovered; the
// last lane of all closes it as Done. The journal is of no use afterwards.
func (j *Journal) Leave(ctx context.Context, state LaneState, note string, enqueue Enqueue) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.sweep.Queue == "" {
		return fmt.Errorf("sweep %d %w: close it instead", j.run.Sweep, ErrInLanes)
	}
	err := j.leave(ctx, leaving{wish: state, note: note, enqueue: enqueue})
	if errors.Is(err, errMissFirst) {
		if err = j.noteMisses(ctx, j.store.now()); err == nil {
			err = j.leave(ctx, leaving{wish: state, note: note, enqueue: enqueue, noted: true})
		}
	}
	return err
}

// leaving is how a lane is to be left.
type leaving struct {
	wish    LaneState
	note    string
	enqueue Enqueue
	noted   bool // the misses of the sweep are noted: it may be closed
}

func (j *Journal) leave(ctx context.Context, l leaving) error {
	var lane Lane
	var sweep Sweep
	tries := 0
	err := j.Patiently(ctx, func() error {
		tries++
		err := j.store.writeJobs(ctx, func(ctx context.Context, tx Tx) error {
			then, of, err := j.leaveIn(ctx, tx, l)
			if err == nil { // a later try may fail because this one was stored
				lane, sweep = then, of
			}
			return err
		})
		if tries > 1 && errors.Is(err, ErrTakenOver) {
			return j.leftAlready(ctx, l.note, err)
		}
		return err
	})
	if err == nil {
		j.lane, j.sweep = lane, sweep
	}
	return err
}

// leaveIn leaves the lane in a transaction, and returns what lane and sweep are then.
func (j *Journal) leaveIn(ctx context.Context, tx Tx, l leaving) (Lane, Sweep, error) {
	lane := j.lane
	row, err := sweepByID(ctx, tx, j.run.Sweep)
	if err != nil {
		return lane, Sweep{}, err
	}
	sweep, err := row.sweep()
	if err != nil {
		return lane, sweep, err
	}
	if lane.State, err = j.becomes(ctx, tx, sweep, l.wish); err != nil {
		return lane, sweep, err
	}
	if err := j.giveUp(ctx, tx.Tx, lane.State, l.note); err != nil {
		return lane, sweep, err
	}
	lane.Note, lane.Node = l.note, ""
	switch lane.State {
	case Ready:
		err = l.enqueue.lanes(ctx, tx, sweep, []Lane{lane})
	case LaneDone:
		err = j.store.finish(ctx, tx.Tx, &sweep, j.store.now(), l.noted)
	}
	return lane, sweep, err
}

// leftAlready returns nil where this run's stint ended with a note: the leave
// before was committed and only its answer was lost. Else it returns err.
func (j *Journal) leftAlready(ctx context.Context, note string, err error) error {
	some, failed := j.store.reader.NewSelect().Model((*stintRow)(nil)).
		Where("sweep_id = ? AND kind = ? AND lane = ? AND run = ?", j.run.Sweep, string(j.run.Kind), j.run.Lane, j.run.Run).
		Where("ended_at <> 0 AND note = ?", plain(note)).Exists(ctx)
	if failed != nil {
		return j.store.explain(failed)
	}
	if !some {
		return err
	}
	return nil
}

// becomes says what the lane is to be by what the transaction sees.
func (j *Journal) becomes(ctx context.Context, tx bun.IDB, sweep Sweep, wish LaneState) (LaneState, error) {
	if wish == LaneDone {
		over, err := j.isOver(ctx, tx, sweep)
		if err != nil || over {
			return wish, err
		}
	}
	if sweep.Status == Running {
		return Ready, nil
	}
	return Resting, nil
}

func (j *Journal) isOver(ctx context.Context, tx bun.IDB, sweep Sweep) (bool, error) {
	if j.run.Kind == Discover {
		row, err := laneByKey(ctx, tx, j.run)
		return err == nil && row.Settled >= row.Total, err
	}
	if !sweep.Discovered {
		return false, nil
	}
	some, err := j.pending(tx.NewSelect().Model((*openPortRow)(nil))).Exists(ctx)
	return !some, err
}

// errMissFirst says that a lane is the last one, and that the misses of its sweep
// are to be noted before it is left.
var errMissFirst = errors.New("the misses of the sweep are not noted yet")

// finish does what is to be done once a lane is done: where no lane of discovery
// is left the sweep is discovered, and where none is left at all it is closed, if
// its misses are noted.
func (s *Store) finish(ctx context.Context, tx bun.Tx, sweep *Sweep, at time.Time, noted bool) error {
	left := func(kinds ...LaneKind) (bool, error) {
		return tx.NewSelect().Model((*laneRow)(nil)).
			Where("sweep_id = ? AND state <> 'done' AND kind IN (?)", sweep.ID, bun.List(kinds)).Exists(ctx)
	}
	discovering, err := left(Discover)
	asking, err2 := left(Ask)
	if err := errors.Join(err, err2); err != nil || discovering {
		return err
	}
	if !sweep.Discovered {
		_, err := tx.NewUpdate().Model((*sweepRow)(nil)).Set("discovered = TRUE").Where("id = ?", sweep.ID).Exec(ctx)
		if err != nil {
			return err
		}
		sweep.Discovered = true
	}
	if asking || sweep.Status == Cancelled {
		return nil
	}
	if !noted {
		return errMissFirst
	}
	sweep.Status, sweep.Note, sweep.FinishedAt = Done, "", at
	return s.close(ctx, tx, sweep.ID, Done, "", at)
}
