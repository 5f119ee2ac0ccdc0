package db

import (
	"context"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"minesweep"
)

// LaneKind says what is done in a lane.
type LaneKind string

// The kinds. A discover lane is a shard of the sweep's order; an ask lane has
// the open ports of the networks that [minesweep.Part] gives it.
const (
	Discover LaneKind = "discover"
	Ask      LaneKind = "ask"
)

// LaneState says who may take a lane.
type LaneState string

// The states of a lane; the fourth is [Resting].
const (
	Ready    LaneState = "ready"   // whoever has the job of its next run takes it
	OnRun    LaneState = "running" // a node has it
	LaneDone LaneState = "done"
)

// Resting is said of sweeps ([Status]) and of lanes ([LaneState]) alike: nobody
// runs them, and they are to go on later.
const Resting = "resting"

// LaneRun is the right to run a lane once: the arguments of a job. Run is the
// number that this run will have, from 1.
type LaneRun struct {
	Sweep int64    `json:"sweep"`
	Kind  LaneKind `json:"kind"`
	Lane  int      `json:"lane"`
	Run   int64    `json:"run"`
}

// Lane is a part of a sweep that one node at a time works on.
type Lane struct {
	Sweep int64
	Kind  LaneKind
	Lane  int // from 0, of its kind
	State LaneState
	// Progress counts over all runs of the lane. That of an ask lane is zero.
	minesweep.Progress
	Sending time.Duration // how long packets were leaving, pauses left out
	// Resent is how many probes were sent again because a run ended before they
	// were settled, as far as checkpoints tell: what left after the last one of a
	// process that was killed is seen by nobody.
	Resent      uint64
	Runs        int64  // how often it was taken
	Node        string // that has it; "" where none has
	Note        string // of the last stint; "" not said
	HeartbeatAt time.Time
}

// Next is the right to the next run.
func (l Lane) Next() LaneRun {
	return LaneRun{Sweep: l.Sweep, Kind: l.Kind, Lane: l.Lane, Run: l.Runs + 1}
}

// ErrNotYours is wrapped by the error for a lane that is not ready, or not for
// this run: another job has taken it, or the sweep does not run. The job that
// meets it is done.
var ErrNotYours = errors.New("is not to be run by this job")

type laneRow struct {
	bun.BaseModel `bun:"table:lanes,alias:l"`

	SweepID     int64  `bun:",pk"`
	Kind        string `bun:",pk"`
	Lane        int64  `bun:",pk"`
	State       string
	Settled     int64  // the cursor, in steps of the lane
	Beyond      []byte // what is settled above it, see beyondOf; never nil
	Total       int64
	Sent        int64
	Open        int64
	Closed      int64
	Filtered    int64
	Refused     int64
	Errors      int64
	Faults      string // of them by kind, see faultsOf
	Received    int64
	Dropped     int64
	Slowed      int64
	PeakRate    int64
	PeakPer24   int64 `bun:"peak_per24"`
	Sending     int64 // microseconds
	Resent      int64
	Runs        int64 // tells a Journal that another took over
	Node        string
	Note        string
	HeartbeatAt int64
}

func (r *laneRow) lane() Lane {
	return Lane{
		Sweep: r.SweepID, Kind: LaneKind(r.Kind), Lane: int(r.Lane), State: LaneState(r.State), Progress: r.progress(),
		Sending: time.Duration(r.Sending) * time.Microsecond, Resent: uint64(r.Resent),
		Runs: r.Runs, Node: r.Node, Note: r.Note, HeartbeatAt: instant(r.HeartbeatAt),
	}
}

func (r *laneRow) progress() minesweep.Progress {
	return minesweep.Progress{
		Cursor: uint64(r.Settled), Beyond: beyondOf(r.Beyond, r.Settled), Total: uint64(r.Total), Sent: uint64(r.Sent), Open: uint64(r.Open),
		Closed: uint64(r.Closed), Filtered: uint64(r.Filtered), Refused: uint64(r.Refused), Errors: uint64(r.Errors),
		Faults:   faultsOf(r.Faults, r.Errors),
		Received: uint64(r.Received), Dropped: uint64(r.Dropped), Slowed: uint64(r.Slowed),
		PeakRate: uint64(r.PeakRate), PeakPer24: uint64(r.PeakPer24),
	}
}

// Lanes returns the lanes of a sweep: those of discovery first, by number.
func (s *Store) Lanes(ctx context.Context, sweep int64) ([]Lane, error) {
	var rows []laneRow
	err := s.reader.NewSelect().Model(&rows).Where("sweep_id = ?", sweep).OrderExpr("kind DESC, lane").Scan(ctx)
	if err != nil {
		return nil, s.explain(err)
	}
	return lanesOf(rows), nil
}

func lanesOf(rows []laneRow) []Lane {
	lanes := make([]Lane, len(rows))
	for i := range rows {
		lanes[i] = rows[i].lane()
	}
	return lanes
}
