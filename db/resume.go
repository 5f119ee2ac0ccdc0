package db

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/uptrace/bun"
	"go4.org/netipx"
)

// ResumeSpec is who goes on with a sweep, and how.
type ResumeSpec struct {
	Terms Terms
	Owner Owner
	Alive func(Owner) bool // as in [SweepSpec]
}

var (
	// ErrRuns is wrapped where a sweep is to be resumed that a process runs.
	ErrRuns = errors.New("still runs")
	// ErrInLanes is wrapped where one process is to go on with a sweep that is
	// walked in lanes, or lanes are asked for of one that is not.
	ErrInLanes = errors.New("is not run that way")
	// ErrNothingLeft is wrapped where a sweep is to be resumed that is done.
	ErrNothingLeft = errors.New("is done and has nothing left")
)

// ResumeSweep goes on with the sweep of this number, whatever its status: same
// targets, ports, seed and cursor. It refuses one that a process runs
// ([ErrRuns]), one in lanes ([ErrInLanes]), one that is covered and whose open ports are asked, or are not to
// be ([ErrNothingLeft]), and one that is not there ([ErrNotFound]).
func (s *Store) ResumeSweep(ctx context.Context, id int64, spec ResumeSpec) (*Journal, error) {
	var left *sweepRow
	var targets *netipx.IPSet
	lane := new(laneRow)
	err := s.write(ctx, func(ctx context.Context, tx bun.Tx) (err error) {
		if left, err = sweepByID(ctx, tx, id); err != nil {
			return err
		}
		if targets, err = splitPrefixes(left.Targets); err != nil {
			return fmt.Errorf("sweep %d: %w", id, err)
		}
		if err := s.resumable(ctx, tx, left, spec); err != nil {
			return err
		}
		return s.takeOver(ctx, tx, left, &sweepRow{
			OwnerHost: plain(spec.Owner.Host), OwnerPID: spec.Owner.PID, OwnerStart: plain(spec.Owner.Start),
			Engine: plain(spec.Terms.Engine), RateAsked: int64(spec.Terms.Rate), Questions: !spec.Terms.NoQuestions,
		}, lane)
	})
	if err != nil {
		return nil, err
	}
	return s.journal(left, lane, targets)
}

// Resumable returns the error with which [Store.ResumeSweep] would refuse now.
func (s *Store) Resumable(ctx context.Context, id int64, spec ResumeSpec) error {
	left, err := sweepByID(ctx, s.reader, id)
	if err != nil {
		return s.explain(err)
	}
	return s.resumable(ctx, s.reader, left, spec)
}

func (s *Store) resumable(ctx context.Context, tx bun.IDB, left *sweepRow, spec ResumeSpec) error {
	if left.Queue != "" {
		return fmt.Errorf("sweep %d %w: workers run it in lanes, and go on with it by themselves", left.ID, ErrInLanes)
	}
	if left.Status == string(Running) && s.lives(left, spec.Owner, spec.Alive) {
		return fmt.Errorf("sweep %d %w, as process %d on %s; stop that one first", left.ID, ErrRuns, left.OwnerPID, left.OwnerHost)
	}
	if left.Settled < left.Total {
		return nil
	}
	if spec.Terms.NoQuestions {
		return fmt.Errorf("sweep %d %w to discover; without --no-questions its open ports are asked", left.ID, ErrNothingLeft)
	}
	pending, err := tx.NewSelect().Model((*openPortRow)(nil)).Where("sweep_id = ? AND asked_at = 0", left.ID).Exists(ctx)
	if err == nil && !pending {
		err = fmt.Errorf("sweep %d %w to discover or to ask; scan its targets again for what is new", left.ID, ErrNothingLeft)
	}
	return err
}

// TargetSet returns the addresses that a sweep covers.
func (s Sweep) TargetSet() (*netipx.IPSet, error) { return splitPrefixes(s.Targets) }

func splitPrefixes(text string) (*netipx.IPSet, error) {
	var b netipx.IPSetBuilder
	for field := range strings.FieldsSeq(text) {
		p, err := netip.ParsePrefix(field)
		if err != nil {
			return nil, fmt.Errorf("target %q: %w", field, err)
		}
		b.AddPrefix(p)
	}
	return b.IPSet()
}
