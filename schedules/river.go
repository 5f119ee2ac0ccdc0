package schedules

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"

	"minesweep/db"
)

// client is River's client without its type parameter, the transaction of a driver.
type client interface {
	Start(ctx context.Context) error
	Stop(ctx context.Context) error
	StopAndCancel(ctx context.Context) error
	insert(ctx context.Context, tx db.Tx, jobs []river.InsertManyParams) error
	insertNow(ctx context.Context, jobs []river.InsertManyParams) error
	list(ctx context.Context, params *river.JobListParams) ([]*rivertype.JobRow, error)
}

// clientOf is the client of one driver.
type clientOf[T any] struct {
	*river.Client[T]
	of func(db.Tx) T
}

func (c clientOf[T]) insert(ctx context.Context, tx db.Tx, jobs []river.InsertManyParams) error {
	_, err := c.InsertManyTx(ctx, c.of(tx), jobs)
	return err
}

func (c clientOf[T]) insertNow(ctx context.Context, jobs []river.InsertManyParams) error {
	_, err := c.InsertMany(ctx, jobs)
	return err
}

func (c clientOf[T]) list(ctx context.Context, params *river.JobListParams) ([]*rivertype.JobRow, error) {
	res, err := c.JobList(ctx, params)
	if err != nil {
		return nil, err
	}
	return res.Jobs, nil
}

func newClient(s *db.Store, config *river.Config) (client, error) {
	if s.Postgres() {
		c, err := river.NewClient(riverpgxv5.New(s.Pool()), config)
		return clientOf[pgx.Tx]{c, db.Tx.PGX}, err
	}
	c, err := river.NewClient(riversqlite.New(s.Writer()), config)
	return clientOf[*sql.Tx]{c, db.Tx.SQL}, err
}

func decodeLaneArgs(text []byte) (args laneArgs, err error) {
	err = json.Unmarshal(text, &args)
	return args, err
}

// tablesLock is the advisory lock of PostgreSQL under which one process at a
// time makes River's tables.
const tablesLock = 0x6d696e65_71756575

// bringUp makes River's tables what this version needs. It may be run by several
// processes at once, and again.
func bringUp(ctx context.Context, s *db.Store, log *slog.Logger) error {
	if !s.Postgres() {
		return migrateAgain(ctx, riversqlite.New(s.Writer()), log)
	}
	conn, err := s.Pool().Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1)", int64(tablesLock)); err != nil {
		return err
	}
	defer func() {
		_, _ = conn.Exec(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", int64(tablesLock))
	}()
	return migrateAgain(ctx, riverpgxv5.New(s.Pool()), log)
}

// migrateTries is how often another process may have come first: each makes one
// of River's seven steps at least.
const migrateTries = 10

// migrateAgain tries again where another process made a table in between, which
// SQLite has no lock against that outlives a transaction.
func migrateAgain[T any](ctx context.Context, driver riverdriver.Driver[T], log *slog.Logger) error {
	m, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: log})
	if err != nil {
		return err
	}
	for range migrateTries {
		valid, verr := m.Validate(ctx, nil)
		if verr == nil && valid.OK {
			return nil
		}
		if _, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil); err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
	return fmt.Errorf("its tables could not be made: %w", err)
}
