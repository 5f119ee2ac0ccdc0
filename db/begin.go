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

	// The next five are for [Store.PlanSweep]; there the owner means nothing.
	Queue     string // [Nightly] or [OnDemand]
	Schedule  string // whose night it is; "" none
	Window    minesweep.Window
	Lanes     int // of discovery, and as many of asking, 1 to [MaxLanes]; 0 means 1
	RatePer24 int // packets/s to each /24; 0: what the grants allow

	Owner Owner
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
	spec.Queue = ""
	fresh, err := s.newSweepRow(spec)
	if err != nil {
		return nil, err
	}
	row, lane := fresh, new(laneRow)
	err = s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		left, err := s.leftBehind(ctx, tx, spec, fresh.PlanHash)
		if err != nil {
			return err
		}
		if left != nil {
			row = left
			return s.takeOver(ctx, tx, left, fresh, lane)
		}
		*lane = laneRow{Kind: string(Discover), State: string(Ready), Beyond: []byte{}, Total: fresh.Total}
		return s.beginScan(ctx, tx, fresh, lane)
	})
	if err != nil {
		return nil, err
	}
	return s.journal(row, lane, spec.Targets)
}

// beginScan stores a sweep that has one lane, and takes that lane.
func (s *Store) beginScan(ctx context.Context, tx bun.Tx, row *sweepRow, lane *laneRow) error {
	if _, err := tx.NewInsert().Model(row).Exec(ctx); err != nil {
		return err
	}
	lane.SweepID, row.Lanes = row.ID, 1
	if _, err := tx.NewInsert().Model(lane).Exec(ctx); err != nil {
		return err
	}
	if err := s.take(ctx, tx, lane, row.OwnerHost); err != nil {
		return err
	}
	return s.audit(ctx, tx, "sweep begin", fmt.Sprintf("sweep=%d ports=%q targets=%q", row.ID, clip(row.Ports), clip(row.Targets)))
}

func (s *Store) journal(row *sweepRow, lane *laneRow, targets *netipx.IPSet) (*Journal, error) {
	row.Runs = max(row.Runs, lane.Runs)
	sweep, err := row.sweep()
	if err != nil {
		return nil, err
	}
	j := &Journal{
		store: s, run: LaneRun{Sweep: row.ID, Kind: LaneKind(lane.Kind), Lane: int(lane.Lane), Run: lane.Runs},
		lanes: int(row.Lanes), laned: row.Queue != "", base: lane.progress(), targets: targets,
		sweep: sweep, lane: lane.lane(), heard: s.now(), grew: s.now(),
	}
	j.answers.note()
	return j, nil
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
		RatePer24: int64(spec.RatePer24), Queue: spec.Queue, Schedule: plain(spec.Schedule),
		Hours: spec.Window.Hours(), Zone: spec.Window.ZoneName(),
		OwnerHost: plain(spec.Owner.Host), OwnerPID: spec.Owner.PID, OwnerStart: plain(spec.Owner.Start),
		Status: string(Running), StartedAt: now, HeartbeatAt: now,
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
	err := selectSweeps(tx, &rows).Where("s.plan_hash = ? AND s.status = 'running' AND s.queue = ''", plan).OrderExpr("s.id DESC").Scan(ctx)
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
	return s.now().Sub(instant(max(row.Heard, row.HeartbeatAt))) < silentFor
}

// takeOver makes the process of fresh run left, whose one lane it reads into lane.
func (s *Store) takeOver(ctx context.Context, tx bun.Tx, left, fresh *sweepRow, lane *laneRow) error {
	left.OwnerHost, left.OwnerPID, left.OwnerStart = fresh.OwnerHost, fresh.OwnerPID, fresh.OwnerStart
	left.Engine, left.RateAsked, left.Questions = fresh.Engine, fresh.RateAsked, fresh.Questions
	left.Status, left.Note, left.FinishedAt = string(Running), "", 0
	_, err := tx.NewUpdate().Model(left).WherePK().
		Column("owner_host", "owner_pid", "owner_start", "engine", "rate_asked", "questions", "status", "note", "finished_at").Exec(ctx)
	if err != nil {
		return err
	}
	if err := tx.NewSelect().Model(lane).Where("sweep_id = ? AND kind = 'discover' AND lane = 0", left.ID).Scan(ctx); err != nil {
		return err
	}
	before := *lane
	if err := s.take(ctx, tx, lane, fresh.OwnerHost); err != nil {
		return err
	}
	if err := endStint(ctx, tx, &before, 0, before.HeartbeatAt, "its process ended"); err != nil {
		return err
	}
	return s.audit(ctx, tx, "sweep resume", fmt.Sprintf("sweep=%d cursor=%d run=%d", left.ID, lane.Settled, lane.Runs))
}

// clip keeps a line of the audit log readable; the sweep itself has it all.
func clip(s string) string {
	if len(s) > 1000 {
		return s[:1000] + " …"
	}
	return s
}
