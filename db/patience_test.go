package db_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"minesweep"
	"minesweep/db"
)

func TestAway(t *testing.T) {
	for _, c := range []struct {
		err  error
		want bool
	}{
		{nil, false},
		{&pgconn.PgError{Code: "57P01"}, true},
		{fmt.Errorf("host: %w", &pgconn.PgError{Code: "57P03"}), true},
		{&pgconn.PgError{Code: "08006"}, true},
		{&pgconn.PgError{Code: "23505"}, false},
		{&pgconn.PgError{Code: "28P01"}, false},
		{&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, true},
		{fmt.Errorf("read: %w", io.ErrUnexpectedEOF), true},
		{errors.Join(db.ErrTakenOver, io.ErrUnexpectedEOF), false},
		{context.Canceled, false},
		{errors.New("no route"), false},
	} {
		if got := db.Away(c.err); got != c.want {
			t.Errorf("%v: %v", c.err, got)
		}
	}
}

// deafening is a way to a server that, once armed, lets one COMMIT through, keeps
// its answer to itself and cuts the connection.
type deafening struct {
	armed atomic.Bool
	cuts  atomic.Int64
}

// between returns the address of a database by way of d.
func (d *deafening) between(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	must(t, err)
	socket := filepath.Join(u.Query().Get("host"), ".s.PGSQL."+u.Query().Get("port"))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			go d.carry(client, socket)
		}
	}()
	u.Host = l.Addr().String()
	q := u.Query()
	q.Del("host")
	q.Del("port")
	u.RawQuery = q.Encode()
	return u.String()
}

func (d *deafening) carry(client net.Conn, socket string) {
	defer func() { _ = client.Close() }()
	server, err := net.Dial("unix", socket)
	if err != nil {
		return
	}
	defer func() { _ = server.Close() }()
	var mute atomic.Bool
	go func() {
		defer func() { _ = server.Close() }()
		buf := make([]byte, 1<<16)
		for {
			n, err := client.Read(buf)
			if err != nil {
				return
			}
			if bytes.Contains(bytes.ToLower(buf[:n]), []byte("commit\x00")) && d.armed.CompareAndSwap(true, false) {
				mute.Store(true)
			}
			if _, err := server.Write(buf[:n]); err != nil {
				return
			}
		}
	}()
	buf := make([]byte, 1<<16)
	for {
		n, err := server.Read(buf)
		if mute.Load() {
			d.cuts.Add(1)
			return
		}
		if err != nil {
			return
		}
		if _, err := client.Write(buf[:n]); err != nil {
			return
		}
	}
}

// TestCommitWhoseAnswerIsLostIsHarmless: checkpoint, settle and leave are stored
// once, and say so, where the database took them and the network lost its word.
func TestCommitWhoseAnswerIsLostIsHarmless(t *testing.T) {
	t.Parallel()
	c, d, q := newClock(), new(deafening), new(jobs)
	address := newDatabase(t)
	if !strings.Contains(address, "host=") {
		t.Fatalf("%s is no socket", address)
	}
	s := openStore(t, d.between(t, address), c)
	sweep := plan(t, s, laned(t, 1), q)
	q.take(db.Nightly)
	j := takeLane(t, s, db.LaneRun{Sweep: sweep.ID, Kind: db.Discover, Run: 1}, "a")
	begun := time.Now()
	lost := func(what string, f func() error) {
		t.Helper()
		cuts := d.cuts.Load()
		d.armed.Store(true)
		if err := f(); err != nil || d.cuts.Load() != cuts+1 {
			t.Fatalf("%s: %v after %d cuts", what, err, d.cuts.Load()-cuts)
		}
	}
	p := port("10.0.0.1:80", c)
	lost("checkpoint", func() error {
		return j.Checkpoint(t.Context(), minesweep.Progress{Cursor: 5, Sent: 5}, []minesweep.OpenPort{p, port("10.0.0.2:80", c)})
	})
	lost("settle", func() error {
		return j.Settle(t.Context(), p, []minesweep.Reply{{Target: p.Target, Raw: []byte("x")}}, miner("10.0.0.1", "", c))
	})
	lost("beat", func() error { _, err := j.Beat(t.Context()); return err })
	if got := j.Lane(); got.Open != 2 || got.Sent != 5 {
		t.Errorf("the journal counts %+v", got.Progress)
	}
	lost("leave", func() error { return j.Leave(t.Context(), db.Ready, "", q.enqueue) })
	if got := j.Lane(); got.State != db.Ready || got.Node != "" {
		t.Errorf("the journal's lane: %+v", got)
	}
	if runs := q.take(db.Nightly); len(runs) != 1 || runs[0].Run != 2 {
		t.Errorf("jobs %v", runs)
	}
	got := sweepOf(t, s, sweep.ID)
	if got.Cursor != 5 || got.Sent != 5 || got.Open != 2 {
		t.Errorf("the sweep: %+v", got.Progress)
	}
	stints := must2(s.Stints(t.Context(), db.StintFilter{Sweep: sweep.ID}))
	if len(stints) != 1 || stints[0].Sent != 5 || stints[0].To != 5 {
		t.Errorf("stints %+v", stints)
	}
	if replies := must2(s.Replies(t.Context(), sweep.ID, p.Target.Addr())); len(replies) != 1 {
		t.Errorf("%d replies", len(replies))
	}
	// Another's lane stays another's, however often it is tried.
	if err := j.Leave(t.Context(), db.Ready, "", q.enqueue); !errors.Is(err, db.ErrTakenOver) {
		t.Errorf("a second leave: %v", err)
	}
	t.Logf("it took %s", time.Since(begun))
}
