package db

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/uptrace/bun"
)

// lockKey is the advisory lock of PostgreSQL that stands for SQLite's one
// writer. It spells "MSWP".
const lockKey = applicationID

// longestWrite bounds a transaction on PostgreSQL, the wait for the lock
// included: a network that is cut must not hold its caller for ever.
const longestWrite = time.Minute

// write runs f in one transaction that holds the write lock from its begin:
// SQLite's own, or one advisory lock of the database. So what f reads stays so
// until it is committed, whoever else writes. Inside f nothing may use the store
// but through tx: the writer of SQLite has one connection.
func (s *Store) write(ctx context.Context, f func(ctx context.Context, tx bun.Tx) error) error {
	return s.writeJobs(ctx, func(ctx context.Context, tx Tx) error { return f(ctx, tx.Tx) })
}

// writeJobs is write for what makes River's jobs as well.
func (s *Store) writeJobs(ctx context.Context, f func(ctx context.Context, tx Tx) error) error {
	return s.transact(ctx, f, fmt.Sprintf("SELECT pg_advisory_xact_lock(%d)", lockKey))
}

// writeOwn is write that does without the lock of PostgreSQL: for whoever writes
// rows that are its own, such as the checkpoint of a lane, and reads nothing that
// others write.
func (s *Store) writeOwn(ctx context.Context, f func(ctx context.Context, tx bun.Tx) error) error {
	return s.transact(ctx, func(ctx context.Context, tx Tx) error { return f(ctx, tx.Tx) })
}

// writeDurably is write that is on the disk when it returns. A revocation or
// an exclusion must not be undone by a loss of power.
func (s *Store) writeDurably(ctx context.Context, f func(ctx context.Context, tx bun.Tx) error) error {
	if s.Postgres() {
		return s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
			if _, err := tx.ExecContext(ctx, "SET LOCAL synchronous_commit = on"); err != nil {
				return err
			}
			return f(ctx, tx)
		})
	}
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

// transact runs f in one transaction; on PostgreSQL begin is run before it.
func (s *Store) transact(ctx context.Context, f func(ctx context.Context, tx Tx) error, begin ...string) error {
	if !s.Postgres() {
		return s.explain(s.writer.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error { return f(ctx, Tx{Tx: tx}) }))
	}
	ctx, cancel := context.WithTimeout(ctx, longestWrite)
	defer cancel()
	conn, err := s.writer.Conn(ctx)
	if err != nil {
		return s.explain(err)
	}
	err = onConn(ctx, conn, func(ctx context.Context, tx Tx) error {
		for _, statement := range begin {
			if _, err := tx.Tx.Tx.ExecContext(ctx, statement); err != nil {
				return err
			}
		}
		return f(ctx, tx)
	})
	return s.explain(errors.Join(err, conn.Close()))
}

// onConn runs f in a transaction of bun and of pgx at once, on their one
// connection. database/sql would roll back from another goroutine when ctx ends,
// while River is on the connection: so the transaction has a context of its own,
// which ends with ctx only while it is committed.
func onConn(ctx context.Context, conn bun.Conn, f func(ctx context.Context, tx Tx) error) error {
	own, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	bare, err := pgxConn(conn)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	tx, err := conn.BeginTx(own, nil)
	if err != nil {
		return err
	}
	done := false
	defer func() {
		if !done {
			_ = tx.Rollback()
		}
	}()
	if err := f(ctx, Tx{tx, bare}); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, cancel)
	defer stop()
	done = true
	return tx.Commit()
}

func pgxConn(conn bun.Conn) (bare *pgx.Conn, err error) {
	err = conn.Raw(func(c any) error {
		holder, ok := c.(interface{ Conn() *pgx.Conn })
		if !ok {
			return fmt.Errorf("a connection of %T is none of pgx", c)
		}
		bare = holder.Conn()
		return nil
	})
	return bare, err
}

// within runs f in a savepoint of tx. It is bun's RunInTx, which would give f the
// context of the transaction.
func within(ctx context.Context, tx bun.Tx, f func(ctx context.Context, tx bun.Tx) error) error {
	point, err := tx.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := f(ctx, point); err != nil {
		return errors.Join(err, point.Rollback())
	}
	return point.Commit()
}
