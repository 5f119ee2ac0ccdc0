package scanner

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"
)

// fakeClock goes on only when it is told to.
type fakeClock struct{ t time.Time }

func (c *fakeClock) now() time.Time { return c.t }

func newFakeClock() *fakeClock {
	return &fakeClock{time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
}

func lanesFor(addr string, per24, grant, whole int) []budget {
	return []budget{
		{laneKey{prefix: neighbourhood(netip.MustParseAddr(addr))}, per24},
		{laneKey{grant: "g"}, grant},
		{laneKey{}, whole},
	}
}

// TestPaceHoldsEveryBudget lets many waiters try whenever they like, and looks
// at every window of one second of what got through.
func TestPaceHoldsEveryBudget(t *testing.T) {
	clock := newFakeClock()
	p := newPacer(clock.now)
	const per24, whole = 100, 250
	var all []time.Time
	by24 := make(map[int][]time.Time)
	r := rand.New(rand.NewPCG(3, 4))
	for range 40_000 { // 10 s
		clock.t = clock.t.Add(250 * time.Microsecond)
		i := min(r.IntN(6), 3) // the last /24 is asked for half of the time
		lanes, _, _ := p.enter(lanesFor(fmt.Sprintf("10.0.%d.1", i), per24, 1000, whole))
		if p.take(lanes) == 0 {
			all = append(all, clock.t)
			by24[i] = append(by24[i], clock.t)
		}
		p.leave(lanes)
	}
	checkRate(t, "everything", all, whole, 10)
	for i, times := range by24 {
		checkRate(t, fmt.Sprintf("10.0.%d.0/24", i), times, per24, 0)
	}
	if p.peak() > per24+burst(float64(per24)) || p.peak() < per24/2 {
		t.Errorf("the peak of a /24 is said to be %d", p.peak())
	}
}

// checkRate wants at most rate+burst in any second, and where seconds is not 0
// nearly rate over so many seconds.
func checkRate(t *testing.T, what string, times []time.Time, rate, seconds int) {
	t.Helper()
	from := 0
	for to := range times {
		for times[to].Sub(times[from]) >= time.Second {
			from++
		}
		if n := to - from + 1; n > rate+burst(float64(rate)) {
			t.Fatalf("%s: %d within one second, the budget is %d", what, n, rate)
		}
	}
	if want := rate * seconds * 95 / 100; len(times) < want {
		t.Errorf("%s: %d in %d s, a budget of %d/s gives more", what, len(times), seconds, rate)
	}
}

func TestPaceGivesNoBurst(t *testing.T) {
	clock := newFakeClock()
	p := newPacer(clock.now)
	passed := func(rate int) (n int) {
		lanes, _, _ := p.enter([]budget{{laneKey{grant: fmt.Sprint(rate)}, rate}})
		defer p.leave(lanes)
		for p.take(lanes) == 0 {
			n++
		}
		return n
	}
	clock.t = clock.t.Add(time.Hour)
	for rate, want := range map[int]int{1: 1, 50: 1, 100: 1, 1000: 10, 20000: 200} {
		if got := passed(rate); got != want {
			t.Errorf("%d/s: %d went at once, want %d", rate, got, want)
		}
	}
}

func TestPaceTakesFromAllLanesOrNone(t *testing.T) {
	clock := newFakeClock()
	p := newPacer(clock.now)
	slow, _, _ := p.enter(lanesFor("10.0.0.1", 1, 1000, 1000))
	fast, _, _ := p.enter(lanesFor("10.0.1.1", 1000, 1000, 1000))
	if p.take(slow) != 0 {
		t.Fatal("the first attempt was held back")
	}
	for range 100 {
		if p.take(slow) == 0 {
			t.Fatal("a second attempt within the second")
		}
	}
	for i := range 9 { // the grant's burst is 10, of which slow took one
		if p.take(fast) != 0 {
			t.Fatalf("attempt %d: refusals in one /24 ate the grant's budget", i)
		}
	}
}

func TestPaceFollowsAChangedBudget(t *testing.T) {
	clock := newFakeClock()
	p := newPacer(clock.now)
	count := func(rate int) (n int) {
		for range 1000 {
			clock.t = clock.t.Add(time.Millisecond)
			lanes, _, _ := p.enter([]budget{{laneKey{grant: "g"}, rate}})
			if p.take(lanes) == 0 {
				n++
			}
			p.leave(lanes)
		}
		return n
	}
	if n := count(500); n < 490 {
		t.Errorf("500/s gave %d", n)
	}
	if n := count(20); n > 21+burst(float64(500)) {
		t.Errorf("20/s gave %d", n)
	}
}

func TestPaceForgetsWhatRests(t *testing.T) {
	clock := newFakeClock()
	p := newPacer(clock.now)
	for i := range 20_000 {
		clock.t = clock.t.Add(10 * time.Millisecond)
		lanes, _, _ := p.enter(lanesFor(fmt.Sprintf("10.%d.%d.1", i>>8, i&255), 100, 1000, 1000))
		p.take(lanes)
		p.leave(lanes)
	}
	if len(p.lanes) > 600 {
		t.Errorf("%d lanes are remembered after 20000 /24s", len(p.lanes))
	}
}

func TestPaceWaitEndsWithItsContext(t *testing.T) {
	p := newPacer(time.Now)
	b := []budget{{laneKey{grant: "g"}, 1}}
	if err := p.wait(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := contextEndingOnceWaited(t, p)
	defer cancel()
	if err := p.wait(ctx, b); err == nil {
		t.Error("a second attempt within the second")
	}
}
