package db

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"github.com/uptrace/bun"
	"go4.org/netipx"

	"minesweep"
)

// Journal is one lane of a sweep in the hands of one process: for a scan, the
// one that there is. It is the Recorder, Queue and History of whoever works on
// it, and may be used by several goroutines.
type Journal struct {
	store   *Store
	run     LaneRun // which run of which lane this is
	lanes   int     // of discovery, and of asking, that the sweep has
	targets *netipx.IPSet
	base    minesweep.Progress // counted by the runs before
	settles commits
	answers answered
	laned   bool // it is no scan

	mu    sync.Mutex // guards what follows
	sweep Sweep
	lane  Lane
	heard time.Time // of the last checkpoint
	grew  time.Time // of the last one that had sent more
	sent  uint64    // by this run, as of then
}

var (
	_ minesweep.Recorder = (*Journal)(nil)
	_ minesweep.Queue    = (*Journal)(nil)
	_ minesweep.History  = (*Journal)(nil)
)

// ErrTakenOver is wrapped by the error for a lane that is another's now, because
// this process was taken for dead, or has left it.
var ErrTakenOver = errors.New("was taken over by another process")

type openPortRow struct {
	bun.BaseModel `bun:"table:open_ports,alias:p"`

	ID      int64 `bun:",pk,autoincrement"`
	SweepID int64
	Address []byte
	Port    int
	Engine  string
	At      int64
	AskedAt int64 // 0: still to be asked
	Heard   bool  // the four fields below are of a SYN-ACK
	TTL     int   `bun:"ttl"`
	Window  int   `bun:"win"`
	Options string
	Part    int // by which an ask lane has it
}

func newOpenPortRow(sweep int64, port minesweep.OpenPort) *openPortRow {
	return &openPortRow{
		SweepID: sweep, Address: addressBytes(port.Target.Addr()), Port: int(port.Target.Port()),
		Engine: plain(port.Engine), At: micros(port.At),
		Heard: port.Stack.Heard, TTL: int(port.Stack.TTL), Window: int(port.Stack.Window), Options: plain(port.Stack.Options),
		Part: int(minesweep.Part(port.Target.Addr())),
	}
}

func (r *openPortRow) openPort() minesweep.OpenPort {
	return minesweep.OpenPort{
		Target: netip.AddrPortFrom(addressOf(r.Address), uint16(r.Port)), At: instant(r.At), Engine: r.Engine,
		Stack: minesweep.Stack{Heard: r.Heard, TTL: uint8(r.TTL), Window: uint16(r.Window), Options: r.Options},
	}
}

// Sweep returns the sweep as it was when its lane was taken; of a scan as it was
// at its begin or last checkpoint.
func (j *Journal) Sweep() Sweep {
	j.mu.Lock()
	defer j.mu.Unlock()
	sweep := j.sweep
	if sweep.Queue == "" {
		sweep.Progress, sweep.Sending = j.lane.Progress, j.lane.Sending
	}
	return sweep
}

// Lane returns the lane as it was when it was taken, or at its last checkpoint.
func (j *Journal) Lane() Lane {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.lane
}

// Run returns which run of which lane the journal is.
func (j *Journal) Run() LaneRun { return j.run }

// Plan returns what is left of the lane to discover; that of an ask lane says
// what the sweep covers.
func (j *Journal) Plan() minesweep.Plan {
	sweep, lane := j.Sweep(), j.Lane()
	plan := minesweep.Plan{
		Targets: j.targets, Ports: sweep.Ports, Seed: sweep.Seed, Cursor: lane.Cursor, Beyond: lane.Beyond,
		Shard: sweep.Shard, Shards: sweep.Shards, Passes: sweep.Passes, PassGap: sweep.PassGap,
	}
	if sweep.Queue != "" && lane.Kind == Discover {
		plan.Shard, plan.Shards = uint64(lane.Lane), uint64(sweep.Lanes)
	}
	return plan
}

// Checkpoint stores how far discovery has come, and the open ports found since
// the last one, in one transaction. A checkpoint that arrives late moves
// nothing back, and a port that the sweep has already is left as it is. While the
// database of a laned sweep is away it waits, see [Journal.Patiently].
func (j *Journal) Checkpoint(ctx context.Context, p minesweep.Progress, found []minesweep.OpenPort) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	sum := j.sum(p)
	now, sending := j.store.now(), j.lane.Sending
	if p.Sent > j.sent {
		sending += j.since(now)
	}
	// Where a commit only seemed to fail, its ports are no longer fresh when it is
	// repeated: they were counted by it, and the most of all tries is what they are.
	var most uint64
	err := j.Patiently(ctx, func() error {
		return j.store.transact(ctx, func(ctx context.Context, tx Tx) error {
			fresh, err := insertPorts(ctx, tx, j.run.Sweep, found)
			if err != nil {
				return err
			}
			most = max(most, fresh)
			err = j.update(ctx, tx.Tx, func(q *bun.UpdateQuery) *bun.UpdateQuery {
				return setProgress(q, sum).Set("open = open + ?", int64(fresh)).Set("sending = ?", sending.Microseconds())
			})
			if err != nil {
				return err
			}
			return j.stint(ctx, tx.Tx, max(p.Sent, j.sent))
		})
	})
	if err == nil {
		now = j.store.now() // after the wait, which was no sending
		sum.Open += most
		j.lane.Progress, j.lane.Sending, j.lane.HeartbeatAt = sum, sending, now
		j.heard = now
		if p.Sent > j.sent {
			j.grew, j.sent = now, p.Sent
		}
	}
	return err
}

