package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"
)

// Outcome is what became of a night.
type Outcome string

// The outcomes of a night.
const (
	Begun     Outcome = "begun"
	Continued Outcome = "continued" // the sweep before has not ended, so that none is begun beside it
	Skipped   Outcome = "skipped"
	Missed    Outcome = "missed"
)

// Night is one time at which a schedule was due.
type Night struct {
	Schedule  string
	PlannedAt time.Time
	Outcome   Outcome
	Sweep     int64  // that was begun, or continued; 0: none
	Note      string // why; "" not said
	DecidedAt time.Time
}

type nightRow struct {
	bun.BaseModel `bun:"table:nights,alias:n"`

	Schedule  string `bun:",pk"`
	PlannedAt int64  `bun:",pk"`
	Outcome   string
	SweepID   int64
	Note      string
	DecidedAt int64
}

func (r *nightRow) night() Night {
	return Night{
		Schedule: r.Schedule, PlannedAt: instant(r.PlannedAt), Outcome: Outcome(r.Outcome),
		Sweep: r.SweepID, Note: r.Note, DecidedAt: instant(r.DecidedAt),
	}
}

// DecideNight writes what becomes of a night, plans its sweep where the outcome
// is Begun, and marks the schedule as looked at until then, in one transaction.
// Spec's queue and schedule are set here. Where a sweep of the schedule has not
// ended, a night that was to be Begun is Continued, with that sweep. A night is
// decided once: decided again it is [ErrExists], with what it was.
func (s *Store) DecideNight(ctx context.Context, night Night, spec SweepSpec, enqueue Enqueue) (Night, error) {
	row := &nightRow{
		Schedule: plain(night.Schedule), PlannedAt: micros(night.PlannedAt), Outcome: string(night.Outcome), SweepID: night.Sweep, Note: plain(night.Note),
	}
	spec.Queue, spec.Schedule = Nightly, night.Schedule
	var fresh *sweepRow
	if night.Outcome == Begun {
		var err error
		if fresh, err = s.planned(spec); err != nil {
			return Night{}, fmt.Errorf("schedule %s: %w", night.Schedule, err)
		}
	}
	err := s.writeJobs(ctx, func(ctx context.Context, tx Tx) error {
		return s.decide(ctx, tx, row, fresh, spec, enqueue)
	})
	if err != nil && !errors.Is(err, ErrExists) {
		return Night{}, err
	}
	return row.night(), err
}

func (s *Store) decide(ctx context.Context, tx Tx, row *nightRow, fresh *sweepRow, spec SweepSpec, enqueue Enqueue) error {
	err := tx.NewSelect().Model(row).WherePK().Scan(ctx)
	if err == nil {
		return fmt.Errorf("schedule %s: the night of %s %w: it was %s", row.Schedule, instant(row.PlannedAt).Format(time.RFC3339), ErrExists, row.Outcome)
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if fresh != nil {
		if err := s.begin(ctx, tx, row, fresh, spec, enqueue); err != nil {
			return err
		}
	}
	row.DecidedAt = micros(s.now())
	if _, err := tx.NewInsert().Model(row).Exec(ctx); err != nil {
		return err
	}
	_, err = tx.NewUpdate().Model((*scheduleRow)(nil)).Set("looked_at = ?", row.PlannedAt).
		Where("name = ? AND looked_at < ?", row.Schedule, row.PlannedAt).Exec(ctx)
	return err
}

// begin plans the sweep of a night, unless there is one that has not ended.
func (s *Store) begin(ctx context.Context, tx Tx, row *nightRow, fresh *sweepRow, spec SweepSpec, enqueue Enqueue) error {
	var before []sweepRow
	err := unfinished(selectSweeps(tx, &before), row.Schedule).OrderExpr("s.id DESC").Limit(1).Scan(ctx)
	if err != nil {
		return err
	}
	if len(before) > 0 {
		row.Outcome, row.SweepID = string(Continued), before[0].ID
		return nil
	}
	sweep, err := s.plan(ctx, tx, fresh, spec, enqueue)
	row.SweepID = sweep.ID
	return err
}

// Nights returns what became of the nights of a schedule, of all where it is "",
// the newest first; limit 0 means all.
func (s *Store) Nights(ctx context.Context, schedule string, limit int) ([]Night, error) {
	var rows []nightRow
	q := s.reader.NewSelect().Model(&rows).OrderExpr("planned_at DESC, schedule")
	if schedule != "" {
		q = q.Where("schedule = ?", plain(schedule))
	}
	if limit > 0 {
		q = q.Limit(int64(limit))
	}
	if err := q.Scan(ctx); err != nil {
		return nil, s.explain(err)
	}
	nights := make([]Night, len(rows))
	for i := range rows {
		nights[i] = rows[i].night()
	}
	return nights, nil
}
