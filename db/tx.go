package db

import (
	"context"
	"database/sql"

	"github.com/jackc/pgx/v5"
	"github.com/uptrace/bun"
)

// Tx is one transaction of the store for whoever writes beside it: the work
// queue's jobs are made in the transaction that makes them due.
type Tx struct{ bun.Tx }

// SQL returns the transaction on SQLite, and nil on PostgreSQL.
func (t Tx) SQL() *sql.Tx { return t.Tx.Tx }

// PGX returns the transaction on PostgreSQL, and nil on SQLite.
func (t Tx) PGX() pgx.Tx { return nil }

// writeJobs is [Store.write] for what makes jobs as well.
func (s *Store) writeJobs(ctx context.Context, f func(ctx context.Context, tx Tx) error) error {
	return s.write(ctx, func(ctx context.Context, tx bun.Tx) error { return f(ctx, Tx{tx}) })
}

// writeOwn is [Store.write] for what touches rows that nobody else writes: it
// does not wait for other writers where the database can do without.
func (s *Store) writeOwn(ctx context.Context, f func(ctx context.Context, tx bun.Tx) error) error {
	return s.write(ctx, f)
}
