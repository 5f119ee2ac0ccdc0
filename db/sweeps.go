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

// The statuses. The same plan begun again goes on with a running sweep only;
// [Store.ResumeSweep] goes on with any.
const (
	Running Status = "running" // or its process was killed
	Done    Status = "done"
	Stopped Status = "stopped" // by its user
	Failed  Status = "failed"
)

// Owner is the process that runs a sweep.
type Owner struct {
	Host  string // where it runs
	PID   int
	Start string // when the process started, as its system writes it; tells a reused PID
}

// Terms is how a process runs a sweep; the next one may do otherwise.
type Terms struct {
	Engine      string // the word of --engine that it came to; "" not known
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
	// Progress counts over all processes that ran the sweep.
	minesweep.Progress
	Sending     time.Duration // how long packets were leaving, pauses left out
	StartedAt   time.Time
	HeartbeatAt time.Time // the last word of its process
	FinishedAt  time.Time // zero: not finished
}

type sweepRow struct {
	bun.BaseModel `bun:"table:sweeps,alias:s"`

	ID          int64 `bun:",pk,autoincrement"`
	PlanHash    []byte
	Label       string
	Targets     string
	Ports       string
	Seed        int64 // the bits of the uint64
	Settled     int64 // the cursor, a word that SQL has taken
	Total       int64
	Sent        int64
	Open        int64
	Closed      int64
	Filtered    int64
	Refused     int64
	Errors      int64
	Received    int64
	Dropped     int64
	Slowed      int64
	PeakRate    int64
	PeakPer24   int64 `bun:"peak_per24"`
	Shard       int64
	Shards      int64
	Passes      int64
	PassGap     int64 // microseconds
	OwnerHost   string
	OwnerPID    int    `bun:"owner_pid"`
	OwnerStart  string `bun:"owner_start"`
	Engine      string
	RateAsked   int64
	Questions   bool
	Sending     int64 // microseconds
	Runs        int64 // processes that ran it; tells a Journal that another took over
	Status      string
	Note        string
	StartedAt   int64
	HeartbeatAt int64
	FinishedAt  int64
}

func (r *sweepRow) sweep() (Sweep, error) {
	ports, err := splitPorts(r.Ports)
	if err != nil {
		return Sweep{}, fmt.Errorf("sweep %d: %w", r.ID, err)
	}
	return Sweep{
		ID: r.ID, Label: r.Label, Targets: r.Targets, Ports: ports, Seed: uint64(r.Seed),
		Shard: uint64(r.Shard), Shards: uint64(r.Shards), Passes: uint64(r.Passes),
		PassGap: time.Duration(r.PassGap) * time.Microsecond, Resumed: r.Runs > 1,
		Owner: r.owner(), Status: Status(r.Status), Note: r.Note, Progress: r.progress(),
		Terms:     Terms{Engine: r.Engine, Rate: uint64(r.RateAsked), NoQuestions: !r.Questions},
		Sending:   time.Duration(r.Sending) * time.Microsecond,
		StartedAt: instant(r.StartedAt), HeartbeatAt: instant(r.HeartbeatAt), FinishedAt: instant(r.FinishedAt),
	}, nil
}

func (r *sweepRow) owner() Owner {
	return Owner{Host: r.OwnerHost, PID: r.OwnerPID, Start: r.OwnerStart}
}

func (r *sweepRow) progress() minesweep.Progress {
	return minesweep.Progress{
		Cursor: uint64(r.Settled), Total: uint64(r.Total), Sent: uint64(r.Sent), Open: uint64(r.Open),
		Closed: uint64(r.Closed), Filtered: uint64(r.Filtered), Refused: uint64(r.Refused), Errors: uint64(r.Errors),
		Received: uint64(r.Received), Dropped: uint64(r.Dropped), Slowed: uint64(r.Slowed),
		PeakRate: uint64(r.PeakRate), PeakPer24: uint64(r.PeakPer24),
	}
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
	var rows []sweepRow
	if err := s.reader.NewSelect().Model(&rows).OrderExpr("id").Scan(ctx); err != nil {
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
	var row sweepRow
	err := s.reader.NewSelect().Model(&row).Where("id = ?", id).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return Sweep{}, fmt.Errorf("sweep %d %w", id, ErrNotFound)
	}
	if err != nil {
		return Sweep{}, s.explain(err)
	}
	return row.sweep()
}
