package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"minesweep"
)

// Status says how far a sweep has come.
type Status string

// The statuses; one more is [Resting], for a sweep in lanes whose window is shut.
// A scan of the same plan goes on with a running one only; [Store.ResumeSweep]
// goes on with any.
const (
	Running   Status = "running" // or its process was killed
	Paused    Status = "paused"  // by a person, who has it go on
	Cancelled Status = "cancelled"
	Done      Status = "done"
	Stopped   Status = "stopped" // by its user
	Failed    Status = "failed"
)

// Owner is the process that runs a sweep.
type Owner struct {
	Host  string // where it runs
	PID   int
	Start string // when the process started, as its system writes it; tells a reused PID
}

// Terms is how a process runs a sweep; the next one may do otherwise.
type Terms struct {
	Engine      string // the word of --engine that it came to, or that was asked for lanes; "" not known
	Rate        uint64 // packets/s that the operator asked for; 0: what the grants allow
	NoQuestions bool   // open ports are found and not asked
}

// Sweep is one run over a plan, as the store has it.
type Sweep struct {
	ID      int64
	Label   string
	Targets string // prefixes with spaces between
	Ports   []uint16
	Seed    uint64
	Shard   uint64 // of Shards
	Shards  uint64 // 1 or more
	Passes  uint64 // 1 or more
	PassGap time.Duration
	Resumed bool // an earlier process began it
	Terms        // of the process that runs it, or ran it last
	Owner   Owner
	Status  Status
	Note    string // why it ended so; "" not said

	Queue      string           // [Nightly], [OnDemand], or "": a scan of the one process Owner
	Schedule   string           // whose night it is; "" none
	Window     minesweep.Window // when it may send; zero: at all hours that its grants allow
	RatePer24  int              // packets/s to a /24 that were asked for; 0: what the grants allow
	Lanes      int              // of discovery
	Discovered bool             // every lane of discovery is done; not set for a scan

	// Progress is the sum over the sweep's lanes, and their maximum for the peaks.
	minesweep.Progress
	// Sending is how long packets were leaving, pauses left out; of a sweep in
	// lanes the mean of its lanes of discovery, which run side by side.
	Sending     time.Duration
	Resent      uint64 // probes sent again, see [Lane]
	StartedAt   time.Time
	HeartbeatAt time.Time // the last word of whoever runs it
	FinishedAt  time.Time // zero: not finished
}

type sweepRow struct {
	bun.BaseModel `bun:"table:sweeps,alias:s"`

	ID         int64 `bun:",pk,autoincrement"`
	PlanHash   []byte
	Label      string
	Targets    string
	Ports      string
	Seed       int64 // the bits of the uint64
	Total      int64
	Shard      int64
	Shards     int64
	Passes     int64
	PassGap    int64 // microseconds
	OwnerHost  string
	OwnerPID   int    `bun:"owner_pid"`
	OwnerStart string `bun:"owner_start"`
	Engine     string
	RateAsked  int64
	RatePer24  int64 `bun:"rate_per24"`
	Questions  bool
	Queue      string
	Schedule   string
	Hours      string
	Zone       string
	Discovered bool
	Status     string
	Note       string
	StartedAt  int64
	// HeartbeatAt is that of the begin; the present one is Heard.
	HeartbeatAt int64
	FinishedAt  int64

	sums
}

func (r *sweepRow) sweep() (Sweep, error) {
	ports, err := splitPorts(r.Ports)
	if err != nil {
		return Sweep{}, fmt.Errorf("sweep %d: %w", r.ID, err)
	}
	window, err := minesweep.ParseWindow(r.Hours, r.Zone)
	if err != nil {
		return Sweep{}, fmt.Errorf("sweep %d: %w", r.ID, err)
	}
	progress := r.progress()
	progress.Total = uint64(r.Total)
	return Sweep{
		ID: r.ID, Label: r.Label, Targets: r.Targets, Ports: ports, Seed: uint64(r.Seed),
		Shard: uint64(r.Shard), Shards: uint64(r.Shards), Passes: uint64(r.Passes),
		PassGap: time.Duration(r.PassGap) * time.Microsecond, Resumed: r.Runs > 1,
		Owner: r.owner(), Status: Status(r.Status), Note: r.Note,
		Queue: r.Queue, Schedule: r.Schedule, Window: window, RatePer24: int(r.RatePer24),
		Lanes: int(r.Lanes), Discovered: r.Discovered,
		Terms:    Terms{Engine: r.Engine, Rate: uint64(r.RateAsked), NoQuestions: !r.Questions},
		Progress: progress, Sending: r.sending(), Resent: uint64(r.Resent),
		StartedAt: instant(r.StartedAt), HeartbeatAt: instant(max(r.Heard, r.HeartbeatAt)), FinishedAt: instant(r.FinishedAt),
	}, nil
}

func (r *sweepRow) owner() Owner {
	return Owner{Host: r.OwnerHost, PID: r.OwnerPID, Start: r.OwnerStart}
}

func joinPorts(ports []uint16) string {
	texts := make([]string, len(ports))
	for i, p := range ports {
		texts[i] = strconv.Itoa(int(p))
	}
	return strings.Join(texts, ",")
}

func splitPorts(text string) ([]uint16, error) {
	var ports []uint16
	for field := range strings.SplitSeq(text, ",") {
		p, err := strconv.ParseUint(field, 10, 16)
		if err != nil {
			return nil, fmt.Errorf("port %q: %w", field, err)
		}
		ports = append(ports, uint16(p))
	}
	return ports, nil
}

// Sweeps returns all sweeps, oldest first.
func (s *Store) Sweeps(ctx context.Context) ([]Sweep, error) {
	return s.sweepsWhere(ctx, func(q *bun.SelectQuery) *bun.SelectQuery { return q })
}

// Unfinished returns the sweeps in lanes that run, rest or are paused, oldest
// first; schedule "" means those of all schedules and of none.
func (s *Store) Unfinished(ctx context.Context, schedule string) ([]Sweep, error) {
	return s.sweepsWhere(ctx, func(q *bun.SelectQuery) *bun.SelectQuery { return unfinished(q, schedule) })
}

func unfinished(q *bun.SelectQuery, schedule string) *bun.SelectQuery {
	if schedule != "" {
		q = q.Where("s.schedule = ?", plain(schedule))
	}
	return q.Where("s.queue <> '' AND s.status IN ('running', 'resting', 'paused')")
}

func (s *Store) sweepsWhere(ctx context.Context, where func(*bun.SelectQuery) *bun.SelectQuery) ([]Sweep, error) {
	var rows []sweepRow
	if err := where(selectSweeps(s.reader, &rows)).OrderExpr("s.id").Scan(ctx); err != nil {
		return nil, s.explain(err)
	}
	sweeps := make([]Sweep, len(rows))
	for i := range rows {
		var err error
		if sweeps[i], err = rows[i].sweep(); err != nil {
			return nil, fmt.Errorf("database %s: %w", s.path, err)
		}
	}
	return sweeps, nil
}

// Sweep returns one sweep; [ErrNotFound] where there is none of this number.
func (s *Store) Sweep(ctx context.Context, id int64) (Sweep, error) {
	row, err := sweepByID(ctx, s.reader, id)
	if err != nil {
		return Sweep{}, s.explain(err)
	}
	return row.sweep()
}

func sweepByID(ctx context.Context, from bun.IDB, id int64) (*sweepRow, error) {
	row := new(sweepRow)
	err := selectSweeps(from, row).Where("s.id = ?", id).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("sweep %d %w", id, ErrNotFound)
	}
	return row, err
}
