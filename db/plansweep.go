package db

import (
	"context"
	"errors"
	"fmt"

	"minesweep"
)

// MaxLanes is how many lanes of a kind a sweep may have: as many as there are
// parts of [minesweep.Part].
const MaxLanes = 256

// PlanSweep stores a running sweep of spec.Lanes lanes of discovery and, unless
// nothing is to be asked, as many of asking, and makes the job of the first run
// of each, in one transaction. Spec's shard, owner and Alive mean nothing here.
// It is [ErrExists] where a sweep of spec's schedule has not ended.
func (s *Store) PlanSweep(ctx context.Context, spec SweepSpec, enqueue Enqueue) (Sweep, error) {
	row, err := s.planned(spec)
	if err != nil {
		return Sweep{}, err
	}
	var sweep Sweep
	err = s.writeJobs(ctx, func(ctx context.Context, tx Tx) (err error) {
		if err := s.noneOf(ctx, tx, spec.Schedule); err != nil {
			return err
		}
		sweep, err = s.plan(ctx, tx, row, spec, enqueue)
		return err
	})
	return sweep, err
}

// noneOf refuses where a sweep of the schedule has not ended.
func (s *Store) noneOf(ctx context.Context, tx Tx, schedule string) error {
	if schedule == "" {
		return nil
	}
	var before []sweepRow
	err := unfinished(selectSweeps(tx, &before), schedule).OrderExpr("s.id DESC").Limit(1).Scan(ctx)
	if err == nil && len(before) > 0 {
		err = fmt.Errorf("sweep %d of it %w and is %s; let it end, or end it with `minesweep sweeps cancel %d`",
			before[0].ID, ErrExists, before[0].Status, before[0].ID)
	}
	return err
}

// planned checks the spec of a sweep in lanes and makes its row.
func (s *Store) planned(spec SweepSpec) (*sweepRow, error) {
	switch {
	case spec.Queue != Nightly && spec.Queue != OnDemand:
		return nil, fmt.Errorf("sweep: queue %q is neither %s nor %s", spec.Queue, Nightly, OnDemand)
	case spec.Lanes < 0 || spec.Lanes > MaxLanes:
		return nil, fmt.Errorf("sweep: %d lanes, give 1 to %d", spec.Lanes, MaxLanes)
	case spec.RatePer24 < 0:
		return nil, errors.New("sweep: a rate is below 0 packets/s")
	}
	spec.Shard, spec.Shards, spec.Owner = 0, 1, Owner{}
	return s.newSweepRow(spec)
}

func (s *Store) plan(ctx context.Context, tx Tx, row *sweepRow, spec SweepSpec, enqueue Enqueue) (Sweep, error) {
	if _, err := tx.NewInsert().Model(row).Exec(ctx); err != nil {
		return Sweep{}, err
	}
	rows, err := s.lanesOfPlan(row.ID, spec)
	if err != nil {
		return Sweep{}, err
	}
	if _, err := tx.NewInsert().Model(&rows).Exec(ctx); err != nil {
		return Sweep{}, err
	}
	if row, err = sweepByID(ctx, tx, row.ID); err != nil {
		return Sweep{}, err
	}
	sweep, err := row.sweep()
	if err != nil {
		return Sweep{}, err
	}
	if err := enqueue.lanes(ctx, tx, sweep, lanesOf(rows)); err != nil {
		return Sweep{}, err
	}
	return sweep, s.audit(ctx, tx.Tx, "sweep begin", fmt.Sprintf("sweep=%d queue=%s schedule=%q lanes=%d ports=%q targets=%q",
		row.ID, row.Queue, row.Schedule, sweep.Lanes, clip(row.Ports), clip(row.Targets)))
}

func (s *Store) lanesOfPlan(id int64, spec SweepSpec) ([]laneRow, error) {
	lanes, now := max(spec.Lanes, 1), micros(s.now())
	var rows []laneRow
	for k := range lanes {
		total, ok := minesweep.Plan{
			Targets: spec.Targets, Ports: spec.Ports, Shard: uint64(k), Shards: uint64(lanes), Passes: spec.Passes,
		}.Total()
		if !ok {
			return nil, errors.New("sweep: the targets are more than a sweep can end, give smaller IPv6 prefixes")
		}
		rows = append(rows, laneRow{
			SweepID: id, Kind: string(Discover), Lane: int64(k), State: string(Ready), Beyond: []byte{},
			Total: int64(total), HeartbeatAt: now,
		})
	}
	for k := range lanes {
		if !spec.Terms.NoQuestions {
			rows = append(rows, laneRow{SweepID: id, Kind: string(Ask), Lane: int64(k), State: string(Ready), Beyond: []byte{}, HeartbeatAt: now})
		}
	}
	return rows, nil
}
