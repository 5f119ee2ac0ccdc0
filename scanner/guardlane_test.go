package scanner

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"minesweep"
)

// TestPokeRereadsAtOnce runs on a clock that goes on only when nothing else does.
func TestPokeRereadsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &book{grants: []minesweep.Grant{grantOf("g", "10.0.0.0/8")}}
		var loads atomic.Int32
		load := func(ctx context.Context) (*minesweep.Scope, error) {
			loads.Add(1)
			return b.load(ctx)
		}
		poke := make(chan struct{}, 1)
		g, err := NewGuard(t.Context(), GuardConfig{Load: load, Now: time.Now, Poke: poke})
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- g.Run(ctx) }()
		lane := g.Lane(LaneConfig{})
		b.exclude("10.1.2.0/24")
		poke <- struct{}{}
		synctest.Wait()
		if _, err := lane.decide(netip.MustParseAddr("10.1.2.3")); !errors.Is(err, minesweep.ErrRefused) || time.Now() != began {
			t.Errorf("%s after the poke: %v", time.Since(began), err)
		}
		before := loads.Load()
		close(poke) // nobody pokes any more
		time.Sleep(3*rereadEvery + rereadEvery/2)
		if n := loads.Load() - before; n != 4 {
			t.Errorf("re-read %d times in 1.75 s after the end of the pokes, 4 were to be", n)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// TestLaneSharesTheOutlook: scope, staleness, hosts and own listeners are those
// of the guard, budgets and counts are not.
func TestLaneSharesTheOutlook(t *testing.T) {
	clock := newFakeClock()
	grant := grantOf("g", "10.0.0.0/8")
	grant.RatePer24 = 1
	b := &book{grants: []minesweep.Grant{grant}}
	g := newGuard(t, b, clock.now)
	one, two := g.Lane(LaneConfig{}), g.Lane(LaneConfig{})
	addr, near := netip.MustParseAddr("10.1.2.3"), netip.MustParseAddr("10.1.2.4")
	release, err := one.Admit(t.Context(), addr)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	second := make(chan error)
	go func() { _, err := two.Admit(ctx, addr); second <- err }()
	for g.hosts.waiters(addr) < 2 {
		time.Sleep(time.Millisecond)
	}
	cancel()
	if err := <-second; !errors.Is(err, context.Canceled) {
		t.Errorf("two connections to a host: %v", err)
	}
	release()
	if _, err := two.Admit(t.Context(), near); err != nil {
		t.Errorf("the budget of a lane is another's: %v", err)
	}
	if one.Counts().Admitted != 1 || two.Counts().Admitted != 1 || g.Counts().Admitted != 0 {
		t.Error("the lanes do not count for themselves")
	}
	b.exclude("10.1.0.0/16")
	if err := g.reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := one.Admit(t.Context(), addr); !errors.Is(err, minesweep.ErrRefused) {
		t.Errorf("excluded: %v", err)
	}
	clock.t = clock.t.Add(staleAfter + time.Second)
	if _, err := two.Admit(t.Context(), netip.MustParseAddr("10.9.9.9")); !errors.Is(err, ErrStale) {
		t.Errorf("stale: %v", err)
	}
	if _, done, err := one.openGate(minesweep.Plan{Targets: spread(1)}); err != nil {
		t.Error(err)
	} else if _, _, err := two.openGate(minesweep.Plan{Targets: spread(1)}); err != nil {
		t.Errorf("a second lane has no door: %v", err)
	} else {
		done()
	}
}

func TestShareIsBounded(t *testing.T) {
	g := newGuard(t, oneBook(t, "10.0.0.0/8"), time.Now)
	for f, want := range map[float64]float64{1: 1, 0.0625: 0.0625, 7: 1, 0: leastShare, -1: leastShare} {
		if g.SetShare(f); g.share.get() != want {
			t.Errorf("%g became %g", f, g.share.get())
		}
	}
}

// shareAt is a share from a moment on.
type shareAt struct {
	at    time.Duration
	share float64
}

// the shares rise and fall, and are odd parts.
var changing = []shareAt{{0, 1. / 16}, {4 * time.Second, 1}, {6 * time.Second, 1. / 3}, {9 * time.Second, 0.1}, {15 * time.Second, 0.9}, {18 * time.Second, 0}}

// keepsShare wants of what went at rate × share, in each stretch of changing, at
// most 2 % and room more within any window after the first moment, and all of it
// but 5 % where it was asked for.
func keepsShare(t *testing.T, name string, times []time.Time, began time.Time, rate float64, room int) {
	t.Helper()
	const moment = 10 * time.Millisecond
	for i, s := range changing[:len(changing)-1] {
		until := changing[i+1].at
		var in, after []time.Time
		for _, at := range times {
			if d := at.Sub(began); d >= s.at && d < until {
				if in = append(in, at); d >= s.at+moment {
					after = append(after, at)
				}
			}
		}
		for _, window := range []time.Duration{tenthOf, time.Second} {
			limit := int(rate*s.share*window.Seconds()*1.02) + room
			if most := mostWithin(after, window); most > limit {
				t.Errorf("%s, share %.3f: %d within %s, at most %d may be", name, s.share, most, window, limit)
			}
		}
		if want := rate * s.share * (until - s.at).Seconds(); float64(len(in)) > want*1.02+float64(room) || float64(len(in)) < want*0.95-2 {
			t.Errorf("%s, share %.3f: %d went in %s, %.1f were to", name, s.share, len(in), until-s.at, want)
		}
	}
}

const tenthOf = 100 * time.Millisecond

// TestPaceKeepsItsShare lets many try whenever they like.
func TestPaceKeepsItsShare(t *testing.T) {
	clock := newFakeClock()
	p := newPacer(clock.now)
	const per24, whole = 100, 2000
	began := clock.t
	var all, near []time.Time
	for step := 0; clock.t.Sub(began) < changing[len(changing)-1].at; clock.t = clock.t.Add(250 * time.Microsecond) {
		if clock.t.Sub(began) >= changing[step].at {
			p.setShare(changing[step].share)
			step++
		}
		for i := range 2 {
			addr := "10.0.0.1"
			if i > 0 {
				n := clock.t.UnixMicro() / 250
				addr = fmt.Sprintf("10.%d.%d.1", 1+n%100, n/100%250)
			}
			lanes, _, _ := p.enter(lanesFor(addr, per24, 1e6, whole))
			if p.take(lanes) == 0 {
				if all = append(all, clock.t); i == 0 {
					near = append(near, clock.t)
				}
			}
			p.leave(lanes)
		}
	}
	keepsShare(t, "everything", all, began, whole, burst(whole)+1)
	keepsShare(t, "a /24", near, began, per24, 2)
}

// TestPaceSharesAreExact counts the attempts of a sixteenth of 100/s.
func TestPaceSharesAreExact(t *testing.T) {
	clock := newFakeClock()
	p := newPacer(clock.now)
	p.setShare(1. / 16)
	n := 0
	for range 160_000 {
		clock.t = clock.t.Add(time.Millisecond)
		lanes, _, _ := p.enter([]budget{{laneKey{grant: "g"}, 100}})
		if p.take(lanes) == 0 {
			n++
		}
		p.leave(lanes)
	}
	if n < 999 || n > 1001 {
		t.Errorf("%d went in 160 s, 1000 were to", n)
	}
}

// TestPaceForgetsNobodyWhoIsOwed: a token that takes 16 s to come back is not
// there after one.
func TestPaceForgetsNobodyWhoIsOwed(t *testing.T) {
	clock := newFakeClock()
	p := newPacer(clock.now)
	p.setShare(1. / 16)
	p.evictAt = 1
	try := func(name string) bool {
		lanes, _, _ := p.enter([]budget{{laneKey{grant: name}, 1}})
		defer p.leave(lanes)
		return p.take(lanes) == 0
	}
	try("a")
	clock.t = clock.t.Add(15 * time.Second)
	if try("b"); try("a") {
		t.Error("one a in 16 s is the budget, and 15 s had passed")
	}
	clock.t = clock.t.Add(17 * time.Second)
	if p.evictAt = 1; !try("c") || p.lanes[laneKey{grant: "b"}] != nil {
		t.Error("who rests is remembered")
	}
}

// TestPaceWakesWhoWaits: whose turn was 100 s away by the old share goes by the new one.
func TestPaceWakesWhoWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPacer(time.Now)
		p.setShare(1. / 100)
		b := []budget{{laneKey{grant: "g"}, 1}}
		if err := p.wait(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		ended := make(chan error)
		for range 3 {
			go func() { ended <- p.wait(t.Context(), b) }()
		}
		synctest.Wait()
		p.setShare(1)
		for range 3 {
			if err := <-ended; err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(began); took < 2900*time.Millisecond || took > 4*time.Second {
			t.Errorf("three attempts at 1/s took %s", took)
		}
	})
}

