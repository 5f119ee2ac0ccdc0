package db_test

import (
	"context"
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"

	"minesweep/db"
)

// laneJob is a job as River has it.
type laneJob struct{ db.LaneRun }

func (laneJob) Kind() string { return "lane" }

// riverEnqueue makes River's tables, and returns what makes its jobs.
func riverEnqueue(t *testing.T, s *db.Store) db.Enqueue {
	t.Helper()
	if s.Postgres() {
		return enqueueBy(t, riverpgxv5.New(s.Pool()), db.Tx.PGX)
	}
	return enqueueBy(t, riversqlite.New(s.Writer()), db.Tx.SQL)
}

func enqueueBy[T any](t *testing.T, driver riverdriver.Driver[T], of func(db.Tx) T) db.Enqueue {
	t.Helper()
	migrator, err := rivermigrate.New(driver, nil)
	must(t, err)
	_, err = migrator.Migrate(t.Context(), rivermigrate.DirectionUp, nil)
	must(t, err)
	client, err := river.NewClient(driver, &river.Config{})
	must(t, err)
	return func(ctx context.Context, tx db.Tx, runs []db.LaneRun, _ string) error {
		for _, run := range runs {
			if _, err := client.InsertTx(ctx, of(tx), laneJob{run}, nil); err != nil {
				return err
			}
		}
		return nil
	}
}

func TestJobsAndRowsAreOneTransaction(t *testing.T) {
	eachNew(t, func(t *testing.T, s *db.Store, _ *clock) {
		enqueue := riverEnqueue(t, s)
		raw := rawDB(t, path(t, s))
		expect := func(sweeps, jobs int, when string) {
			t.Helper()
			var gotSweeps, gotJobs int
			must(t, raw.QueryRow("SELECT (SELECT count(*) FROM sweeps), (SELECT count(*) FROM river_job)").Scan(&gotSweeps, &gotJobs))
			if gotSweeps != sweeps || gotJobs != jobs {
				t.Errorf("%s: %d sweeps and %d jobs, want %d and %d", when, gotSweeps, gotJobs, sweeps, jobs)
			}
		}
		lost := errors.New("lost")
		_, err := s.PlanSweep(t.Context(), laned(t, 2), func(ctx context.Context, tx db.Tx, runs []db.LaneRun, queue string) error {
			return errors.Join(enqueue(ctx, tx, runs, queue), lost)
		})
		if !errors.Is(err, lost) {
			t.Errorf("got %v", err)
		}
		expect(0, 0, "rolled back")
		_, err = s.PlanSweep(t.Context(), laned(t, 2), enqueue)
		must(t, err)
		expect(1, 4, "committed")
	})
}

// TestWhoWritesBesideEndsNothing: Begin, Commit and Rollback of the transaction
// that another is given concern its own part only.
func TestWhoWritesBesideEndsNothing(t *testing.T) {
	s := openStore(t, newDatabase(t), newClock())
	raw := rawDB(t, path(t, s))
	must1(t)(raw.Exec("CREATE TABLE notes (word text)"))
	_, err := s.PlanSweep(t.Context(), laned(t, 1), func(ctx context.Context, tx db.Tx, _ []db.LaneRun, queue string) error {
		if queue == "" || tx.SQL() != nil {
			return errors.New("no queue, or a transaction of SQLite")
		}
		outer := tx.PGX()
		kept, err := outer.Begin(ctx)
		must(t, err)
		must1(t)(kept.Exec(ctx, "INSERT INTO notes VALUES ('kept')"))
		inner, err := kept.Begin(ctx)
		must(t, err)
		must1(t)(inner.Exec(ctx, "INSERT INTO notes VALUES ('undone')"))
		if _, err := inner.Exec(ctx, "SELECT 1/0"); err == nil {
			return errors.New("no error where one is due")
		}
		must(t, inner.Rollback(ctx))
		if err := inner.Commit(ctx); !errors.Is(err, pgx.ErrTxClosed) {
			t.Errorf("a savepoint that was rolled back is committed: %v", err)
		}
		must(t, kept.Commit(ctx))
		return errors.Join(outer.Commit(ctx), outer.Rollback(ctx))
	})
	must(t, err)
	var words string
	must(t, raw.QueryRow("SELECT string_agg(word, ' ') FROM notes").Scan(&words))
	if words != "kept kept" && words != "kept" {
		t.Errorf("notes %q", words)
	}
	if all, err := s.Sweeps(t.Context()); err != nil || len(all) != 1 {
		t.Errorf("%d sweeps, %v", len(all), err)
	}
}

// must1 fails the test where a call of two results did.
func must1(t *testing.T) func(_ any, err error) {
	return func(_ any, err error) {
		t.Helper()
		must(t, err)
	}
}

// TestCancelledWriteLeavesNothing: the transaction of a caller that went away is
// rolled back, and its lock given back.
func TestCancelledWriteLeavesNothing(t *testing.T) {
	eachNew(t, func(t *testing.T, s *db.Store, _ *clock) {
		ctx, cancel := context.WithCancel(t.Context())
		_, err := s.PlanSweep(ctx, laned(t, 1), func(context.Context, db.Tx, []db.LaneRun, string) error {
			cancel()
			return nil
		})
		if err == nil {
			t.Error("a cancelled plan was stored")
		}
		all, err := s.Sweeps(t.Context())
		must(t, err)
		if len(all) != 0 {
			t.Errorf("%d sweeps", len(all))
		}
		must(t, s.Note(t.Context(), "still", "writes"))
	})
}
