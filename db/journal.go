package db

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"

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

	mu    sync.Mutex // guards sweep
	sweep Sweep
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
}

func (r *openPortRow) openPort() minesweep.OpenPort {
	return minesweep.OpenPort{
		Target: netip.AddrPortFrom(addressOf(r.Address), uint16(r.Port)), At: instant(r.At), Engine: r.Engine,
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
	return minesweep.Plan{Targets: j.targets, Ports: sweep.Ports, Seed: sweep.Seed, Cursor: sweep.Cursor}
}

// Found stores an open port; a port the sweep has already is left as it is.
func (j *Journal) Found(ctx context.Context, port minesweep.OpenPort) error {
	row := &openPortRow{
		SweepID: j.number, Address: addressBytes(port.Target.Addr()), Port: int(port.Target.Port()),
		Engine: plain(port.Engine), At: micros(port.At),
	}
	return j.store.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewInsert().Model(row).On("CONFLICT (sweep_id, address, port) DO NOTHING").Returning("NULL").Exec(ctx)
		return err
	})
}

// Checkpoint stores how far discovery has come. A checkpoint that arrives late
// moves nothing back.
func (j *Journal) Checkpoint(ctx context.Context, p minesweep.Progress) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	sum := j.sum(p)
	err := j.store.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		return j.update(ctx, tx, func(q *bun.UpdateQuery) *bun.UpdateQuery { return setProgress(q, sum) })
	})
	if err == nil {
		j.sweep.Progress = sum
	}
	return err
}

// sum adds what this process counted to what those before it did.
func (j *Journal) sum(p minesweep.Progress) minesweep.Progress {
	last := j.sweep.Progress
	return minesweep.Progress{
		Cursor: max(last.Cursor, p.Cursor), Total: last.Total,
		Sent:     max(last.Sent, j.base.Sent+p.Sent),
		Open:     max(last.Open, j.base.Open+p.Open),
		Closed:   max(last.Closed, j.base.Closed+p.Closed),
		Filtered: max(last.Filtered, j.base.Filtered+p.Filtered),
		Refused:  max(last.Refused, j.base.Refused+p.Refused),
		Errors:   max(last.Errors, j.base.Errors+p.Errors),
	}
}

func setProgress(q *bun.UpdateQuery, p minesweep.Progress) *bun.UpdateQuery {
	return q.Set("settled = ?", int64(p.Cursor)).Set("sent = ?", int64(p.Sent)).Set("open = ?", int64(p.Open)).
		Set("closed = ?", int64(p.Closed)).Set("filtered = ?", int64(p.Filtered)).
		Set("refused = ?", int64(p.Refused)).Set("errors = ?", int64(p.Errors))
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