// TestGateKeepsItsShare offers more than each budget allows, while the share changes.
func TestGateKeepsItsShare(t *testing.T) {
	for name, c := range map[string]struct {
		rate    int
		cfg     GuardConfig
		grant   func(*minesweep.Grant)
		targets []string
	}{
		"the sweep": {1500, GuardConfig{Rate: 1500}, func(*minesweep.Grant) {}, nil},
		"a grant":   {300, GuardConfig{}, func(g *minesweep.Grant) { g.Rate = 300 }, nil},
		"a prefix":  {700, GuardConfig{}, func(g *minesweep.Grant) { g.RatePerPrefix = 700 }, nil},
		"a /24":     {100, GuardConfig{}, func(g *minesweep.Grant) { g.RatePer24 = 100 }, []string{"10.0.0.1", "10.0.0.7"}},
	} {
		grant := wideGrant("a", "10.0.0.0/8")
		c.grant(&grant)
		g, clock := newGateFor(t, &book{grants: []minesweep.Grant{grant, wideGrant("other", "11.0.0.0/8")}}, c.cfg, "10.0.0.0/8")
		r := rand.New(rand.NewPCG(3, 4))
		times := pumpShares(t, g, clock, func() netip.Addr {
			if len(c.targets) > 0 {
				return netip.MustParseAddr(c.targets[r.IntN(len(c.targets))])
			}
			return netip.AddrFrom4([4]byte{10, byte(r.IntN(250)), byte(r.IntN(250)), 1})
		})
		keepsShare(t, name, times, newFakeClock().t, float64(c.rate), 2)
	}
}

