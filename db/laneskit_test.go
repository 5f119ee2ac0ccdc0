package db_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"minesweep"
	"minesweep/db"
)

// onEach runs a test of behaviour on each database; open opens the same one
// again, as another process does.
func onEach(t *testing.T, test func(t *testing.T, open func() *db.Store, c *clock)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		c, file := newClock(), newFile(t)
		test(t, func() *db.Store { return openStore(t, file, c) }, c)
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		c, url := newClock(), newDatabase(t)
		test(t, func() *db.Store { return openStore(t, url, c) }, c)
	})
}

// jobs is a queue of work that keeps its jobs in memory; what a transaction that
// fails has made is there too, as the tests for that know.
type jobs struct {
	mu    sync.Mutex
	queue map[string][]db.LaneRun
	fail  error
}

func (q *jobs) enqueue(_ context.Context, tx db.Tx, runs []db.LaneRun, queue string) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if tx.SQL() == nil && tx.PGX() == nil {
		return errors.New("a job outside of a transaction")
	}
	if q.queue == nil {
		q.queue = make(map[string][]db.LaneRun)
	}
	q.queue[queue] = append(q.queue[queue], runs...)
	return q.fail
}

// take returns the jobs of a queue and takes them off it.
func (q *jobs) take(queue string) []db.LaneRun {
	q.mu.Lock()
	defer q.mu.Unlock()
	runs := q.queue[queue]
	delete(q.queue, queue)
	return runs
}

func laned(t *testing.T, lanes int) db.SweepSpec {
	t.Helper()
	sp := spec(t, 1, nobody)
	sp.Queue, sp.Lanes = db.Nightly, lanes
	return sp
}

func plan(t *testing.T, s *db.Store, sp db.SweepSpec, q *jobs) db.Sweep {
	t.Helper()
	sweep, err := s.PlanSweep(t.Context(), sp, q.enqueue)
	must(t, err)
	return sweep
}

func takeLane(t *testing.T, s *db.Store, run db.LaneRun, node string) *db.Journal {
	t.Helper()
	j, err := s.TakeLane(t.Context(), run, node)
	must(t, err)
	return j
}

// cover settles all steps of a discover lane and leaves it as done.
func cover(t *testing.T, j *db.Journal, q *jobs, found ...minesweep.OpenPort) {
	t.Helper()
	total := j.Lane().Total
	must(t, j.Checkpoint(t.Context(), minesweep.Progress{Cursor: total, Sent: total - j.Lane().Cursor}, found))
	must(t, j.Leave(t.Context(), db.LaneDone, "", q.enqueue))
}

func states(t *testing.T, s *db.Store, sweep int64) []db.LaneState {
	t.Helper()
	lanes, err := s.Lanes(t.Context(), sweep)
	must(t, err)
	all := make([]db.LaneState, len(lanes))
	for i := range lanes {
		all[i] = lanes[i].State
	}
	return all
}

func wantStates(t *testing.T, s *db.Store, sweep int64, want ...db.LaneState) {
	t.Helper()
	if got := states(t, s, sweep); !slices.Equal(got, want) {
		t.Errorf("lanes are %v, want %v", got, want)
	}
}

func sweepOf(t *testing.T, s *db.Store, id int64) db.Sweep {
	t.Helper()
	sweep, err := s.Sweep(t.Context(), id)
	must(t, err)
	return sweep
}

func auditActions(t *testing.T, s *db.Store) []string {
	t.Helper()
	var all []string
	must(t, s.Audit(t.Context(), func(e db.AuditEntry) error { all = append(all, e.Action); return nil }))
	return all
}

func must2[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
