package db

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/uptrace/bun"
)

// changesChannel is what PostgreSQL notifies on.
const changesChannel = "minesweep_changed"

const (
	lookEvery   = 500 * time.Millisecond // at a file for changes
	listenFor   = 5 * time.Second        // until it is asked whether the connection still lives
	listenAgain = 250 * time.Millisecond // after it was lost
)

// stir tells every process, when tx is committed, that grants, exclusions or the
// standing of sweeps changed.
func (s *Store) stir(ctx context.Context, tx bun.Tx) error {
	_, err := tx.NewUpdate().Model((*installationRow)(nil)).Set("changes = changes + 1").Where("id = 1").Exec(ctx)
	if err == nil && s.Postgres() {
		_, err = tx.ExecContext(ctx, "SELECT pg_notify(?, '')", changesChannel)
	}
	return err
}

// Changed tells that grants, exclusions or the standing of sweeps changed, by
// any process: within milliseconds on PostgreSQL (LISTEN), and on SQLite within
// half a second. The channel has room for one token, and is never closed; nothing
// comes any more once ctx ends. It is an accelerator: after the connection was
// lost a token comes too, but while it is lost none does.
func (s *Store) Changed(ctx context.Context) <-chan struct{} {
	tokens := make(chan struct{}, 1)
	tell := func() {
		select {
		case tokens <- struct{}{}:
		default:
		}
	}
	if s.Postgres() {
		go s.listen(ctx, tell)
	} else {
		go s.look(ctx, s.changes(ctx), tell)
	}
	return tokens
}

// changes returns the count of changes, -1 where it cannot be read.
func (s *Store) changes(ctx context.Context) int64 {
	n := int64(-1)
	if err := s.reader.NewSelect().Model((*installationRow)(nil)).Column("changes").Where("id = 1").Scan(ctx, &n); err != nil {
		return -1
	}
	return n
}

func (s *Store) look(ctx context.Context, known int64, tell func()) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if n := s.changes(ctx); n != known {
				known = n
				tell()
			}
		}
	}
}

// listen has a connection of its own, so that the pool can be closed at any time.
func (s *Store) listen(ctx context.Context, tell func()) {
	for first := true; ctx.Err() == nil; first = false {
		if !first {
			select {
			case <-ctx.Done():
				return
			case <-time.After(listenAgain):
			}
		}
		conn, err := pgx.ConnectConfig(ctx, s.pool.Config().ConnConfig)
		if err != nil {
			continue
		}
		s.hear(ctx, conn, first, tell)
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		_ = conn.Close(closing)
		cancel()
	}
}

// hear passes notifications on until the connection is lost.
func (s *Store) hear(ctx context.Context, conn *pgx.Conn, first bool, tell func()) {
	if _, err := conn.Exec(ctx, "LISTEN "+changesChannel); err != nil {
		return
	}
	if !first {
		tell() // what was missed
	}
	for {
		wait, cancel := context.WithTimeout(ctx, listenFor)
		_, err := conn.WaitForNotification(wait)
		silent := wait.Err() != nil
		cancel()
		switch {
		case err == nil:
			tell()
		case !silent || ctx.Err() != nil || !answers(ctx, conn):
			return
		}
	}
}

func answers(ctx context.Context, conn *pgx.Conn) bool {
	ctx, cancel := context.WithTimeout(ctx, listenFor)
	defer cancel()
	return !conn.IsClosed() && conn.Ping(ctx) == nil
}

// Clock returns the time of the database's machine, by which the clocks of nodes
// are measured; on SQLite it is this process's own.
func (s *Store) Clock(ctx context.Context) (time.Time, error) {
	if !s.Postgres() {
		return s.now(), nil
	}
	var us int64
	err := s.reader.NewRaw("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint").Scan(ctx, &us)
	return instant(us), s.explain(err)
}
