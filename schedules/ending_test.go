package schedules

import (
	"testing"
	"time"

	"minesweep"
	"minesweep/db"
)

// TestLaneAtItsEndStaysWithItsNode: with one lane more than its part a node gives
// one back, but none that has nothing left to send or to ask.
func TestLaneAtItsEndStaysWithItsNode(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, s *db.Store) {
		f := newFarm(t, s)
		sweep := f.plan(2, nil)
		for _, name := range []string{"a", "b"} {
			if err := s.PutNode(t.Context(), db.Node{Name: name, Owner: db.Owner{Host: "test", PID: 1, Start: name}, StartedAt: time.Now()}); err != nil {
				t.Fatal(err)
			}
		}
		n := newNode(NodeConfig{Store: s, Name: "a", Log: f.log, Now: time.Now}, f.queue)
		lane := func(kind db.LaneKind, number int) *hold {
			t.Helper()
			run := db.LaneRun{Sweep: sweep.ID, Kind: kind, Lane: number, Run: 1}
			j, err := s.TakeLane(t.Context(), run, "a")
			if err != nil {
				t.Fatal(err)
			}
			return &hold{node: n, run: run, sweep: sweep, journal: j, since: time.Now()}
		}
		handedOver := func(h *hold, want bool) {
			t.Helper()
			h.given, n.shares = false, newShares(s)
			n.shares.held[half{sweep.ID, h.run.Kind}] = []int{0, 1, 2}
			if p := h.show(t.Context()); p.err != nil || p.surplus != want || len(n.shares.going) > 0 != want {
				t.Errorf("surplus %v, %v, going %v", p.surplus, p.err, n.shares.going)
			}
		}
		ask := lane(db.Ask, 0)
		handedOver(ask, true)
		for number := range 2 {
			h := lane(db.Discover, number)
			handedOver(h, true)
			if err := h.journal.Checkpoint(t.Context(), minesweep.Progress{Cursor: 128, Sent: 128}, nil); err != nil {
				t.Fatal(err)
			}
			handedOver(h, false)
			if err := h.journal.Leave(t.Context(), db.LaneDone, "", f.queue.Enqueue); err != nil {
				t.Fatal(err)
			}
		}
		handedOver(ask, false) // all is discovered, and nothing is left to ask
	})
}
