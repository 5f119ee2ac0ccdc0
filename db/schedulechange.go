package db

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"
)

// PauseSchedule lets no night of a schedule begin until it is resumed; a sweep
// that has begun goes on. [ErrNotFound] where there is no such schedule.
func (s *Store) PauseSchedule(ctx context.Context, name string) error {
	return s.changeSchedule(ctx, "schedule pause", name, func(q *bun.UpdateQuery) *bun.UpdateQuery {
		return q.Set("paused_at = CASE WHEN paused_at = 0 THEN ? ELSE paused_at END", micros(s.now()))
	})
}

// ResumeSchedule ends a pause. The nights that lie in it count as looked at, so
// that none of them is taken for missed.
func (s *Store) ResumeSchedule(ctx context.Context, name string) error {
	return s.changeSchedule(ctx, "schedule resume", name, func(q *bun.UpdateQuery) *bun.UpdateQuery {
		return q.Set("looked_at = CASE WHEN paused_at <> 0 THEN ? ELSE looked_at END", micros(s.now())).Set("paused_at = 0")
	})
}

// RemoveSchedule ends a schedule for good; its nights and sweeps stay, and a sweep
// that has begun goes on.
func (s *Store) RemoveSchedule(ctx context.Context, name string) error {
	return s.changeSchedule(ctx, "schedule remove", name, func(q *bun.UpdateQuery) *bun.UpdateQuery {
		return q.Set("removed_at = ?", micros(s.now()))
	})
}

// LookedAt marks the nights of a schedule until then as decided; it moves
// nothing back.
func (s *Store) LookedAt(ctx context.Context, name string, until time.Time) error {
	return s.changeSchedule(ctx, "", name, func(q *bun.UpdateQuery) *bun.UpdateQuery {
		us := micros(until)
		return q.Set("looked_at = CASE WHEN looked_at < ? THEN ? ELSE looked_at END", us, us)
	})
}

// changeSchedule audits what has the name of an action.
func (s *Store) changeSchedule(ctx context.Context, action, name string, change func(*bun.UpdateQuery) *bun.UpdateQuery) error {
	return s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		q := tx.NewUpdate().Model((*scheduleRow)(nil)).Where("name = ? AND removed_at = 0", plain(name))
		res, err := change(q).Exec(ctx)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, noSchedule(name))
		}
		if action == "" {
			return nil
		}
		return s.audit(ctx, tx, action, fmt.Sprintf("name=%q", name))
	})
}
