package db

import (
	"time"

	"github.com/uptrace/bun"

	"minesweep"
)

// sums are what the lanes of a sweep come to. They are columns of a SELECT only:
// the counters live in the lanes.
type sums struct {
	Lanes     int64  `bun:",scanonly"` // of discovery
	Settled   int64  `bun:",scanonly"`
	Sent      int64  `bun:",scanonly"`
	Open      int64  `bun:",scanonly"`
	Closed    int64  `bun:",scanonly"`
	Filtered  int64  `bun:",scanonly"`
	Refused   int64  `bun:",scanonly"`
	Errors    int64  `bun:",scanonly"`
	Faults    string `bun:",scanonly"` // of all lanes, one behind the other
	Received  int64  `bun:",scanonly"`
	Dropped   int64  `bun:",scanonly"`
	Slowed    int64  `bun:",scanonly"`
	PeakRate  int64  `bun:",scanonly"`
	PeakPer24 int64  `bun:"peak_per24,scanonly"`
	Sending   int64  `bun:",scanonly"`
	Resent    int64  `bun:",scanonly"`
	Runs      int64  `bun:",scanonly"` // of the lane that has most
	Heard     int64  `bun:",scanonly"` // the last heartbeat of a lane
}

// Sums of 64 bits are wider than that on PostgreSQL, hence the casts.
const sumOfLanes = `SELECT sweep_id, COUNT(*) FILTER (WHERE kind = 'discover') AS lanes,
  CAST(SUM(settled) AS BIGINT) AS settled, CAST(SUM(sent) AS BIGINT) AS sent, CAST(SUM(open) AS BIGINT) AS open,
  CAST(SUM(closed) AS BIGINT) AS closed, CAST(SUM(filtered) AS BIGINT) AS filtered, CAST(SUM(refused) AS BIGINT) AS refused,
  CAST(SUM(errors) AS BIGINT) AS errors, COALESCE(STRING_AGG(faults, ' '), '') AS faults,
  CAST(SUM(received) AS BIGINT) AS received, CAST(SUM(dropped) AS BIGINT) AS dropped,
  CAST(SUM(slowed) AS BIGINT) AS slowed, MAX(peak_rate) AS peak_rate, MAX(peak_per24) AS peak_per24,
  CAST(SUM(sending) AS BIGINT) AS sending, CAST(SUM(resent) AS BIGINT) AS resent,
  MAX(runs) AS runs, MAX(heartbeat_at) AS heard
FROM lanes GROUP BY sweep_id`

// selectSweeps selects sweeps, named s, with the sums of their lanes.
func selectSweeps(from bun.IDB, rows any) *bun.SelectQuery {
	return from.NewSelect().Model(rows).ColumnExpr("?TableColumns").
		ColumnExpr("l.lanes, l.settled, l.sent, l.open, l.closed, l.filtered, l.refused, l.errors, l.faults, l.received, l.dropped, " +
			"l.slowed, l.peak_rate, l.peak_per24, l.sending, l.resent, l.runs, l.heard").
		Join("JOIN (" + sumOfLanes + ") AS l ON l.sweep_id = s.id")
}

// progress lacks the total, which the sweep knows.
func (r *sums) progress() minesweep.Progress {
	return minesweep.Progress{
		Cursor: uint64(r.Settled), Sent: uint64(r.Sent), Open: uint64(r.Open),
		Closed: uint64(r.Closed), Filtered: uint64(r.Filtered), Refused: uint64(r.Refused), Errors: uint64(r.Errors),
		Faults:   faultsOf(r.Faults, r.Errors),
		Received: uint64(r.Received), Dropped: uint64(r.Dropped), Slowed: uint64(r.Slowed),
		PeakRate: uint64(r.PeakRate), PeakPer24: uint64(r.PeakPer24),
	}
}

func (r *sums) sending() time.Duration {
	return time.Duration(r.Sending) * time.Microsecond / time.Duration(max(r.Lanes, 1))
}
