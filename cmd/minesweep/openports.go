package main

import (
	"context"
	"fmt"
	"net/netip"
	"strconv"
	"time"

	"minesweep"
	"minesweep/db"
)

// openRow is an open port as a sweep without questions shows it.
type openRow struct {
	Address netip.Addr `json:"address"`
	Port    uint16     `json:"port"`
	Engine  string     `json:"engine"`
	TTL     *uint8     `json:"ttl"` // of the SYN-ACK; null where the engine did not see it
	Window  *uint16    `json:"window"`
	Options *string    `json:"options"`
	At      time.Time  `json:"at"`
}

var openColumns = []column[openRow]{
	{"address", func(r openRow) string { return r.Address.String() }, 40},
	{"port", func(r openRow) string { return strconv.Itoa(int(r.Port)) }, 0},
	{"engine", func(r openRow) string { return r.Engine }, 0},
	{"ttl", func(r openRow) string { return ofStack(r.TTL, func(n uint8) string { return strconv.Itoa(int(n)) }) }, 0},
	{"window", func(r openRow) string {
		return ofStack(r.Window, func(n uint16) string { return strconv.Itoa(int(n)) })
	}, 0},
	{"options", func(r openRow) string { return ofStack(r.Options, func(s string) string { return s }) }, 0},
	{"at", func(r openRow) string { return stamp(r.At) }, 0},
}

func ofStack[T any](v *T, text func(T) string) string {
	if v == nil {
		return ""
	}
	return text(*v)
}

func newOpenRow(o minesweep.OpenPort) openRow {
	r := openRow{Address: o.Target.Addr(), Port: o.Target.Port(), Engine: o.Engine, At: o.At.UTC()}
	if o.Stack.Heard {
		r.TTL, r.Window, r.Options = &o.Stack.TTL, &o.Stack.Window, &o.Stack.Options
	}
	return r
}

// showPorts writes the open ports of a sweep.
func (p *program) showPorts(ctx context.Context, s *db.Store, sweep int64) error {
	w := newRowWriter(p, openColumns)
	err := s.OpenPorts(ctx, sweep, func(o minesweep.OpenPort) error { return w.write(newOpenRow(o)) })
	if err == nil {
		err = w.close()
	}
	return p.exported(ctx, s, err, fmt.Sprintf("open ports of sweep %d", sweep), w.rows)
}

// showSweep writes the hosts of a sweep, or its open ports where none is to be asked.
func (p *program) showSweep(ctx context.Context, s *db.Store, id int64, all bool) error {
	sweep, err := s.Sweep(ctx, id)
	if err != nil {
		return err
	}
	if sweep.NoQuestions {
		return p.showPorts(ctx, s, id)
	}
	return p.showHosts(ctx, s, id, all)
}