// pumpShares offers targets as the sender does, through all that changing says,
// and returns when something went.
func pumpShares(t *testing.T, g *gate, clock *fakeClock, target func() netip.Addr) (went []time.Time) {
	t.Helper()
	line, step, shares, began := parking{}, 0, g.shares, clock.t
	for ; clock.t.Sub(began) < changing[len(changing)-1].at; clock.t = clock.t.Add(500 * time.Microsecond) {
		g.guard.present.Load().at = clock.t
		if clock.t.Sub(began) >= changing[step].at {
			g.guard.SetShare(changing[step].share)
			step++
		}
		for range 200 {
			var w waiting
			if due, ok := line.due(); ok && due <= g.now() {
				w = line.take()
			} else if line.len() < 20 {
				w.a = addressOf(target())
			} else {
				break
			}
			v, due := offer(t, g, w.a.addr().String(), w.turn)
			if v == goes {
				went = append(went, clock.t)
			} else {
				w.due, w.turn = due, w.turn || v == parked
				line.put(w)
			}
			if shares != g.shares {
				shares = g.shares
				line.anew(g.now())
			}
		}
	}
	return went
}

// TestGateSharesAreExact: a sixteenth of 100/s is one in 160 ms.
func TestGateSharesAreExact(t *testing.T) {
	grant := wideGrant("a", "10.0.0.0/16")
	grant.RatePer24 = 100
	g, clock := newGateFor(t, &book{grants: []minesweep.Grant{grant}}, GuardConfig{}, "10.0.0.0/16")
	g.guard.SetShare(1. / 16)
	offer(t, g, "10.0.3.3", false)
	clock.t = clock.t.Add(20 * time.Millisecond)
	for i := range 3 {
		if v, due := offer(t, g, "10.0.3.4", false); v != parked || due != int64(i+1)*160e6 {
			t.Errorf("packet %d: %d, due %s", i, v, time.Duration(due))
		}
	}
	g.guard.SetShare(1. / 4) // the 140 ms that are left become 35
	if v, due := offer(t, g, "10.0.3.4", false); v != parked || due != 55e6 {
		t.Errorf("a quarter: %d, due %s", v, time.Duration(due))
	}
}

// TestClockKeepsWhatWasWaited: of a second that was half over, half of what it
// has become is left.
func TestClockKeepsWhatWasWaited(t *testing.T) {
	g, clock := newGateFor(t, oneBook(t, "10.0.0.0/16"), GuardConfig{Rate: 10}, "10.0.0.0/16")
	g.guard.SetShare(1. / 10)
	offer(t, g, "10.0.3.3", false)
	clock.t = clock.t.Add(500 * time.Millisecond)
	for share, want := range map[float64]int64{1: 550e6, 1. / 10: 1000e6} {
		g.guard.SetShare(share)
		if v, due := offer(t, g, "10.0.4.4", false); v != stopped || due != want {
			t.Errorf("share %g: %d, due %s", share, v, time.Duration(due))
		}
		g.guard.SetShare(1. / 10)
		offer(t, g, "10.0.4.4", false)
	}
}

// TestSenderGivesNewTurns: what was parked for hours by a small share leaves by
// the new one.
func TestSenderGivesNewTurns(t *testing.T) {
	grant := wideGrant("a", "10.0.0.0/24")
	grant.RatePer24 = 2000
	s, out := newTestSender(t, &book{grants: []minesweep.Grant{grant}}, testPlan(t, "10.0.0.0/24", 80, 81), nil)
	s.gate.guard.SetShare(1. / 5000)
	s.out = &raising{fakeOutlet: out, raise: func() { s.gate.guard.SetShare(1) }}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := s.run(ctx); err != nil || len(out.left) != 512 {
		t.Errorf("%d left: %v", len(out.left), err)
	}
}

// raising is an outlet that calls raise after the second packet, 2.5 s of that share later.
type raising struct {
	*fakeOutlet
	raise func()
}

func (r *raising) send(way int, packets []packet) (int, error) {
	if len(r.left) == 0 {
		time.AfterFunc(20*time.Millisecond, r.raise) // when the others are parked
	}
	return r.fakeOutlet.send(way, packets)
}
