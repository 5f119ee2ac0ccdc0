package schedules

import (
	"context"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"

	"minesweep"
	"minesweep/db"
)

func TestOnDemandSweepWaitsForNoNightlyOne(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, s *db.Store) {
		f := newFarm(t, s)
		tokens := make(chan struct{}, 1000)
		crew := newCrew(tokens)
		crew.free = func(o Order) bool { return o.Sweep.Queue == db.OnDemand }
		f.join("a", crew, func(n *node) { n.slots = 4 })
		nightly := f.plan(4, func(spec *db.SweepSpec) { spec.Queue = db.Nightly })
		f.until(nightly.ID, "in all slots", func(_ db.Sweep, lanes []db.Lane) bool { return !none(lanes, db.OnRun) })
		quick := f.plan(1, nil)
		f.untilStatus(quick.ID, db.Done)
		if s, err := s.Sweep(t.Context(), nightly.ID); err != nil || s.Status != db.Running || s.Cursor != 0 {
			t.Errorf("the nightly sweep: %+v, %v", s, err)
		}
	})
}

// TestNodeSaysThatItLives: whoever watches the loop of a node sees it turn.
func TestNodeSaysThatItLives(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, s *db.Store) {
		f := newFarm(t, s)
		turns := make(chan struct{})
		f.join("a", newCrew(nil), func(n *node) {
			n.turned = func() {
				select {
				case turns <- struct{}{}:
				case <-t.Context().Done():
				}
			}
		})
		for range 3 {
			<-turns
		}
	})
}

func TestNodeWithAWrongClockTakesNothing(t *testing.T) {
	t.Parallel()
	for skew, want := range map[time.Duration]string{
		1900 * time.Millisecond:  "",
		-2100 * time.Millisecond: "its clock is 2.1s behind the database's; set it by NTP",
		time.Hour:                "its clock is 1h0m0s ahead of the database's; set it by NTP",
	} {
		if got := Unfit(db.Node{Skew: skew}); got != want {
			t.Errorf("%s: %q, want %q", skew, got, want)
		}
		n := newNode(NodeConfig{Name: "a", Log: slog.New(slog.DiscardHandler), Now: time.Now}, nil)
		n.skew = skew
		if got := n.unfit(); got != want {
			t.Errorf("%s: %q, want %q", skew, got, want)
		}
	}
}

func TestNameOfANodeThatLivesIsTaken(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, s *db.Store) {
		owner := db.Owner{Host: "here", PID: 7, Start: "1"}
		if err := s.PutNode(t.Context(), db.Node{Name: "a", Owner: owner, StartedAt: time.Now()}); err != nil {
			t.Fatal(err)
		}
		second := NodeConfig{Store: s, Name: "a", Owner: db.Owner{Host: "here", PID: 8, Start: "2"}, Now: time.Now,
			Alive: func(db.Owner) bool { return true }}
		want := "node a lives already (process 7 on here, since "
		if !s.Postgres() {
			want = "the store is worked by node a (process 7 on here, since "
		}
		if err := join(t.Context(), second); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v", err)
		}
		second.Alive = func(db.Owner) bool { return false } // kill -9 a moment ago
		if err := join(t.Context(), second); err != nil {
			t.Errorf("after the first was killed: %v", err)
		}
		second.Name = " "
		if err := join(t.Context(), second); err == nil || !strings.Contains(err.Error(), "it has no name") {
			t.Errorf("got %v", err)
		}
	})
}

func TestPartOfANode(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ lanes, nodes, want int }{{8, 1, 8}, {8, 2, 4}, {8, 3, 3}, {1, 3, 1}, {0, 3, 0}, {5, 0, 5}} {
		if got := partOf(c.lanes, c.nodes); got != c.want {
			t.Errorf("%d lanes of %d nodes: %d, want %d", c.lanes, c.nodes, got, c.want)
		}
	}
}

func TestAbleNodes(t *testing.T) {
	t.Parallel()
	nodes := []db.Node{
		{Name: "syn", Engines: []string{"syn", "connect"}, Alive: true},
		{Name: "connect", Engines: []string{"connect"}, Alive: true},
		{Name: "dead", Engines: []string{"syn", "connect"}},
		{Name: "skewed", Engines: []string{"syn", "connect"}, Alive: true, Skew: time.Minute},
	}
	for engine, want := range map[string]int{"auto": 2, "": 2, "syn": 1, "connect": 2, "naabu": 2} {
		if got := Able(nodes, engine); got != want {
			t.Errorf("%q: %d, want %d", engine, got, want)
		}
	}
	if got := able(nodes, db.Ask, "syn"); got != 2 {
		t.Errorf("questions need no engine: %d nodes", got)
	}
}

// papers are grants, and schedules that name them.
type papers struct {
	grants    []minesweep.Grant
	schedules []db.Schedule
}

func (p papers) Grants(context.Context) ([]minesweep.Grant, error)         { return p.grants, nil }
func (p papers) Exclusions(context.Context) ([]minesweep.Exclusion, error) { return nil, nil }
func (p papers) Schedules(context.Context) ([]db.Schedule, error)          { return p.schedules, nil }

func TestHoursLeft(t *testing.T) {
	t.Parallel()
	window := func(hours string) minesweep.Window {
		w, err := minesweep.ParseWindow(hours, "UTC")
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	at := func(hour, minute int) time.Time { return time.Date(2026, 11, 21, hour, minute, 0, 0, time.UTC) }
	grant := func(hours string, ends time.Time) []minesweep.Grant {
		return []minesweep.Grant{{Name: "g", Prefixes: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}, Window: window(hours), ValidTo: ends}}
	}
	for name, c := range map[string]struct {
		window string
		grants []minesweep.Grant
		until  time.Time
		shut   bool
	}{
		"at all hours":              {"", grant("", time.Time{}), time.Time{}, false},
		"its own window":            {"01:00-06:30", grant("", time.Time{}), at(6, 30), false},
		"its own window, shut":      {"04:00-06:30", grant("", time.Time{}), time.Time{}, true},
		"the grant's hours":         {"01:00-06:30", grant("02:00-05:00", time.Time{}), at(5, 0), false},
		"the grant's hours, shut":   {"01:00-06:30", grant("04:00-05:00", time.Time{}), time.Time{}, true},
		"the grant's last day":      {"01:00-06:30", grant("", at(3, 30)), at(3, 30), false},
		"a grant that ended before": {"01:00-06:30", grant("", at(1, 0)), at(6, 30), false},
	} {
		p := papers{grants: c.grants}
		sweep := db.Sweep{Targets: "192.0.2.0/25", Window: window(c.window)}
		until, shut, err := hoursLeft(t.Context(), p, p, sweep, at(3, 0))
		if err != nil || !until.Equal(c.until) || (shut != "") != c.shut {
			t.Errorf("%s: until %s, shut %q, %v", name, until, shut, err)
		}
	}
}