// longestWait is how long packets wait for a budget; what is longer is a pause.
const longestWait = 5 * time.Second

// since returns for how long packets were leaving until now: since the last one
// that is known, or the last checkpoint where a pause lies between.
func (j *Journal) since(now time.Time) time.Duration {
	if d := now.Sub(j.grew); d <= longestWait {
		return max(0, d)
	}
	return max(0, now.Sub(j.heard))
}

// sum adds what this run counted to what those before it did. Open is counted by
// the rows of the queue.
func (j *Journal) sum(p minesweep.Progress) minesweep.Progress {
	last := j.lane.Progress
	cursor, beyond := further(last, p)
	return minesweep.Progress{
		Cursor: cursor, Beyond: beyond, Total: last.Total,
		Sent:      max(last.Sent, j.base.Sent+p.Sent),
		Open:      last.Open,
		Closed:    max(last.Closed, j.base.Closed+p.Closed),
		Filtered:  max(last.Filtered, j.base.Filtered+p.Filtered),
		Refused:   max(last.Refused, j.base.Refused+p.Refused),
		Errors:    max(last.Errors, j.base.Errors+p.Errors),
		Faults:    last.Faults.Most(j.base.Faults.Plus(p.Faults.UpTo(p.Errors))),
		Received:  max(last.Received, j.base.Received+p.Received),
		Dropped:   max(last.Dropped, j.base.Dropped+p.Dropped),
		Slowed:    max(last.Slowed, j.base.Slowed+p.Slowed),
		PeakRate:  max(last.PeakRate, p.PeakRate),
		PeakPer24: max(last.PeakPer24, p.PeakPer24),
	}
}

// setProgress sets all counters but that of open ports, which only ever grows by
// what was new: so it is right also after a commit that seemed to fail.
func setProgress(q *bun.UpdateQuery, p minesweep.Progress) *bun.UpdateQuery {
	return q.Set("settled = ?", int64(p.Cursor)).Set("beyond = ?", p.Beyond.Bytes()).Set("sent = ?", int64(p.Sent)).
		Set("closed = ?", int64(p.Closed)).Set("filtered = ?", int64(p.Filtered)).
		Set("refused = ?", int64(p.Refused)).Set("errors = ?", int64(p.Errors)).Set("faults = ?", faultsText(p.Faults)).
		Set("received = ?", int64(p.Received)).Set("dropped = ?", int64(p.Dropped)).Set("slowed = ?", int64(p.Slowed)).
		Set("peak_rate = ?", int64(p.PeakRate)).Set("peak_per24 = ?", int64(p.PeakPer24))
}

// stint writes how much this run has sent.
func (j *Journal) stint(ctx context.Context, tx bun.Tx, sent uint64) error {
	_, err := tx.NewUpdate().Model((*stintRow)(nil)).Set("sent = ?", int64(sent)).
		Where("sweep_id = ? AND kind = ? AND lane = ? AND run = ?", j.run.Sweep, string(j.run.Kind), j.run.Lane, j.run.Run).Exec(ctx)
	return err
}

// update changes the row of the lane, and with it the heartbeat, if this run
// still has it.
func (j *Journal) update(ctx context.Context, tx bun.Tx, change func(*bun.UpdateQuery) *bun.UpdateQuery) error {
	q := tx.NewUpdate().Model((*laneRow)(nil)).Set("heartbeat_at = ?", micros(j.store.now())).
		Where("sweep_id = ? AND kind = ? AND lane = ? AND runs = ? AND state = 'running'",
			j.run.Sweep, string(j.run.Kind), j.run.Lane, j.run.Run)
	res, err := change(q).Exec(ctx)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, j.takenOver())
	}
	return nil
}

func (j *Journal) takenOver() error {
	return fmt.Errorf("sweep %d, %s lane %d: run %d %w", j.run.Sweep, j.run.Kind, j.run.Lane, j.run.Run, ErrTakenOver)
}

// Pending returns up to limit open ports that are still to be asked, by their
// numbers, which are above after: those of the networks of an ask lane, and all
// of them for a scan. Numbers follow the checkpoints that found them, and within
// one the addresses.
//
// On PostgreSQL a number is given before the checkpoint is committed: with several
// writers a port may show up behind a reader that has passed it. Whoever reads on
// by numbers reads again from 0 before it says that nothing is left.
func (j *Journal) Pending(ctx context.Context, after int64, limit int) ([]minesweep.OpenPort, int64, error) {
	var rows []openPortRow
	err := j.Patiently(ctx, func() error {
		rows = nil
		q := j.pending(j.store.reader.NewSelect().Model(&rows)).Where("id > ?", after)
		return j.store.explain(q.OrderExpr("id").Limit(int64(limit)).Scan(ctx))
	})
	if err != nil {
		return nil, after, err
	}
	ports := make([]minesweep.OpenPort, len(rows))
	for i := range rows {
		ports[i], after = rows[i].openPort(), rows[i].ID
	}
	return ports, after, nil
}

// pending selects the open ports that this journal is to ask.
func (j *Journal) pending(q *bun.SelectQuery) *bun.SelectQuery {
	q = q.Where("sweep_id = ? AND asked_at = 0", j.run.Sweep)
	if j.sweep.Queue == "" {
		return q
	}
	if j.run.Kind != Ask {
		return q.Where("1 = 0")
	}
	return q.Where("part % ? = ?", j.lanes, j.run.Lane)
}
