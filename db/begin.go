package db

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"
	"go4.org/netipx"

	"minesweep"
)

// SweepSpec is what a sweep is to cover and who runs it.
type SweepSpec struct {
	Targets *netipx.IPSet // already inside the scope
	Ports   []uint16      // in the order of the walk
	// Seed decides the order; 0: a random one. Shards of one seed, run apart,
	// cover the plan together.
	Seed          uint64
	Shard, Shards uint64 // Shards 0 means 1
	Passes        uint64 // 0 means 1
	PassGap       time.Duration
	Label         string
	Terms         Terms
	Owner         Owner
	// Alive reports whether a process on the host of Owner still runs. Where it
	// is nil, and for processes on other hosts, a sweep whose process has not
	// been heard of for two minutes counts as left behind.
	Alive func(Owner) bool
}

// silentFor is how long a process that cannot be asked after may be silent. It
// is heard of at each checkpoint and each settled port.
const silentFor = 2 * time.Minute

// BeginSweep begins a sweep, or goes on with the running sweep of the same
// targets and ports whose process no longer lives: same number, seed and
// cursor.
func (s *Store) BeginSweep(ctx context.Context, spec SweepSpec) (*Journal, error) {
	fresh, err := s.newSweepRow(spec)
	if err != nil {
		return nil, err
	}
	row := fresh
	err = s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		left, err := s.leftBehind(ctx, tx, spec, fresh.PlanHash)
		if err != nil {
			return err
		}
		if left != nil {
			row = left
			return s.takeOver(ctx, tx, left, fresh)
		}
		if _, err := tx.NewInsert().Model(fresh).Exec(ctx); err != nil {
			return err
		}
		return s.audit(ctx, tx, "sweep begin", fmt.Sprintf("sweep=%d ports=%q targets=%q", fresh.ID, clip(fresh.Ports), clip(fresh.Targets)))
	})
	if err != nil {
		return nil, err
	}
	return s.journal(row, spec.Targets)
}

func (s *Store) journal(row *sweepRow, targets *netipx.IPSet) (*Journal, error) {
	sweep, err := row.sweep()
	if err != nil {
		return nil, err
	}
	return &Journal{store: s, number: row.ID, sweep: sweep, run: row.Runs, base: sweep.Progress, targets: targets, heard: s.now(), grew: s.now()}, nil
}

func (s *Store) newSweepRow(spec SweepSpec) (*sweepRow, error) {
	if spec.Targets == nil || len(spec.Targets.Ranges()) == 0 || len(spec.Ports) == 0 {
		return nil, errors.New("sweep: it has no target or no port")
	}
	spec.Shards, spec.Passes = max(spec.Shards, 1), max(spec.Passes, 1)
	total, ok := minesweep.Plan{Targets: spec.Targets, Ports: spec.Ports, Shard: spec.Shard, Shards: spec.Shards, Passes: spec.Passes}.Total()
	if !ok {
		return nil, errors.New("sweep: the targets are more than a sweep can end, give smaller IPv6 prefixes")
	}
	seed, err := spec.seed()
	if err != nil {
		return nil, err
	}
	targets, ports := joinPrefixes(spec.Targets.Prefixes()), joinPorts(spec.Ports)
	hash := sha256.Sum256([]byte(targets + "|" + ports + spec.walk()))
	now := micros(s.now())
	return &sweepRow{
		PlanHash: hash[:], Label: plain(spec.Label), Targets: targets, Ports: ports,
		Seed: int64(seed), Total: int64(total), Shard: int64(spec.Shard), Shards: int64(spec.Shards),
		Passes: int64(spec.Passes), PassGap: spec.PassGap.Microseconds(),
		Engine: plain(spec.Terms.Engine), RateAsked: int64(spec.Terms.Rate), Questions: !spec.Terms.NoQuestions,
		OwnerHost: plain(spec.Owner.Host), OwnerPID: spec.Owner.PID, OwnerStart: plain(spec.Owner.Start),
		Runs: 1, Status: string(Running), StartedAt: now, HeartbeatAt: now,
	}, nil
}

func (spec SweepSpec) seed() (uint64, error) {
	if spec.Seed != 0 {
		return spec.Seed, nil
	}
	var b [8]byte
	_, err := rand.Read(b[:])
	return binary.BigEndian.Uint64(b[:]), err
}

// walk tells plans apart that cover the same in another way. The plain walk
// adds nothing, so that the sweeps of earlier versions are found again.
func (spec SweepSpec) walk() string {
	if spec.Shards == 1 && spec.Passes == 1 && spec.Seed == 0 {
		return ""
	}
	return fmt.Sprintf("|shard %d of %d|passes %d|seed %d", spec.Shard, spec.Shards, spec.Passes, spec.Seed)
}

// leftBehind returns the newest running sweep of the plan whose process is
// gone, or nil.
func (s *Store) leftBehind(ctx context.Context, tx bun.Tx, spec SweepSpec, plan []byte) (*sweepRow, error) {
	var rows []sweepRow
	err := tx.NewSelect().Model(&rows).Where("plan_hash = ? AND status = 'running'", plan).OrderExpr("id DESC").Scan(ctx)
	if err != nil {
		return nil, err
	}
	for i := range rows {
		if !s.lives(&rows[i], spec.Owner, spec.Alive) {
			return &rows[i], nil
		}
	}
	return nil, nil
}

func (s *Store) lives(row *sweepRow, me Owner, alive func(Owner) bool) bool {
	if alive != nil && row.OwnerHost == plain(me.Host) {
		return alive(row.owner())
	}
	return s.now().Sub(instant(row.HeartbeatAt)) < silentFor
}

func (s *Store) takeOver(ctx context.Context, tx bun.Tx, left, fresh *sweepRow) error {
	left.OwnerHost, left.OwnerPID, left.OwnerStart = fresh.OwnerHost, fresh.OwnerPID, fresh.OwnerStart
	left.Engine, left.RateAsked, left.Questions = fresh.Engine, fresh.RateAsked, fresh.Questions
	left.HeartbeatAt = fresh.HeartbeatAt
	left.Status, left.Note, left.FinishedAt = string(Running), "", 0
	left.Runs++
	_, err := tx.NewUpdate().Model(left).WherePK().
		Column("owner_host", "owner_pid", "owner_start", "engine", "rate_asked", "questions",
			"heartbeat_at", "status", "note", "finished_at", "runs").Exec(ctx)
	if err != nil {
		return err
	}
	return s.audit(ctx, tx, "sweep resume", fmt.Sprintf("sweep=%d cursor=%d run=%d", left.ID, left.Settled, left.Runs))
}

// clip keeps a line of the audit log readable; the sweep itself has it all.
func clip(s string) string {
	if len(s) > 1000 {
		return s[:1000] + " …"
	}
	return s
}
