package db

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"minesweep"
)

// Stint is a lane in the hands of one node: who sent what, and when.
type Stint struct {
	Sweep int64
	Kind  LaneKind
	Lane  int
	Run   int64
	Node  string // for a scan of one process: the host's name
	From  uint64 // the first step, of the lane's own, that this stint might send
	// Skips is what was settled above From when it began: it sends none of these.
	Skips     minesweep.Beyond
	To        uint64    // the first one that it left to others; 0 while it lasts, and where its node died
	Sent      uint64    // as of its last checkpoint
	StartedAt time.Time // by the node's clock
	EndedAt   time.Time // zero while it lasts
	Note      string    // how it ended; "" not said
}

// StintFilter says which stints are wanted; its zero value wants all.
type StintFilter struct {
	Sweep    int64 // 0: of all sweeps
	Kind     LaneKind
	Node     string
	From, To time.Time // those that lasted at an instant from From to To; zero: open
}

type stintRow struct {
	bun.BaseModel `bun:"table:stints,alias:t"`

	SweepID   int64  `bun:",pk"`
	Kind      string `bun:",pk"`
	Lane      int64  `bun:",pk"`
	Run       int64  `bun:",pk"`
	Node      string
	FromStep  int64
	Skips     []byte
	ToStep    int64
	Sent      int64
	StartedAt int64
	EndedAt   int64
	Note      string
}

func (r *stintRow) stint() Stint {
	return Stint{
		Sweep: r.SweepID, Kind: LaneKind(r.Kind), Lane: int(r.Lane), Run: r.Run, Node: r.Node,
		From: uint64(r.FromStep), Skips: beyondOf(r.Skips, r.FromStep), To: uint64(r.ToStep), Sent: uint64(r.Sent),
		StartedAt: instant(r.StartedAt), EndedAt: instant(r.EndedAt), Note: r.Note,
	}
}

// Stints returns the stints that the filter wants, in the order of their begin.
func (s *Store) Stints(ctx context.Context, f StintFilter) ([]Stint, error) {
	var rows []stintRow
	err := f.where(s.reader.NewSelect().Model(&rows)).OrderExpr("started_at, sweep_id, kind, lane, run").Scan(ctx)
	if err != nil {
		return nil, s.explain(err)
	}
	stints := make([]Stint, len(rows))
	for i := range rows {
		stints[i] = rows[i].stint()
	}
	return stints, nil
}

func (f StintFilter) where(q *bun.SelectQuery) *bun.SelectQuery {
	if f.Sweep != 0 {
		q = q.Where("sweep_id = ?", f.Sweep)
	}
	if f.Kind != "" {
		q = q.Where("kind = ?", string(f.Kind))
	}
	if f.Node != "" {
		q = q.Where("node = ?", plain(f.Node))
	}
	if !f.To.IsZero() {
		q = q.Where("started_at <= ?", micros(f.To))
	}
	if !f.From.IsZero() {
		q = q.Where("(ended_at = 0 OR ended_at >= ?)", micros(f.From))
	}
	return q
}

// beginStint writes that lane, as it is now, is in the hands of its node.
func beginStint(ctx context.Context, tx bun.IDB, lane *laneRow) error {
	_, err := tx.NewInsert().Model(&stintRow{
		SweepID: lane.SweepID, Kind: lane.Kind, Lane: lane.Lane, Run: lane.Runs, Node: lane.Node,
		FromStep: lane.Settled, Skips: lane.progress().Beyond.Bytes(), StartedAt: lane.HeartbeatAt,
	}).Exec(ctx)
	return err
}

// endStint ends the stint of the lane's present run, if it has not ended. to is
// 0 where its node died.
func endStint(ctx context.Context, tx bun.IDB, lane *laneRow, to, at int64, note string) error {
	_, err := tx.NewUpdate().Model((*stintRow)(nil)).
		Set("to_step = ?", to).Set("ended_at = ?", at).Set("note = ?", plain(note)).
		Where("sweep_id = ? AND kind = ? AND lane = ? AND run = ? AND ended_at = 0", lane.SweepID, lane.Kind, lane.Lane, lane.Runs).
		Exec(ctx)
	return err
}
