package db

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/uptrace/bun"

	"minesweep"
)

// Settle stores the replies of one open port, the host as judged with them and
// the asset it belongs to, and takes the port off the queue, in one
// transaction. Settling a port again replaces its replies. Settles of several
// goroutines share a commit.
func (j *Journal) Settle(ctx context.Context, port minesweep.OpenPort, replies []minesweep.Reply, host minesweep.Host) error {
	at := j.store.now()
	if host.LastSeen.IsZero() {
		host.LastSeen = at
	}
	if host.FirstSeen.IsZero() || host.FirstSeen.After(host.LastSeen) {
		host.FirstSeen = host.LastSeen
	}
	id := j.run.Sweep
	var packed packedReplies
	err := j.Patiently(ctx, func() (err error) {
		packed, err = j.store.packReplies(ctx, id, port.Target, replies)
		return err
	})
	if err != nil {
		return err
	}
	return j.settles.do(ctx, j, func(ctx context.Context, tx bun.Tx) error {
		if err := storeReplies(ctx, tx, id, port.Target, packed); err != nil {
			return err
		}
		if err := storeHost(ctx, tx, id, port.Target.Addr(), host); err != nil {
			return err
		}
		if err := j.observe(ctx, tx, port.Target.Addr()); err != nil {
			return err
		}
		row := newOpenPortRow(id, port)
		row.AskedAt = micros(at)
		_, err := tx.NewInsert().Model(row).On("CONFLICT (sweep_id, address, port) DO UPDATE").
			Set("asked_at = EXCLUDED.asked_at").Returning("NULL").Exec(ctx)
		return err
	})
}

// alive shows that this run still has the lane, and fails where it has not.
func (j *Journal) alive(ctx context.Context, tx bun.Tx) error {
	return j.update(ctx, tx, func(q *bun.UpdateQuery) *bun.UpdateQuery { return q })
}

// History returns the open ports that the sweep holds of an address, and the
// replies of those that are settled, in the order in which they came.
func (j *Journal) History(ctx context.Context, addr netip.Addr) ([]minesweep.OpenPort, []minesweep.Reply, error) {
	var ports []minesweep.OpenPort
	var replies []minesweep.Reply
	err := j.Patiently(ctx, func() (err error) {
		ports, replies, err = j.store.history(ctx, j.run.Sweep, addr)
		return err
	})
	return ports, replies, err
}

func (s *Store) history(ctx context.Context, sweep int64, addr netip.Addr) ([]minesweep.OpenPort, []minesweep.Reply, error) {
	var rows []openPortRow
	err := s.reader.NewSelect().Model(&rows).Where("sweep_id = ? AND address = ?", sweep, addressBytes(addr)).
		OrderExpr("port").Scan(ctx)
	if err != nil {
		return nil, nil, s.explain(err)
	}
	ports := make([]minesweep.OpenPort, len(rows))
	for i := range rows {
		ports[i] = rows[i].openPort()
	}
	replies, err := s.Replies(ctx, sweep, addr)
	return ports, replies, err
}

// Replies returns what an address answered in a sweep, by port, in the order
// in which it came.
func (s *Store) Replies(ctx context.Context, sweep int64, addr netip.Addr) ([]minesweep.Reply, error) {
	var rows []replyRow
	err := s.reader.NewSelect().Model(&rows).ColumnExpr("r.*, b.size, b.packed").
		Join("JOIN reply_bodies AS b ON b.hash = r.body_hash").
		Where("r.sweep_id = ? AND r.address = ?", sweep, addressBytes(addr)).OrderExpr("r.port, r.seq").Scan(ctx)
	if err != nil {
		return nil, s.explain(err)
	}
	replies := make([]minesweep.Reply, len(rows))
	for i := range rows {
		if replies[i], err = rows[i].reply(); err != nil {
			return nil, fmt.Errorf("database %s: sweep %d: host %s: %w", s.path, sweep, addr, err)
		}
	}
	return replies, nil
}
