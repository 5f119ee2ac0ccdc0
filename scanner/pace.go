package scanner

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// minPause keeps a waiter from spinning on the last nanoseconds of a token.
const minPause = 50 * time.Microsecond

// budget is a number of attempts a second and what it is counted over.
type budget struct {
	key       laneKey
	perSecond int
}

// laneKey names what a budget is counted over: a /24, a grant, or, where both
// are empty, everything.
type laneKey struct {
	prefix netip.Prefix
	grant  string
}

// lane keeps one budget.
//
// An attempt needs a token of several lanes at one and the same moment, and
// taking them one after the other would let the token of one lane grow old
// while another is waited for: bursts that no lane allowed. So turn only
// spreads the waiters over time, and strict, asked for all lanes at once when
// the turn has come, is what holds.
type lane struct {
	turn, strict *rate.Limiter
	perSecond    int
	users        int
	used         time.Time
	recent       []time.Time // attempts of the last second; of a /24 only
}

// pacer keeps all budgets. Lanes that rest are forgotten, so that memory
// follows the rate and not the range.
type pacer struct {
	now func() time.Time

	mu      sync.Mutex
	lanes   map[laneKey]*lane
	evictAt int
	most    int // attempts to one /24 within 1 s
}

func newPacer(now func() time.Time) *pacer {
	return &pacer{now: now, lanes: make(map[laneKey]*lane), evictAt: 256}
}

// burst is what may go at once: 10 ms of the rate.
func burst(perSecond int) int { return max(1, perSecond/100) }

// wait returns when one attempt fits all budgets, and has then taken it.
func (p *pacer) wait(ctx context.Context, budgets []budget) error {
	lanes, turns, pause := p.enter(budgets)
	defer p.leave(lanes)
	for {
		if err := sleep(ctx, pause); err != nil {
			for _, t := range turns {
				t.CancelAt(p.now())
			}
			return err
		}
		if pause = p.take(lanes); pause == 0 {
			return nil
		}
	}
}

// enter reserves a turn in each lane and returns how long the last of them is away.
func (p *pacer) enter(budgets []budget) ([]*lane, []*rate.Reservation, time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	lanes := make([]*lane, len(budgets))
	turns := make([]*rate.Reservation, len(budgets))
	var pause time.Duration
	for i, b := range budgets {
		lanes[i] = p.lane(b, now)
		lanes[i].users++
		turns[i] = lanes[i].turn.ReserveN(now, 1)
		pause = max(pause, turns[i].DelayFrom(now))
	}
	return lanes, turns, pause
}

func (p *pacer) lane(b budget, now time.Time) *lane {
	l := p.lanes[b.key]
	if l == nil {
		p.evict(now)
		l = &lane{
			turn:      rate.NewLimiter(rate.Limit(b.perSecond), burst(b.perSecond)),
			strict:    rate.NewLimiter(rate.Limit(b.perSecond), burst(b.perSecond)),
			perSecond: b.perSecond,
		}
		p.lanes[b.key] = l
	}
	if l.perSecond != b.perSecond { // the grant was changed meanwhile
		l.perSecond = b.perSecond
		for _, limiter := range []*rate.Limiter{l.turn, l.strict} {
			limiter.SetLimitAt(now, rate.Limit(b.perSecond))
			limiter.SetBurstAt(now, burst(b.perSecond))
		}
	}
	l.used = now
	return l
}

// evict forgets lanes that nobody waits in and whose tokens are back: after
// one second without use a new lane is the same as the old one.
func (p *pacer) evict(now time.Time) {
	if len(p.lanes) < p.evictAt {
		return
	}
	for key, l := range p.lanes {
		if l.users == 0 && now.Sub(l.used) > time.Second {
			delete(p.lanes, key)
		}
	}
	p.evictAt = max(256, 2*len(p.lanes))
}

// take takes a token of every lane, or of none and returns how long to wait.
func (p *pacer) take(lanes []*lane) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	var pause time.Duration
	for _, l := range lanes {
		if missing := 1 - l.strict.TokensAt(now); missing > 0 {
			wait := time.Duration(missing / float64(l.perSecond) * float64(time.Second))
			pause = max(pause, wait, minPause)
		}
	}
	if pause > 0 {
		return pause
	}
	for _, l := range lanes {
		l.strict.AllowN(now, 1)
		l.used = now
	}
	p.count(lanes[0], now)
	return 0
}

// count keeps the attempts of the last second of a /24 and remembers the most.
func (p *pacer) count(l *lane, now time.Time) {
	old := 0
	for old < len(l.recent) && now.Sub(l.recent[old]) >= time.Second {
		old++
	}
	l.recent = append(l.recent[:0], l.recent[old:]...)
	l.recent = append(l.recent, now)
	p.most = max(p.most, len(l.recent))
}

func (p *pacer) leave(lanes []*lane) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range lanes {
		l.users--
	}
}

// peak returns the most attempts to one /24 within any second.
func (p *pacer) peak() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.most
}

func sleep(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil || d <= 0 {
		return err
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
