package db

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/uptrace/bun"
	"go4.org/netipx"

	"minesweep"
)

// Journal is one sweep while a process runs it. It is the sweep's Recorder,
// Queue and History, and may be used by several goroutines.
type Journal struct {
	store   *Store
	number  int64 // of the sweep
	targets *netipx.IPSet
	run     int64              // which process of the sweep this is
	base    minesweep.Progress // counted by the processes before
	settles commits

	mu    sync.Mutex // guards what follows
	sweep Sweep
	heard time.Time // of the last checkpoint
	grew  time.Time // of the last one that had sent more
	sent  uint64    // by this process, as of then
}

var (
	_ minesweep.Recorder = (*Journal)(nil)
	_ minesweep.Queue    = (*Journal)(nil)
	_ minesweep.History  = (*Journal)(nil)
)

// ErrTakenOver is wrapped by the error for a sweep that another process runs
// now, because this one was taken for dead.
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
}

func newOpenPortRow(sweep int64, port minesweep.OpenPort) *openPortRow {
	return &openPortRow{
		SweepID: sweep, Address: addressBytes(port.Target.Addr()), Port: int(port.Target.Port()),
		Engine: plain(port.Engine), At: micros(port.At),
		Heard: port.Stack.Heard, TTL: int(port.Stack.TTL), Window: int(port.Stack.Window), Options: plain(port.Stack.Options),
	}
}

func (r *openPortRow) openPort() minesweep.OpenPort {
	return minesweep.OpenPort{
		Target: netip.AddrPortFrom(addressOf(r.Address), uint16(r.Port)), At: instant(r.At), Engine: r.Engine,
		Stack: minesweep.Stack{Heard: r.Heard, TTL: uint8(r.TTL), Window: uint16(r.Window), Options: r.Options},
	}
}

// Sweep returns the sweep as it was at its begin or last checkpoint.
func (j *Journal) Sweep() Sweep {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.sweep
}

// Plan returns what is left of the sweep to discover.
func (j *Journal) Plan() minesweep.Plan {
	sweep := j.Sweep()
	return minesweep.Plan{
		Targets: j.targets, Ports: sweep.Ports, Seed: sweep.Seed, Cursor: sweep.Cursor,
		Shard: sweep.Shard, Shards: sweep.Shards, Passes: sweep.Passes, PassGap: sweep.PassGap,
	}
}

