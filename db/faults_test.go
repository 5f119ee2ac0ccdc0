package db_test

import (
	"testing"

	"minesweep"
	"minesweep/db"
)

// TestFaultsOfLanesAddUp: errors are counted by kind over runs, lanes and the
// sweep, and never go back.
func TestFaultsOfLanesAddUp(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *db.Store, _ *clock) {
		s, q := open(), &jobs{}
		sweep := plan(t, s, laned(t, 2), q)
		checkpoint := func(j *db.Journal, cursor uint64, f minesweep.Faults) {
			t.Helper()
			must(t, j.Checkpoint(t.Context(), minesweep.Progress{Cursor: cursor, Errors: f.Sum(), Faults: f}, nil))
		}
		run := func(lane int, run int64) *db.Journal {
			return takeLane(t, s, db.LaneRun{Sweep: sweep.ID, Kind: db.Discover, Lane: lane, Run: run}, "n")
		}

		first, other := run(0, 1), run(1, 1)
		if got := sweepOf(t, s, sweep.ID); got.Faults != (minesweep.Faults{}) {
			t.Errorf("before any: %s", got.Faults)
		}
		checkpoint(first, 3, minesweep.Faults{minesweep.NoRoute: 2})
		checkpoint(first, 9, minesweep.Faults{minesweep.NoRoute: 5, minesweep.NetworkDown: 1})
		checkpoint(first, 4, minesweep.Faults{minesweep.NoRoute: 3}) // late
		checkpoint(other, 1, minesweep.Faults{minesweep.NotPermitted: 1})
		must(t, first.Leave(t.Context(), db.Ready, "", q.enqueue))

		second := run(0, 2)
		checkpoint(second, 10, minesweep.Faults{minesweep.NoRoute: 1})
		must(t, second.Checkpoint(t.Context(), minesweep.Progress{Cursor: 12, Errors: 3, Faults: minesweep.Faults{minesweep.NoRoute: 1}}, nil))

		want := minesweep.Faults{minesweep.NoRoute: 6, minesweep.NetworkDown: 1, minesweep.OtherFault: 2}
		lanes, err := open().Lanes(t.Context(), sweep.ID)
		must(t, err)
		if lanes[0].Faults != want || lanes[0].Errors != want.Sum() {
			t.Errorf("lane 0: %d errors, %s; want %s", lanes[0].Errors, lanes[0].Faults, want)
		}
		want[minesweep.NotPermitted] = 1
		if got := sweepOf(t, s, sweep.ID); got.Faults != want || got.Errors != want.Sum() {
			t.Errorf("sweep: %d errors, %s; want %s", got.Errors, got.Faults, want)
		}
	})
}

// TestErrorsOfOlderLanesHaveNoKind: a count without kinds, or with what nobody
// can read, stays a count.
func TestErrorsOfOlderLanesHaveNoKind(t *testing.T) {
	eachNew(t, func(t *testing.T, s *db.Store, _ *clock) {
		j := begin(t, s)
		for _, text := range []string{"", "nonsense", `{"network is down":-1}`, `[1]`} {
			must1(t)(rawDB(t, path(t, s)).Exec("UPDATE lanes SET errors = 7, faults = '" + text + "'"))
			if got := sweepOf(t, s, j.Sweep().ID); got.Errors != 7 || got.Faults != (minesweep.Faults{minesweep.OtherFault: 7}) {
				t.Errorf("%q: %d errors, %s", text, got.Errors, got.Faults)
			}
		}
	})
}
