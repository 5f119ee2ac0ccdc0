package scanner

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"minesweep"
)

// newGateFor returns a gate for targets under grants, on a clock of its own.
func newGateFor(t testing.TB, b *book, cfg GuardConfig, targets string) (*gate, *fakeClock) {
	t.Helper()
	clock := newFakeClock()
	cfg.Load, cfg.Now = b.load, clock.now
	g, err := NewGuard(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	set, err := ParseTargets([]string{targets})
	if err != nil {
		t.Fatal(err)
	}
	gt, done, err := g.openGate(minesweep.Plan{Targets: set, Ports: []uint16{80}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(done)
	return gt, clock
}

// offer is one look at the gate as the sender makes it.
func offer(t testing.TB, g *gate, addr string, turn bool) (verdict, int64) {
	t.Helper()
	return offerTo(t, g, addressFor(addr), turn)
}

func offerTo(t testing.TB, g *gate, a address, turn bool) (verdict, int64) {
	t.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := g.renew(g.now()); err != nil {
		t.Fatal(err)
	}
	return g.pass(a, g.now(), turn)
}

func wideGrant(name, prefixes string) minesweep.Grant {
	g := grantOf(name, prefixes)
	g.Rate, g.RatePer24 = 1_000_000, 1_000_000
	return g
}

func TestGateDecidesLikeTheScope(t *testing.T) {
	b := &book{grants: []minesweep.Grant{wideGrant("a", "10.0.0.0/16"), wideGrant("b", "10.0.8.0/22"), wideGrant("six", "2001:db8::/120")}}
	b.exclude("10.0.9.0/25")
	b.exclude("2001:db8::40/122")
	g, clock := newGateFor(t, b, GuardConfig{}, "10.0.0.0/8")
	r := rand.New(rand.NewPCG(1, 2))
	passed := 0
	for range 20_000 {
		clock.t = clock.t.Add(time.Millisecond)
		g.guard.present.Load().at = clock.t
		a := netip.AddrFrom4([4]byte{10, byte(r.IntN(2)), byte(r.IntN(16)), byte(r.IntN(256))})
		if r.IntN(4) == 0 {
			a = netip.MustParseAddr("2001:db8::").Next()
			for range r.IntN(300) {
				a = a.Next()
			}
		}
		v, _ := offer(t, g, a.String(), false)
		_, err := g.guard.Scope().Decide(a)
		if (v == refused) != (err != nil) {
			t.Fatalf("%s: the gate says %d, the scope %v", a, v, err)
		}
		if v == goes {
			passed++
		}
	}
	if passed < 5000 || g.rejected == 0 {
		t.Errorf("%d passed, %d were rejected", passed, g.rejected)
	}
}

func TestGateFollowsTheScope(t *testing.T) {
	b := &book{grants: []minesweep.Grant{wideGrant("a", "10.0.0.0/16")}}
	g, _ := newGateFor(t, b, GuardConfig{}, "10.0.0.0/16")
	if v, _ := offer(t, g, "10.0.3.3", false); v != goes {
		t.Fatalf("got %d", v)
	}
	b.exclude("10.0.3.0/24")
	if err := g.guard.reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	if v, _ := offer(t, g, "10.0.3.4", false); v != refused {
		t.Errorf("an excluded address: %d", v)
	}
	if g.allows(addressFor("10.0.3.4")) || !g.allows(addressFor("10.0.4.4")) {
		t.Error("what is tried again is not decided about again")
	}
}

func TestGateIsClosedWhenTheScopeIsStale(t *testing.T) {
	b := &book{grants: []minesweep.Grant{wideGrant("a", "10.0.0.0/16")}}
	g, clock := newGateFor(t, b, GuardConfig{}, "10.0.0.0/16")
	clock.t = clock.t.Add(staleAfter + time.Second)
	if err := g.renew(g.now()); !errors.Is(err, ErrStale) {
		t.Errorf("renew: %v", err)
	}
	if g.allows(addressFor("10.0.3.3")) {
		t.Error("a packet was allowed under a stale scope")
	}
}

func TestGateIsForOneEngine(t *testing.T) {
	g, _ := newGateFor(t, &book{grants: []minesweep.Grant{wideGrant("a", "10.0.0.0/16")}}, GuardConfig{}, "10.0.0.0/16")
	if _, _, err := g.guard.openGate(minesweep.Plan{Targets: spread(1)}); err == nil {
		t.Error("two engines share a guard's gate")
	}
}

// pump offers random targets as often as the gate lets it, for the given time,
// and returns when something went, by name.
func pump(t *testing.T, g *gate, clock *fakeClock, length time.Duration, name func(netip.Addr) string, target func() netip.Addr) map[string][]time.Time {
	t.Helper()
	line := parking{}
	went := make(map[string][]time.Time)
	for end := clock.t.Add(length); clock.t.Before(end); clock.t = clock.t.Add(200 * time.Microsecond) {
		g.guard.present.Load().at = clock.t
		for range 40 {
			w := waiting{a: addressOf(target())}
			if due, ok := line.due(); ok && due <= g.now() {
				w = line.take()
			} else if line.len() > 5000 {
				break
			}
			v, due := offerTo(t, g, w.a, w.turn)
			switch v {
			case goes:
				went[name(w.a.addr())] = append(went[name(w.a.addr())], clock.t)
				went["all"] = append(went["all"], clock.t)
			case parked:
				w.due, w.turn = due, true
				line.put(w)
			case stopped:
				w.due = due
				line.put(w)
			}
		}
	}
	return went
}

func TestGateHoldsEveryBudget(t *testing.T) {
	slow, fast := wideGrant("slow", "10.0.0.0/16"), wideGrant("fast", "10.1.0.0/16")
	slow.Rate, fast.Rate, fast.RatePer24 = 300, 2000, 150
	fast.Prefixes = append(fast.Prefixes, netip.MustParsePrefix("10.2.0.0/16"))
	fast.RatePerPrefix = 800
	b := &book{grants: []minesweep.Grant{slow, fast}}
	g, clock := newGateFor(t, b, GuardConfig{Rate: 1500}, "10.0.0.0/8")
	r := rand.New(rand.NewPCG(7, 8))
	const seconds = 4
	went := pump(t, g, clock, seconds*time.Second, func(a netip.Addr) string {
		switch n := a.As4(); n[1] {
		case 0:
			return "slow"
		case 1:
			return netip.PrefixFrom(a, 24).Masked().String()
		default:
			return "second prefix"
		}
	}, func() netip.Addr {
		return netip.AddrFrom4([4]byte{10, byte(r.IntN(3)), byte(r.IntN(3)), byte(r.IntN(256))})
	})
	atMost := func(name string, perSecond int) {
		t.Helper()
		times := went[name]
		for _, window := range []time.Duration{100 * time.Millisecond, time.Second} {
			limit := int(float64(perSecond)*window.Seconds()*1.02) + 2
			if most := mostWithin(times, window); most > limit {
				t.Errorf("%s: %d within %s, at most %d may be", name, most, window, limit)
			}
		}
		if len(times) < perSecond*seconds/2 {
			t.Errorf("%s: only %d went in %d s of %d/s", name, len(times), seconds, perSecond)
		}
	}
	atMost("slow", 300)
	atMost("second prefix", 450) // what the others leave: 3 × 150 is the other prefix's most
	for _, p := range []string{"10.1.0.0/24", "10.1.1.0/24", "10.1.2.0/24"} {
		atMost(p, 150)
	}
	if all := float64(len(went["all"])) / seconds; all > 1500*1.02 {
		t.Errorf("%.0f packets/s in all", all)
	}
	if g.near.peak > 154 || g.near.peak < 100 {
		t.Errorf("the peak of a /24 is said to be %d", g.near.peak)
	}
}

// mostWithin returns the most times that lie within any one window.
func mostWithin(times []time.Time, window time.Duration) int {
	slices.SortFunc(times, time.Time.Compare)
	most, from := 0, 0
	for to := range times {
		for times[to].Sub(times[from]) >= window {
			from++
		}
		most = max(most, to-from+1)
	}
	return most
}

func TestGateChargesConnections(t *testing.T) {
	grant := wideGrant("a", "10.0.0.0/16")
	grant.RatePer24 = 10
	g, clock := newGateFor(t, &book{grants: []minesweep.Grant{grant}}, GuardConfig{}, "10.0.0.0/16")
	if v, _ := offer(t, g, "10.0.3.3", false); v != goes {
		t.Fatalf("got %d", v)
	}
	clock.t = clock.t.Add(100 * time.Millisecond)
	release, err := g.guard.Admit(context.Background(), netip.MustParseAddr("10.0.3.4"))
	if err != nil {
		t.Fatal(err)
	}
	release()
	if v, due := offer(t, g, "10.0.3.5", false); v != parked || due != int64(200*time.Millisecond) {
		t.Errorf("after a connection to its /24 a packet gets %d, due %s", v, time.Duration(due))
	}
}

func TestGateRamps(t *testing.T) {
	grant := wideGrant("a", "10.0.0.0/8")
	g, clock := newGateFor(t, &book{grants: []minesweep.Grant{grant}}, GuardConfig{Rate: 1000}, "10.0.0.0/8")
	g.ramp = int64(time.Second)
	r := rand.New(rand.NewPCG(1, 1))
	began := clock.t
	went := pump(t, g, clock, 1300*time.Millisecond, func(netip.Addr) string { return "" }, func() netip.Addr {
		return netip.AddrFrom4([4]byte{10, byte(r.IntN(250)), byte(r.IntN(256)), 1})
	})["all"]
	count := func(from, to time.Duration) (n int) {
		for _, at := range went {
			if d := at.Sub(began); d >= from && d < to {
				n++
			}
		}
		return n
	}
	if early, late := count(0, 200*time.Millisecond), count(time.Second, 1200*time.Millisecond); early*4 > late || late < 190 {
		t.Errorf("%d in the first 200 ms, %d in 200 ms after the ramp", early, late)
	}
}

func TestGateSlowsANeighbourhoodThatDefendsItself(t *testing.T) {
	for _, kind := range []answerKind{saysUnreachable, saysClosed} {
		g, clock := newGateFor(t, &book{grants: []minesweep.Grant{wideGrant("a", "10.0.0.0/16")}}, GuardConfig{}, "10.0.0.0/16")
		probe := func(n int, kind answerKind) {
			for i := range n {
				clock.t = clock.t.Add(time.Millisecond)
				g.guard.present.Load().at = clock.t
				if v, _ := offer(t, g, "10.0.3.3", true); v == goes && kind != 0 && i%2 == 0 {
					g.near.heard(addressFor("10.0.3.9"), kind, g.now())
				}
			}
		}
		probe(40, 0)
		g.near.heard(addressFor("10.0.3.9"), saysClosed, g.now()) // the first look: few resets are usual here
		probe(40, 0)
		if g.near.slowed != 0 {
			t.Fatal("slowed without a cause")
		}
		for range 10 {
			n := g.near.find(addressFor("10.0.3.3"))
			for range 40 {
				clock.t = clock.t.Add(100 * time.Millisecond)
				g.guard.present.Load().at = clock.t
				if v, _ := offer(t, g, "10.0.3.3", true); v == goes {
					g.near.heard(addressFor("10.0.3.9"), kind, g.now())
				}
			}
			if kind == saysClosed && n.slow > 0 {
				break // the new share is the usual one from then on
			}
		}
		n := g.near.find(addressFor("10.0.3.3"))
		if g.near.slowed == 0 || n.slow == 0 {
			t.Errorf("kind %d: not slowed: %+v", kind, *n)
		}
		clock.t = clock.t.Add(10 * time.Minute)
		g.guard.present.Load().at = clock.t
		offer(t, g, "10.0.3.3", true)
		if n.slow != 0 {
			t.Errorf("kind %d: still slowed after 10 min", kind)
		}
	}
}

// A table that is too small must not lose a budget.
func TestNeighboursNeverForgetWhoIsOwed(t *testing.T) {
	table := newNeighbours(1)
	for i := range uint64(100_000) {
		a := addressOf4(uint32(i) << 8)
		if n := table.at(a, 0); n != nil {
			table.take(n, 0, int64(time.Second))
		}
	}
	full := 0
	for i := range uint64(100_000) {
		a := addressOf4(uint32(i) << 8)
		n := table.at(a, int64(time.Second)-1)
		if n == nil {
			full++
			continue
		}
		if n.strict < int64(time.Second) {
			t.Fatalf("/24 number %d was probed and forgotten", i)
		}
	}
	if full == 0 {
		t.Error("the table has no bound")
	}
}

func BenchmarkGate(b *testing.B) {
	for name, prefixes := range map[string][]netip.Prefix{
		"1 prefix": {netip.MustParsePrefix("10.0.0.0/8")}, "10000 prefixes": spread(10000).Prefixes(),
	} {
		b.Run(name, func(b *testing.B) {
			grant := minesweep.Grant{Name: "a", Prefixes: prefixes, Rate: 1_000_000_000, RatePer24: 1_000_000_000}
			g, _ := newGateFor(b, &book{grants: []minesweep.Grant{grant}}, GuardConfig{}, "10.0.0.0/8")
			_ = g.renew(0)
			r := rand.New(rand.NewPCG(1, 1))
			var among [4096]address
			for i := range among {
				among[i] = addressOf(prefixes[r.IntN(len(prefixes))].Addr())
			}
			now := int64(0)
			for i := 0; b.Loop(); i++ {
				now += 1000
				g.pass(among[i%len(among)], now, false)
			}
		})
	}
}

// Where the budget is far above the rate at which a /24 is really probed, its
// real rate is what is halved.
func TestGateSlowsBelowTheRealRate(t *testing.T) {
	g, clock := newGateFor(t, &book{grants: []minesweep.Grant{wideGrant("a", "10.0.0.0/16")}}, GuardConfig{}, "10.0.0.0/16")
	step := func(d time.Duration, kind answerKind) verdict {
		clock.t = clock.t.Add(d)
		g.guard.present.Load().at = clock.t
		v, _ := offer(t, g, "10.0.3.3", true)
		if v == goes && kind != 0 {
			g.near.heard(addressFor("10.0.3.9"), kind, g.now())
		}
		return v
	}
	for range 2 * lookAfter {
		if v := step(50*time.Millisecond, saysUnreachable); v == parked {
			break
		}
	}
	n := g.near.find(addressFor("10.0.3.3"))
	if n.slow == 0 || n.interval(1000) < int64(90*time.Millisecond) || n.interval(1000) > int64(110*time.Millisecond) {
		t.Errorf("probed every 50 ms and slowed to one in %s: %+v", time.Duration(n.interval(1000)), *n)
	}
	n.slow = slowestShift
	if got := n.interval(1000); got != slowestSpacing {
		t.Errorf("at its slowest one in %s", time.Duration(got))
	}
	if got := n.interval(5 * slowestSpacing); got != 5*slowestSpacing {
		t.Errorf("a budget of one in 5 s became one in %s", time.Duration(got))
	}
}
