package schedules

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"go4.org/netipx"

	"minesweep"
	"minesweep/db"
)

// street is a network in memory: what each address answers on port 4028. It is
// asker, judge and assessor in one.
type street struct {
	mu    sync.Mutex
	says  map[string]string // the MAC that an address shows; absent: silent
	asked []string
	fail  error
}

func (n *street) Ask(_ context.Context, port minesweep.OpenPort, _ minesweep.Known) ([]minesweep.Reply, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.fail != nil {
		return nil, n.fail
	}
	n.asked = append(n.asked, port.Target.String())
	mac, ok := n.says[port.Target.Addr().String()]
	if !ok {
		return nil, nil
	}
	return []minesweep.Reply{{Target: port.Target, Probe: "p", Request: []byte("q"), Raw: []byte("mac " + mac)}}, nil
}

func (n *street) Judge(replies []minesweep.Reply) []minesweep.Evidence {
	if len(replies) == 0 {
		return nil
	}
	return []minesweep.Evidence{{Strength: minesweep.Confirm}}
}

func (n *street) Assess(o minesweep.Observation) minesweep.Host {
	h := minesweep.Host{Address: o.Address, Verdict: minesweep.Silent}
	if len(o.Evidence) > 0 {
		h.Verdict, h.Class, h.Vendor, h.MAC = minesweep.Confirmed, minesweep.ASIC, "Bitmain", string(o.Replies[0].Raw[4:])
		h.Firmware = "as verified"
	}
	for _, p := range o.Ports {
		h.Ports = append(h.Ports, minesweep.HostPort{Port: p.Target.Port()})
	}
	return h
}

// verifying is a store with assets 10.0.0.1 to 10.0.0.n, seen at 01:00, a
// schedule whose window is 00:30 to 06:30, and who verifies them.
type verifying struct {
	*Verifier
	t   *testing.T
	at  time.Time
	net *street
}

func newVerifying(t *testing.T, n int) *verifying {
	t.Helper()
	v := &verifying{t: t, at: time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC), net: &street{says: make(map[string]string)}}
	store, err := db.Open(t.Context(), filepath.Join(t.TempDir(), "test.db"), v.now)
	v.must(err)
	t.Cleanup(func() { v.must(store.Close()) })
	prefix := netip.MustParsePrefix("10.0.0.0/24")
	v.must(store.AddGrant(t.Context(), minesweep.Grant{Name: "g", Prefixes: []netip.Prefix{prefix}, Authority: "a", Basis: "b"}))
	window, err := minesweep.ParseWindow("00:30-06:30", "UTC")
	v.must(err)
	v.must(store.AddSchedule(t.Context(), db.Schedule{
		Name: "nightly", Cron: "30 0 * * *", Zone: "UTC", Window: window, Grants: []string{"g"}, Ports: []uint16{4028},
	}))
	v.Verifier = &Verifier{
		Store: store, Asker: v.net, Judge: v.net, Assessor: v.net, Node: "node-1", Now: v.now,
		Scope: func() *minesweep.Scope {
			scope, err := store.Scope(t.Context())
			v.must(err)
			return scope
		},
	}
	v.sweep(prefix, n)
	return v
}

func (v *verifying) now() time.Time { return v.at }

func (v *verifying) must(err error) {
	v.t.Helper()
	if err != nil {
		v.t.Fatal(err)
	}
}

// sweep finds the assets.
func (v *verifying) sweep(prefix netip.Prefix, n int) {
	v.t.Helper()
	var b netipx.IPSetBuilder
	b.AddPrefix(prefix)
	set, err := b.IPSet()
	v.must(err)
	j, err := v.Store.BeginSweep(v.t.Context(), db.SweepSpec{Targets: set, Ports: []uint16{4028}, Alive: func(db.Owner) bool { return true }})
	v.must(err)
	for i := range n {
		addr := netip.AddrFrom4([4]byte{10, 0, 0, byte(i + 1)})
		mac := fmt.Sprintf("02:00:5e:00:53:%02x", i)
		v.net.says[addr.String()] = mac
		port := minesweep.OpenPort{Target: netip.AddrPortFrom(addr, 4028), At: v.at}
		v.must(j.Checkpoint(v.t.Context(), minesweep.Progress{Cursor: 256}, []minesweep.OpenPort{port}))
		v.must(j.Settle(v.t.Context(), port, nil, minesweep.Host{
			Verdict: minesweep.Confirmed, Class: minesweep.ASIC, Vendor: "Bitmain", MAC: mac, Ports: []minesweep.HostPort{{Port: 4028}},
		}))
	}
	v.must(j.Close(v.t.Context(), db.Done, ""))
}

// run goes on at a time of a day of March and tells how many were asked.
func (v *verifying) run(day int, clock string) int {
	v.t.Helper()
	at, err := time.Parse("15:04", clock)
	v.must(err)
	v.at = time.Date(2026, 3, day, at.Hour(), at.Minute(), 0, 0, time.UTC)
	before := len(v.net.asked)
	v.must(v.Run(v.t.Context()))
	return len(v.net.asked) - before
}

func (v *verifying) asset(addr string) minesweep.Asset {
	v.t.Helper()
	a, err := v.Store.Asset(v.t.Context(), addr)
	v.must(err)
	return a
}

