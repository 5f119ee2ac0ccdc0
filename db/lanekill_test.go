package db_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"minesweep"
	"minesweep/db"
)

const laneVictimFile = "MINESWEEP_TEST_LANE_VICTIM"

// TestLaneVictim is the node that TestKilledNodesLoseNothing kills; by itself it
// does nothing.
func TestLaneVictim(t *testing.T) {
	file := os.Getenv(laneVictimFile)
	if file == "" {
		t.Skip("only as a child of TestKilledNodesLoseNothing")
	}
	c, q := newClock(), &jobs{}
	s, err := db.Open(t.Context(), file, c.now)
	must(t, err)
	// The node before is dead, whatever the clock says, and with it its jobs.
	must2(s.Orphans(t.Context(), -time.Second, nil))
	must(t, s.SetStanding(t.Context(), 1, db.Running, "", q.enqueue))
	for sweepOf(t, s, 1).Status != db.Done {
		for _, run := range q.take(db.Nightly) {
			must(t, victimStint(t.Context(), s, run, c, q))
		}
	}
	fmt.Println("closed")
}

// victimStint runs a lane for a few steps and says what it has done.
func victimStint(ctx context.Context, s *db.Store, run db.LaneRun, c *clock, q *jobs) error {
	j, err := s.TakeLane(ctx, run, "victim")
	if err != nil {
		return err
	}
	from, total := j.Lane().Cursor, j.Lane().Total
	for step := from; step < min(from+5, total); step++ {
		p := minesweep.OpenPort{Target: walkTarget(run.Lane, step), At: c.now()}
		if err := j.Checkpoint(ctx, minesweep.Progress{Cursor: step + 1, Sent: step + 1 - from}, []minesweep.OpenPort{p}); err != nil {
			return err
		}
		fmt.Printf("walked %s\n", p.Target)
	}
	ports, _, err := j.Pending(ctx, 0, 5)
	if err != nil {
		return err
	}
	for _, p := range ports {
		if err := j.Settle(ctx, p, nil, miner(p.Target.Addr().String(), "", c)); err != nil {
			return err
		}
		fmt.Printf("asked %s\n", p.Target)
	}
	return j.Leave(ctx, db.LaneDone, "", q.enqueue)
}

func TestKilledNodesLoseNothing(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "killed.db")
	s := openStore(t, file, newClock())
	sweep := plan(t, s, walkSpec(t), &jobs{})
	said := make(map[string]int)
	for _, lines := range []int{20, 29, 23, 31, 0} {
		for _, line := range killedAfter(t, "TestLaneVictim", laneVictimFile+"="+file, lines, "walked ", "asked ") {
			said[line]++
		}
	}
	for line, n := range said {
		if n != 1 {
			t.Errorf("%d times: %s", n, line)
		}
	}
	got := sweepOf(t, s, sweep.ID)
	if got.Status != db.Done || got.Cursor != walkSteps || got.Open != walkSteps || got.Sent != walkSteps || len(hosts(t, s, sweep.ID)) != walkSteps {
		t.Errorf("at the end %+v, %d hosts", got, len(hosts(t, s, sweep.ID)))
	}
	if tally := must2(s.Tally(t.Context(), sweep.ID)); tally.Asked != walkSteps {
		t.Errorf("tally %+v", tally)
	}
	wantSeamless(t, s, sweep.ID)
}
