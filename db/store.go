package db

import (
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/sqlitedialect"
)

// ErrNotFound is wrapped by the error for a name, number, key or address that
// the store does not hold.
var ErrNotFound = errors.New("not found")

// ErrExists is wrapped by the error for a name that is taken.
var ErrExists = errors.New("exists already")

// Store is one open database. It may be used by several goroutines, and several
// processes may have the same one open.
type Store struct {
	path   string // of the file, or the URL without its password
	now    func() time.Time
	pool   *pgxpool.Pool // nil on SQLite
	writer *bun.DB       // SQLite: one connection, where writers of this process wait in line, not in SQLite
	reader *bun.DB       // SQLite: query_only, never waits for the writer; PostgreSQL: the same as writer

	packers  sync.Pool    // of *flate.Writer
	month    atomic.Int64 // the last one whose partitions were made sure of
	missPage int          // see missesMost

	mu        sync.Mutex // guards authority
	authority authority
}

// pageSize is how many rows a listing reads at a time, so that neither memory
// nor the WAL grows while a reader is slow.
const pageSize = 64

// Readers at the same time; more wait. A yield of Hosts or Assets holds none.
const readConns = 8

// Close closes the store. The last one to close a file removes its -wal and
// -shm.
func (s *Store) Close() error {
	if s.Postgres() {
		err := s.writer.Close()
		s.pool.Close()
		return err
	}
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

// explain makes a sentence of what the database says.
func (s *Store) explain(err error) error {
	if err == nil {
		return nil
	}
	if s.Postgres() {
		return postgresFault(s.path, err)
	}
	if why := sqliteFault(err); why != "" {
		return fmt.Errorf("database %s %s: %w", s.path, why, err)
	}
	return err
}
