package schedules

import (
	"testing"
	"time"

	"minesweep/db"
	"minesweep/lab/postgres"
)

// TestLanesStayWithTheirNodeWhileTheDatabaseStartsAnew has a server of its own: it crashes.
func TestLanesStayWithTheirNodeWhileTheDatabaseStartsAnew(t *testing.T) {
	t.Parallel()
	own, err := postgres.Start(t.Context(), postgres.Options{})
	postgres.Need(t, err)
	t.Cleanup(func() { _ = own.Close() })
	if err := own.CreateDatabase(t.Context(), "nodes", ""); err != nil {
		t.Fatal(err)
	}
	s := openStore(t, own.URL("nodes"))
	f, a, sweep, tokens := begunFarm(t, s, 100)
	if err := own.Crash(); err != nil {
		t.Fatal(err)
	}
	give(tokens, 20) // a checkpoint of each lane meets no server
	time.Sleep(300 * time.Millisecond)
	if err := own.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.until(sweep.ID, "at 120", func(s db.Sweep, _ []db.Lane) bool { return s.Cursor == 120 })
	lanes, err := s.Lanes(t.Context(), sweep.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lanes {
		if l.State != db.OnRun || l.Node != "a" || l.Runs != 1 {
			t.Errorf("%s lane %d is %s with %q in run %d", l.Kind, l.Lane, l.State, l.Node, l.Runs)
		}
	}
	give(tokens, 500)
	done := f.untilStatus(sweep.ID, db.Done)
	f.all(256, a.crewOf)
	if done.Open != 26 || done.Sent != 256 || done.Resent != 0 || len(hostsOf(t, s, sweep.ID)) != 26 {
		t.Errorf("open %d, sent %d, resent %d, hosts %d", done.Open, done.Sent, done.Resent, len(hostsOf(t, s, sweep.ID)))
	}
}
