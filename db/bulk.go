package db

import (
	"cmp"
	"context"
	"slices"

	"minesweep"
)

// insertMost is how many open ports one statement inserts on PostgreSQL.
const insertMost = 5000

// insertPorts puts open ports into the queue of a sweep and returns how many are
// new. They are sorted by address: neighbours lie on the same pages of the index,
// and two writers of the same ports take their locks in the same order.
func insertPorts(ctx context.Context, tx Tx, sweep int64, found []minesweep.OpenPort) (fresh uint64, err error) {
	if len(found) == 0 {
		return 0, nil
	}
	found = slices.SortedFunc(slices.Values(found), func(a, b minesweep.OpenPort) int { return a.Target.Compare(b.Target) })
	if tx.PGX() == nil {
		return insertOneByOne(ctx, tx, sweep, found)
	}
	for part := range slices.Chunk(found, insertMost) {
		n, err := insertByArrays(ctx, tx, sweep, part)
		if err != nil {
			return 0, err
		}
		fresh += n
	}
	return fresh, nil
}

const insertPort = `INSERT INTO open_ports (sweep_id, address, port, engine, at, heard, ttl, win, options, part)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (sweep_id, address, port) DO NOTHING`

// insertOneByOne is for SQLite, where a statement costs no round trip.
func insertOneByOne(ctx context.Context, tx Tx, sweep int64, found []minesweep.OpenPort) (fresh uint64, err error) {
	insert, err := tx.SQL().PrepareContext(ctx, insertPort)
	if err != nil {
		return 0, err
	}
	defer func() { err = cmp.Or(err, insert.Close()) }()
	for _, port := range found {
		r := newOpenPortRow(sweep, port)
		res, err := insert.ExecContext(ctx, r.SweepID, r.Address, r.Port, r.Engine, r.At, r.Heard, r.TTL, r.Window, r.Options, r.Part)
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

const insertArrays = `INSERT INTO open_ports (sweep_id, address, port, engine, at, heard, ttl, win, options, part)
SELECT $1, * FROM unnest($2::bytea[], $3::bigint[], $4::text[], $5::bigint[], $6::boolean[], $7::bigint[], $8::bigint[], $9::text[], $10::bigint[])
ON CONFLICT (sweep_id, address, port) DO NOTHING`

// insertByArrays is for PostgreSQL: one statement, an array for each column.
func insertByArrays(ctx context.Context, tx Tx, sweep int64, found []minesweep.OpenPort) (fresh uint64, err error) {
	n := len(found)
	addresses, engines, options, heard := make([][]byte, n), make([]string, n), make([]string, n), make([]bool, n)
	ports, ats, ttls, windows, parts := make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n)
	for i, port := range found {
		r := newOpenPortRow(sweep, port)
		addresses[i], engines[i], options[i], heard[i] = r.Address, r.Engine, r.Options, r.Heard
		ports[i], ats[i], ttls[i], windows[i], parts[i] = int64(r.Port), r.At, int64(r.TTL), int64(r.Window), int64(r.Part)
	}
	tag, err := tx.PGX().Exec(ctx, insertArrays, sweep, addresses, ports, engines, ats, heard, ttls, windows, options, parts)
	return uint64(tag.RowsAffected()), err
}
