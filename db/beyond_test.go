package db_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"minesweep"
	"minesweep/db"
)

func beyond(to uint64, left ...uint64) minesweep.Beyond { return minesweep.Beyond{To: to, Left: left} }

// TestWhatIsSettledAboveTheCursorIsNotPlannedAgain: the run after one that died
// gets all that its last checkpoint said, and only the rest counts as sent again.
func TestWhatIsSettledAboveTheCursorIsNotPlannedAgain(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *db.Store, c *clock) {
		s, q := open(), &jobs{}
		sweep := plan(t, s, laned(t, 1), q)
		j := takeLane(t, s, db.LaneRun{Sweep: sweep.ID, Kind: db.Discover, Run: 1}, "a")
		if p := j.Plan(); p.Cursor != 0 || !reflect.DeepEqual(p.Beyond, minesweep.Beyond{}) {
			t.Errorf("the first plan begins at %d and %+v", p.Cursor, p.Beyond)
		}
		// 10 and 88 are settled, 5 were in flight.
		must(t, j.Checkpoint(t.Context(), minesweep.Progress{Cursor: 10, Sent: 100, Refused: 3, Beyond: beyond(100, 10, 50)}, nil))
		if got := j.Plan().Beyond; !reflect.DeepEqual(got, beyond(100, 10, 50)) {
			t.Errorf("its own plan says %+v", got)
		}
		c.move(time.Minute)
		if lost := must2(s.Orphans(t.Context(), 15*time.Second, q.enqueue)); len(lost) != 1 {
			t.Fatalf("lost %v", lost)
		}
		must(t, s.Close())
		s = open()
		next := takeLane(t, s, db.LaneRun{Sweep: sweep.ID, Kind: db.Discover, Run: 2}, "b")
		if p := next.Plan(); p.Cursor != 10 || !reflect.DeepEqual(p.Beyond, beyond(100, 10, 50)) {
			t.Errorf("the next plan begins at %d and %+v", p.Cursor, p.Beyond)
		}
		if got := next.Lane().Resent; got != 5 {
			t.Errorf("%d count as sent again, want 5", got)
		}
		stints := must2(s.Stints(t.Context(), db.StintFilter{Sweep: sweep.ID}))
		if len(stints) != 2 || stints[0].Skips.To != 0 || !reflect.DeepEqual(stints[1].Skips, beyond(100, 10, 50)) {
			t.Errorf("stints %+v", stints)
		}
		// What counts is a lane's whole; where it is done nothing is beyond it.
		must(t, next.Checkpoint(t.Context(), minesweep.Progress{Cursor: 512, Sent: 414}, nil))
		must(t, next.Leave(t.Context(), db.LaneDone, "", q.enqueue))
		lanes := must2(s.Lanes(t.Context(), sweep.ID))
		if lanes[0].State != db.LaneDone || lanes[0].Beyond.To != 0 || lanes[0].Sent != 514 {
			t.Errorf("lane %+v", lanes[0])
		}
	})
}

// TestALateCheckpointMovesNothingBack: what is settled stays so, and the one that
// knows of more of it is right.
func TestALateCheckpointMovesNothingBack(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *db.Store, _ *clock) {
		s, q := open(), &jobs{}
		sweep := plan(t, s, laned(t, 1), q)
		j := takeLane(t, s, db.LaneRun{Sweep: sweep.ID, Kind: db.Discover, Run: 1}, "a")
		for _, tt := range []struct {
			name   string
			told   minesweep.Progress
			cursor uint64
			beyond minesweep.Beyond
		}{
			{"first", minesweep.Progress{Cursor: 10, Beyond: beyond(100, 10, 50)}, 10, beyond(100, 10, 50)},
			{"late", minesweep.Progress{Cursor: 10, Beyond: beyond(60, 10, 50)}, 10, beyond(100, 10, 50)},
			{"late, of its begin", minesweep.Progress{}, 10, beyond(100, 10, 50)},
			{"more of it", minesweep.Progress{Cursor: 10, Beyond: beyond(120, 10, 50, 110)}, 10, beyond(120, 10, 50, 110)},
			{"a cursor alone", minesweep.Progress{Cursor: 50}, 50, beyond(120, 50, 110)},
			{"less of it, and above", minesweep.Progress{Cursor: 52, Beyond: beyond(80, 52)}, 52, beyond(120, 110)},
			{"past it", minesweep.Progress{Cursor: 130, Beyond: beyond(140, 130)}, 130, beyond(140, 130)},
			{"farther than can be told", minesweep.Progress{Cursor: 131, Beyond: beyond(1<<30, 131)}, 131, beyond(131+minesweep.BeyondSpan, 131)},
		} {
			must(t, j.Checkpoint(t.Context(), tt.told, nil))
			lane := must2(s.Lanes(t.Context(), sweep.ID))[0]
			for who, got := range map[string]minesweep.Progress{"the store": lane.Progress, "the journal": j.Lane().Progress} {
				if got.Cursor != tt.cursor || !reflect.DeepEqual(got.Beyond, tt.beyond) {
					t.Errorf("%s: %s says %d and %+v, want %d and %+v", tt.name, who, got.Cursor, got.Beyond, tt.cursor, tt.beyond)
				}
			}
		}
	})
}

// TestAScanGoesOnBeyondItsCursor when it was killed, and when it was stopped; and
// what no version of ours has stored says nothing.
func TestAScanGoesOnBeyondItsCursor(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *db.Store, _ *clock) {
		s := open()
		killed := begin(t, s)
		must(t, killed.Checkpoint(t.Context(), minesweep.Progress{Cursor: 10, Sent: 98, Beyond: beyond(100, 10, 50)}, nil))
		next := begin(t, s)
		if p := next.Plan(); p.Cursor != 10 || !reflect.DeepEqual(p.Beyond, beyond(100, 10, 50)) || next.Lane().Resent != 0 {
			t.Errorf("killed, it goes on at %d and %+v", p.Cursor, p.Beyond)
		}
		must(t, next.Close(t.Context(), db.Stopped, ""))
		resume := func() *db.Journal {
			t.Helper()
			return must2(s.ResumeSweep(t.Context(), 1, db.ResumeSpec{Owner: db.Owner{Host: "here", PID: 2}, Alive: nobody}))
		}
		j := resume()
		if p := j.Plan(); p.Cursor != 10 || !reflect.DeepEqual(p.Beyond, beyond(100, 10, 50)) {
			t.Errorf("stopped, it goes on at %d and %+v", p.Cursor, p.Beyond)
		}
		must(t, j.Close(t.Context(), db.Stopped, ""))
		garble := "UPDATE lanes SET beyond = x'0a02'"
		if s.Postgres() {
			garble = `UPDATE lanes SET beyond = '\x0a02'`
			must1(t)(s.Pool().Exec(t.Context(), garble))
		} else {
			must1(t)(s.Writer().ExecContext(t.Context(), garble))
		}
		j = resume()
		if p := j.Plan(); p.Cursor != 10 || p.Beyond.To != 0 || j.Lane().Resent != 88 {
			t.Errorf("it goes on at %d and %+v, %d are sent again", p.Cursor, p.Beyond, j.Lane().Resent)
		}
		stints := must2(s.Stints(t.Context(), db.StintFilter{Sweep: 1}))
		var skips []string
		for _, stint := range stints {
			skips = append(skips, string(stint.Skips.Bytes()))
		}
		known := string(beyond(100, 10, 50).Bytes())
		if want := strings.Join([]string{"", known, known, ""}, "|"); strings.Join(skips, "|") != want {
			t.Errorf("stints skip %q", skips)
		}
	})
}
