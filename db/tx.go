package db

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/uptrace/bun"
)

// Tx is one transaction of the store for whoever writes beside it: a job that
// River inserts by it is there if and only if the store's own rows are.
type Tx struct {
	bun.Tx
	conn *pgx.Conn // the connection that the transaction is on; nil on SQLite
}

// SQL returns the transaction for riversqlite's InsertTx; nil on PostgreSQL.
func (t Tx) SQL() *sql.Tx {
	if t.conn != nil {
		return nil
	}
	return t.Tx.Tx
}

// PGX returns the transaction for riverpgxv5's InsertTx; nil on SQLite. It does
// not end the store's: Commit and Rollback of it do nothing.
func (t Tx) PGX() pgx.Tx {
	if t.conn == nil {
		return nil
	}
	return beside{t.conn}
}

// beside is the store's transaction on PostgreSQL in the hands of another.
type beside struct{ conn *pgx.Conn }

// Begin makes a savepoint.
func (b beside) Begin(ctx context.Context) (pgx.Tx, error) { return newSavepoint(ctx, b.conn, 1) }

// Commit does nothing: the store commits.
func (b beside) Commit(context.Context) error { return nil }

// Rollback does nothing: the store rolls back when its function fails.
func (b beside) Rollback(context.Context) error { return nil }

// Conn returns the connection that the transaction is on.
func (b beside) Conn() *pgx.Conn { return b.conn }

// CopyFrom passes on.
func (b beside) CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, rows pgx.CopyFromSource) (int64, error) {
	return b.conn.CopyFrom(ctx, table, columns, rows)
}

// SendBatch passes on.
func (b beside) SendBatch(ctx context.Context, batch *pgx.Batch) pgx.BatchResults {
	return b.conn.SendBatch(ctx, batch)
}

// LargeObjects is there because pgx.Tx has it; it cannot be used.
func (b beside) LargeObjects() pgx.LargeObjects { return pgx.LargeObjects{} }

// Prepare passes on.
func (b beside) Prepare(ctx context.Context, name, sql string) (*pgconn.StatementDescription, error) {
	return b.conn.Prepare(ctx, name, sql)
}

// Exec passes on.
func (b beside) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	return b.conn.Exec(ctx, sql, args...)
}

// Query passes on.
func (b beside) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	return b.conn.Query(ctx, sql, args...)
}

// QueryRow passes on.
func (b beside) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	return b.conn.QueryRow(ctx, sql, args...)
}

// savepoint is a transaction within the store's.
type savepoint struct {
	beside
	depth  int // its name; those above end first
	closed bool
}

func newSavepoint(ctx context.Context, conn *pgx.Conn, depth int) (*savepoint, error) {
	_, err := conn.Exec(ctx, fmt.Sprintf("SAVEPOINT beside_%d", depth))
	return &savepoint{beside: beside{conn}, depth: depth}, err
}

// Begin makes a savepoint within.
func (s *savepoint) Begin(ctx context.Context) (pgx.Tx, error) {
	return newSavepoint(ctx, s.conn, s.depth+1)
}

// Commit releases the savepoint.
func (s *savepoint) Commit(ctx context.Context) error {
	return s.end(ctx, "RELEASE SAVEPOINT beside_%d")
}

// Rollback goes back to the savepoint.
func (s *savepoint) Rollback(ctx context.Context) error {
	return s.end(ctx, "ROLLBACK TO SAVEPOINT beside_%d")
}

func (s *savepoint) end(ctx context.Context, how string) error {
	if s.closed {
		return pgx.ErrTxClosed
	}
	s.closed = true
	_, err := s.conn.Exec(ctx, fmt.Sprintf(how, s.depth))
	return err
}
