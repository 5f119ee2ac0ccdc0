package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/sqlitedialect"
)

// ErrNotFound is wrapped by the error for a name, number, key or address that
// the store does not hold.
var ErrNotFound = errors.New("not found")

// ErrExists is wrapped by the error for a name that is taken.
var ErrExists = errors.New("exists already")

// Store is one open database file. It may be used by several goroutines, and
// several processes may have the same file open.
type Store struct {
	path   string
	now    func() time.Time
	writer *bun.DB // one connection: writers of this process wait in line here, not in SQLite
	reader *bun.DB // query_only; never waits for the writer

	packers sync.Pool // of *flate.Writer

	mu        sync.Mutex // guards authority
	authority authority
}

// pageSize is how many rows a listing reads at a time, so that neither memory
// nor the WAL grows while a reader is slow.
const pageSize = 64

// Readers at the same time; more wait. A yield of Hosts or Assets holds none.
const readConns = 8

// Close closes the store. The last one to close the file removes its -wal and
// -shm.
func (s *Store) Close() error {
	return errors.Join(s.reader.Close(), s.writer.Close())
}

func newBun(dsn string, conns int) (*bun.DB, error) {
	pool, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(conns)
	pool.SetMaxIdleConns(conns)
	return bun.NewDB(pool, sqlitedialect.New()), nil
}

// write runs f in one transaction that holds the write lock from its begin.
// Inside f nothing may use the store but through tx: the writer has one
// connection.
func (s *Store) write(ctx context.Context, f func(ctx context.Context, tx bun.Tx) error) error {
	return s.explain(s.writer.RunInTx(ctx, nil, f))
}

// writeDurably is write that is on the disk when it returns. A revocation or
// an exclusion must not be undone by a loss of power.
func (s *Store) writeDurably(ctx context.Context, f func(ctx context.Context, tx bun.Tx) error) error {
	conn, err := s.writer.Conn(ctx)
	if err != nil {
		return s.explain(err)
	}
	_, err = conn.ExecContext(ctx, "PRAGMA synchronous=FULL")
	if err == nil {
		err = conn.RunInTx(ctx, nil, f)
	}
	_, back := conn.ExecContext(context.WithoutCancel(ctx), "PRAGMA synchronous=NORMAL")
	return s.explain(errors.Join(err, back, conn.Close()))
}

// explain makes a sentence of what SQLite says.
func (s *Store) explain(err error) error {
	if err == nil {
		return nil
	}
	if why := sqliteFault(err); why != "" {
		return fmt.Errorf("database %s %s: %w", s.path, why, err)
	}
	return err
}
