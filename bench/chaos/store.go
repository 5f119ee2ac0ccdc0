package main

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/jackc/pgx/v5"
)

// store reads the rows themselves, so that what judges a sweep is not what wrote
// it. Each reading has a connection of its own: the database comes and goes.
type store struct{ url string }

// read runs a query and calls row for each row of its answer.
func (s *store) read(ctx context.Context, query string, args []any, row func(pgx.Rows) error) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.url)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	rows, err := conn.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// number reads one number.
func (s *store) number(ctx context.Context, query string, args ...any) (n int64, err error) {
	err = s.read(ctx, query, args, func(r pgx.Rows) error { return r.Scan(&n) })
	return n, err
}

func (s *store) newest(ctx context.Context) (int64, error) {
	id, err := s.number(ctx, "SELECT coalesce(max(id), 0) FROM sweeps")
	if err == nil && id == 0 {
		return 0, fmt.Errorf("sweeps start made no sweep")
	}
	return id, err
}

// state is how a sweep stands.
type state struct{ status, note string }

func (s state) ended() bool { return s.status != "running" && s.status != "resting" }

func (s *store) state(ctx context.Context, sweep int64) (st state, err error) {
	err = s.read(ctx, "SELECT status, note FROM sweeps WHERE id = $1", []any{sweep},
		func(r pgx.Rows) error { return r.Scan(&st.status, &st.note) })
	return st, err
}

// target reads an address and a port.
func target(raw []byte, port int32) (netip.AddrPort, error) {
	addr, ok := netip.AddrFromSlice(raw)
	if !ok {
		return netip.AddrPort{}, fmt.Errorf("%x is no address", raw)
	}
	return netip.AddrPortFrom(addr.Unmap(), uint16(port)), nil
}

// open reads the open ports of a sweep and when each was settled, and how many
// rows are of a port that another row has.
func (s *store) open(ctx context.Context, sweep int64) (settled map[netip.AddrPort]time.Time, twice int, err error) {
	settled = make(map[netip.AddrPort]time.Time)
	const query = "SELECT address, port, asked_at FROM open_ports WHERE sweep_id = $1"
	err = s.read(ctx, query, []any{sweep}, func(r pgx.Rows) error {
		var raw []byte
		var port int32
		var at int64
		if err := r.Scan(&raw, &port, &at); err != nil {
			return err
		}
		t, err := target(raw, port)
		if err != nil {
			return err
		}
		if _, known := settled[t]; known {
			twice++
		}
		settled[t] = time.Time{}
		if at > 0 {
			settled[t] = time.UnixMicro(at)
		}
		return nil
	})
	return settled, twice, err
}

// questions reads how many bytes of questions are stored of each port.
func (s *store) questions(ctx context.Context, sweep int64) (bytes map[netip.AddrPort]int, err error) {
	bytes = make(map[netip.AddrPort]int)
	const query = "SELECT address, port, sum(length(request)) FROM replies WHERE sweep_id = $1 GROUP BY address, port"
	err = s.read(ctx, query, []any{sweep}, func(r pgx.Rows) error {
		var raw []byte
		var port int32
		var n int64
		if err := r.Scan(&raw, &port, &n); err != nil {
			return err
		}
		t, err := target(raw, port)
		bytes[t] = int(n)
		return err
	})
	return bytes, err
}

// stint is a lane in the hands of a node.
type stint struct {
	kind         string
	lane, run    int64
	node, note   string
	to           int64
	sent         int64
	began, ended time.Time // ended is zero where nobody wrote it
}

func (s *store) stints(ctx context.Context, sweep int64) (out []stint, err error) {
	const query = "SELECT kind, lane, run, node, note, to_step, sent, started_at, ended_at FROM stints WHERE sweep_id = $1 ORDER BY kind, lane, run"
	err = s.read(ctx, query, []any{sweep}, func(r pgx.Rows) error {
		var t stint
		var began, ended int64
		if err := r.Scan(&t.kind, &t.lane, &t.run, &t.node, &t.note, &t.to, &t.sent, &began, &ended); err != nil {
			return err
		}
		t.began = time.UnixMicro(began)
		if ended > 0 {
			t.ended = time.UnixMicro(ended)
		}
		out = append(out, t)
		return nil
	})
	return out, err
}