// Checkpoint stores how far discovery has come, and the open ports found since
// the last one, in one transaction. A checkpoint that arrives late moves
// nothing back, and a port that the sweep has already is left as it is.
func (j *Journal) Checkpoint(ctx context.Context, p minesweep.Progress, found []minesweep.OpenPort) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	sum := j.sum(p)
	now, sending := j.store.now(), j.sweep.Sending
	if p.Sent > j.sent {
		sending += j.since(now)
	}
	err := j.store.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		fresh, err := j.insert(ctx, tx, found)
		if err != nil {
			return err
		}
		sum.Open += fresh
		return j.update(ctx, tx, func(q *bun.UpdateQuery) *bun.UpdateQuery {
			return setProgress(q, sum).Set("sending = ?", sending.Microseconds())
		})
	})
	if err == nil {
		j.sweep.Progress, j.sweep.Sending = sum, sending
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

// insertMost is how many rows one statement inserts: SQLite takes 32,766
// arguments.
const insertMost = 500

// insert puts open ports into the queue and returns how many are new.
func (j *Journal) insert(ctx context.Context, tx bun.Tx, found []minesweep.OpenPort) (fresh uint64, err error) {
	for part := range slices.Chunk(found, insertMost) {
		rows := make([]*openPortRow, len(part))
		for i, port := range part {
			rows[i] = newOpenPortRow(j.number, port)
		}
		res, err := tx.NewInsert().Model(&rows).On("CONFLICT (sweep_id, address, port) DO NOTHING").Returning("NULL").Exec(ctx)
		if err != nil {
			return 0, err
		}
		n, err := res.RowsAffected()
		if err != nil {
			return 0, err
		}
		fresh += uint64(n)
	}
	return fresh, nil
}

// sum adds what this process counted to what those before it did. Open is
// counted by the rows of the queue.
func (j *Journal) sum(p minesweep.Progress) minesweep.Progress {
	last := j.sweep.Progress
	return minesweep.Progress{
		Cursor: max(last.Cursor, p.Cursor), Total: last.Total,
		Sent:      max(last.Sent, j.base.Sent+p.Sent),
		Open:      last.Open,
		Closed:    max(last.Closed, j.base.Closed+p.Closed),
		Filtered:  max(last.Filtered, j.base.Filtered+p.Filtered),
		Refused:   max(last.Refused, j.base.Refused+p.Refused),
		Errors:    max(last.Errors, j.base.Errors+p.Errors),
		Received:  max(last.Received, j.base.Received+p.Received),
		Dropped:   max(last.Dropped, j.base.Dropped+p.Dropped),
		Slowed:    max(last.Slowed, j.base.Slowed+p.Slowed),
		PeakRate:  max(last.PeakRate, p.PeakRate),
		PeakPer24: max(last.PeakPer24, p.PeakPer24),
	}
}

func setProgress(q *bun.UpdateQuery, p minesweep.Progress) *bun.UpdateQuery {
	return q.Set("settled = ?", int64(p.Cursor)).Set("sent = ?", int64(p.Sent)).Set("open = ?", int64(p.Open)).
		Set("closed = ?", int64(p.Closed)).Set("filtered = ?", int64(p.Filtered)).
		Set("refused = ?", int64(p.Refused)).Set("errors = ?", int64(p.Errors)).
		Set("received = ?", int64(p.Received)).Set("dropped = ?", int64(p.Dropped)).Set("slowed = ?", int64(p.Slowed)).
		Set("peak_rate = ?", int64(p.PeakRate)).Set("peak_per24 = ?", int64(p.PeakPer24))
}

// update changes the row of the sweep, and with it the heartbeat, if this
// process still runs it.
func (j *Journal) update(ctx context.Context, tx bun.Tx, change func(*bun.UpdateQuery) *bun.UpdateQuery) error {
	q := tx.NewUpdate().Model((*sweepRow)(nil)).Set("heartbeat_at = ?", micros(j.store.now())).
		Where("id = ? AND runs = ?", j.number, j.run)
	res, err := change(q).Exec(ctx)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, fmt.Errorf("sweep %d %w", j.number, ErrTakenOver))
	}
	return nil
}

// Close ends the sweep for good; note says why, and may be "". A sweep that
// is to be resumed by the next process is not closed.
func (j *Journal) Close(ctx context.Context, status Status, note string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	now := j.store.now()
	err := j.store.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		err := j.update(ctx, tx, func(q *bun.UpdateQuery) *bun.UpdateQuery {
			return q.Set("status = ?", string(status)).Set("note = ?", plain(note)).Set("finished_at = ?", micros(now))
		})
		if err != nil {
			return err
		}
		return j.store.audit(ctx, tx, "sweep close", fmt.Sprintf("sweep=%d status=%s cursor=%d note=%q",
			j.number, status, j.sweep.Cursor, clip(note)))
	})
	if err == nil {
		j.sweep.Status, j.sweep.Note, j.sweep.FinishedAt = status, note, now
	}
	return err
}

// Pending returns up to limit open ports that are still to be asked, in the
// order in which they were found, with numbers above after.
func (j *Journal) Pending(ctx context.Context, after int64, limit int) ([]minesweep.OpenPort, int64, error) {
	var rows []openPortRow
	err := j.store.reader.NewSelect().Model(&rows).
		Where("sweep_id = ? AND id > ? AND asked_at = 0", j.number, after).OrderExpr("id").Limit(int64(limit)).Scan(ctx)
	if err != nil {
		return nil, after, j.store.explain(err)
	}
	ports := make([]minesweep.OpenPort, len(rows))
	for i := range rows {
		ports[i], after = rows[i].openPort(), rows[i].ID
	}
	return ports, after, nil
}