func TestVerifyAsksEachAssetOnceADay(t *testing.T) {
	v := newVerifying(t, 3)
	for _, step := range []struct {
		day   int
		clock string
		want  int
	}{
		{2, "01:05", 0}, {2, "21:30", 0}, // due, and the window is shut
		{3, "00:29", 0}, {3, "00:30", 3}, {3, "00:31", 0}, {3, "06:00", 0}, {4, "00:30", 3}, {4, "06:29", 0},
	} {
		if got := v.run(step.day, step.clock); got != step.want {
			t.Errorf("on the %d. at %s: asked %d, want %d", step.day, step.clock, got, step.want)
		}
	}
	a := v.asset("10.0.0.2")
	if a.Checks != 3 || a.Answered != 3 || a.DaysSeen != 3 || !a.LastSeen.Equal(time.Date(2026, 3, 4, 0, 30, 0, 0, time.UTC)) ||
		!a.AnsweredAt.Equal(a.LastSeen) || a.Host.Firmware != "as verified" || !a.FirstSeen.Equal(time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v", a)
	}
	list, err := v.Store.Verifications(t.Context(), netip.MustParseAddr("10.0.0.2"), v.at.Add(-time.Minute*10000), v.at)
	if err != nil || len(list) != 2 || list[0].Node != "node-1" || !list[0].Answered {
		t.Errorf("%+v, %v", list, err)
	}
}

func TestVerifyMissesAtTheSecondTryOnly(t *testing.T) {
	v := newVerifying(t, 2)
	delete(v.net.says, "10.0.0.1")
	steps := []struct {
		clock string
		asked int
		want  string
	}{{"00:30", 2, ""}, {"00:44", 0, ""}, {"00:46", 1, "missed"}, {"01:30", 0, "missed"}}
	for _, step := range steps {
		if got := v.run(3, step.clock); got != step.asked {
			t.Errorf("at %s: asked %d, want %d", step.clock, got, step.asked)
		}
		if a := v.asset("10.0.0.1"); a.MissedAt.IsZero() != (step.want == "") {
			t.Errorf("at %s: missed at %v", step.clock, a.MissedAt)
		}
	}
	if a := v.asset("10.0.0.1"); a.Checks != 2 || a.Answered != 1 || a.DaysChecked != 2 || a.DaysSeen != 1 {
		t.Errorf("%+v", a.Frequency)
	}
	// It answers the second try of the night after.
	v.run(4, "00:30")
	v.net.says["10.0.0.1"] = "02:00:5e:00:53:00"
	if v.run(4, "00:50"); v.asset("10.0.0.1").Answered != 2 {
		t.Errorf("%+v", v.asset("10.0.0.1").Frequency)
	}
	// A first try that a window's end cut off does not count the night after.
	delete(v.net.says, "10.0.0.1")
	v.run(5, "06:29")
	if v.run(6, "00:30"); v.asset("10.0.0.1").Checks != 3 {
		t.Errorf("%+v", v.asset("10.0.0.1").Frequency)
	}
}

// Another device at its address is not the asset.
func TestVerifyAnotherDevice(t *testing.T) {
	v := newVerifying(t, 1)
	v.net.says["10.0.0.1"] = "02:00:5e:00:53:99"
	v.run(3, "00:30")
	v.run(3, "00:50")
	if a := v.asset("10.0.0.1"); a.MissedAt.IsZero() || a.Host.MAC != "02:00:5e:00:53:00" || a.Answered != 1 {
		t.Errorf("%+v", a)
	}
}

// Nobody is asked, and nothing is said of anybody, where it is not allowed.
func TestVerifyOnlyWhatIsAllowed(t *testing.T) {
	for name, forbid := range map[string]func(v *verifying) error{
		"excluded": func(v *verifying) error {
			return v.Store.AddExclusion(v.t.Context(), minesweep.Exclusion{Prefix: netip.MustParsePrefix("10.0.0.0/24"), Reason: "r"})
		},
		"revoked": func(v *verifying) error { return v.Store.RevokeGrant(v.t.Context(), "g") },
		"paused":  func(v *verifying) error { return v.Store.PauseSchedule(v.t.Context(), "nightly") },
		"removed": func(v *verifying) error { return v.Store.RemoveSchedule(v.t.Context(), "nightly") },
		"excluded while it is asked": func(v *verifying) error {
			allowed := v.Scope()
			left := 2 // Due, and the decision before the questions
			v.Scope = func() *minesweep.Scope {
				if left--; left >= 0 {
					return allowed
				}
				return &minesweep.Scope{}
			}
			delete(v.net.says, "10.0.0.1")
			return nil
		},
		"this machine cannot connect": func(v *verifying) error { v.net.fail = errors.New("no socket"); return nil },
	} {
		v := newVerifying(t, 1)
		v.must(forbid(v))
		v.at = time.Date(2026, 3, 3, 0, 30, 0, 0, time.UTC)
		err := v.Run(t.Context())
		if (err != nil) != (v.net.fail != nil) {
			t.Errorf("%s: %v", name, err)
		}
		if want := name == "excluded while it is asked"; slices.Contains(v.net.asked, "10.0.0.1:4028") != want {
			t.Errorf("%s: asked %v", name, v.net.asked)
		}
		if a := v.asset("10.0.0.1"); a.Checks != 1 || !a.MissedAt.IsZero() {
			t.Errorf("%s: %+v", name, a.Frequency)
		}
	}
}
