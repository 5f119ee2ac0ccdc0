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
	limit        float64 // of it, what is ours
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
	share   float64       // of every budget
	changed chan struct{} // closed when share changes: turns are void
	evictAt int
	most    int // attempts to one /24 within 1 s
}

func newPacer(now func() time.Time) *pacer {
	return &pacer{now: now, lanes: make(map[laneKey]*lane), share: 1, changed: make(chan struct{}), evictAt: 256}
}

// burst is what may go at once: 10 ms of the rate.
func burst(perSecond float64) int { return max(1, int(perSecond/100)) }

// wait returns when one attempt fits all budgets, and has then taken it.
func (p *pacer) wait(ctx context.Context, budgets []budget) error {
	for {
		if again, err := p.waitOnce(ctx, budgets); !again {
			return err
		}
	}
}

// waitOnce is wait for as long as the share stays; again: it did not.
func (p *pacer) waitOnce(ctx context.Context, budgets []budget) (again bool, err error) {
	changed := p.change()
	lanes, turns, pause := p.enter(budgets)
	defer p.leave(lanes)
	for {
		again, err := sleepUnless(ctx, pause, changed)
		if err != nil || again {
			for _, t := range turns {
				t.CancelAt(p.now())
			}
			return again, err
		}
		if pause = p.take(lanes); pause == 0 {
			return false, nil
		}
	}
}

// change returns a channel that is closed when the share changes.
func (p *pacer) change() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.changed
}

// setShare gives every budget another share. Tokens are neither given nor taken
// back, and whoever waits gets another turn.
func (p *pacer) setShare(share float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if share == p.share {
		return
	}
	p.share = share
	for _, l := range p.lanes {
		p.adjust(l, l.perSecond, p.now())
	}
	close(p.changed)
	p.changed = make(chan struct{})
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
		limit := float64(b.perSecond) * p.share
		l = &lane{
			turn:      rate.NewLimiter(rate.Limit(limit), burst(limit)),
			strict:    rate.NewLimiter(rate.Limit(limit), burst(limit)),
			perSecond: b.perSecond, limit: limit,
		}
		p.lanes[b.key] = l
	}
	if l.perSecond != b.perSecond { // the grant was changed meanwhile
		p.adjust(l, b.perSecond, now)
	}
	l.used = now
	return l
}

// adjust gives a lane another budget, or what the share makes of it.
func (p *pacer) adjust(l *lane, perSecond int, now time.Time) {
	l.perSecond, l.limit = perSecond, float64(perSecond)*p.share
	l.strict.SetLimitAt(now, rate.Limit(l.limit))
	l.strict.SetBurstAt(now, burst(l.limit))
	// Turns that were given out by the old budget hold nobody up any more.
	l.turn = rate.NewLimiter(rate.Limit(l.limit), burst(l.limit))
}

// rests reports whether nobody waits in the lane and its tokens are back.
func (l *lane) rests(now time.Time) bool {
	back := time.Duration(float64(burst(l.limit)) / l.limit * float64(time.Second))
	return l.users == 0 && now.Sub(l.used) > max(time.Second, back)
}

// evict forgets lanes that nobody waits in and whose tokens are back: a new lane
// is the same as the old one then.
func (p *pacer) evict(now time.Time) {
	if len(p.lanes) < p.evictAt {
		return
	}
	for key, l := range p.lanes {
		if l.rests(now) {
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
			wait := time.Duration(missing / l.limit * float64(time.Second))
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

// sleepUnless is sleep that ends early, with true, when changed is closed.
func sleepUnless(ctx context.Context, d time.Duration, changed <-chan struct{}) (early bool, err error) {
	if err := ctx.Err(); err != nil || d <= 0 {
		return false, err
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false, ctx.Err()
	case <-changed:
		return true, nil
	case <-timer.C:
		return false, nil
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	_, err := sleepUnless(ctx, d, nil)
	return err
}
