package scanner

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"time"

	"minesweep"
)

// gate is the guard's door for packets that an engine makes itself: scope and
// budgets, decided for each packet right before it leaves. One sender passes
// it; connections that go through [Guard.Admit] meanwhile are charged to the
// same budgets.
type gate struct {
	guard *Guard
	began time.Time

	mu       sync.Mutex // guards what follows
	ramp     int64      // ns over which the rate rises to what was asked, from risen on; 0: at once
	risen    int64
	scope    *minesweep.Scope
	flat     *flatScope
	scopes   uint32 // how many scopes were flattened, hence the number of the present one
	lanes    map[laneKey]*laneBudgets
	share    float64 // of every budget
	shares   uint32  // how often it changed
	whole    *clock  // nil: the grants' budgets alone bound the rate
	grants   map[laneKey]*clock
	near     *neighbours
	stretch  float64 // of every clock while the rate rises
	sent     uint64
	rejected uint64
}

// verdict is what the gate says of one packet.
type verdict uint8

const (
	goes    verdict = iota // it must leave at once
	refused                // by the scope; nothing may be sent
	parked                 // until its /24 or grant has room
	stopped                // until everything has room
)

// newGate makes the door of g for a plan. A nil error does not mean that the
// plan is allowed: that is decided packet by packet.
func newGate(g *Guard, plan minesweep.Plan) *gate {
	gt := &gate{
		guard: g, began: g.cfg.Now(), grants: make(map[laneKey]*clock), stretch: 1, share: g.share.get(),
		near: newNeighbours(distinct24(plan, neighbourWays*mostSets)),
	}
	if g.cfg.Rate > 0 {
		gt.whole = newClock(g.cfg.Rate, gt.share, 0)
	}
	return gt
}

// now is the time on the gate's clocks.
func (g *gate) now() int64 { return int64(g.guard.cfg.Now().Sub(g.began)) }

// renew takes over the scope that holds now; it is to be called before each
// batch. It fails where the guard could not read its scope for too long.
func (g *gate) renew(now int64) error {
	r, err := g.guard.fresh()
	if err != nil {
		return err
	}
	if g.stretch = 1; now-g.risen < g.ramp {
		g.stretch = min(float64(g.ramp)/float64(now-g.risen+1), 16)
	}
	if share := g.guard.share.get(); share != g.share {
		g.setShare(share, now)
	}
	if r.scope != g.scope {
		g.scope = r.scope
		g.scopes++
		g.lanes = make(map[laneKey]*laneBudgets)
		g.flat = flatten(r.scope, func(s minesweep.Stretch) *laneBudgets { return g.lane(s, now) })
	}
	return nil
}

// setShare gives every budget another share. Turns that were given out before
// are void.
func (g *gate) setShare(share float64, now int64) {
	ratio := g.share / share
	if g.whole != nil {
		g.whole.setShare(share, ratio, now)
	}
	for _, c := range g.grants {
		c.setShare(share, ratio, now)
	}
	for _, l := range g.lanes {
		l.per24 = intervalOf(l.perSecond24, share)
	}
	g.near.setShare(ratio, now)
	g.share = share
	g.shares++
}

// lane returns the budgets of a stretch, shared by all that have the same;
// clocks go on over a change of scope.
func (g *gate) lane(s minesweep.Stretch, now int64) *laneBudgets {
	key := laneKey{grant: s.Grant.Name}
	if s.Grant.RatePerPrefix > 0 {
		key.prefix = s.Prefix
	}
	if g.lanes[key] == nil {
		g.lanes[key] = g.newLane(s, now)
	}
	return g.lanes[key]
}

func (g *gate) newLane(s minesweep.Stretch, now int64) *laneBudgets {
	whole, per24 := s.Grant.Budget()
	if g.guard.cfg.RatePer24 > 0 {
		per24 = min(per24, g.guard.cfg.RatePer24)
	}
	l := &laneBudgets{
		grant:       g.clock(laneKey{grant: s.Grant.Name}, whole, now),
		perSecond24: per24, per24: intervalOf(per24, g.share),
	}
	if s.Grant.RatePerPrefix > 0 {
		l.prefix = g.clock(laneKey{prefix: s.Prefix, grant: s.Grant.Name}, s.Grant.RatePerPrefix, now)
	}
	return l
}

func (g *gate) clock(key laneKey, perSecond int, now int64) *clock {
	c := g.grants[key]
	if c == nil || c.perSecond != perSecond {
		c = newClock(perSecond, g.share, now)
		g.grants[key] = c
	}
	return c
}

// pass decides about a packet to a. turn says that the packet was parked and
// that its turn has come. Where it must wait, until is when to ask
// again, in turn.
func (g *gate) pass(a address, now int64, turn bool) (v verdict, until int64) {
	lane, n := g.lookUp(a, now)
	if lane == nil {
		g.rejected++
		return refused, 0
	}
	if g.whole != nil && g.whole.next > now {
		return stopped, g.whole.next
	}
	if c := lane.later(); c.next > now {
		switch {
		case len(g.grants) == 1:
			return stopped, c.next // all others wait for the same
		case turn:
			return parked, c.next
		}
		return parked, c.await()
	}
	if n == nil {
		return parked, now + lane.per24
	}
	due := n.strict
	if !turn {
		due = max(due, n.turn)
	}
	if due > now {
		if !turn {
			n.turn = due + n.interval(lane.per24)
		}
		return parked, due
	}
	g.take(lane, n, now)
	g.sent++
	return goes, 0
}

// lookUp decides whether a may be probed, and returns its budgets and its /24;
// the /24 may be nil where the table is full.
func (g *gate) lookUp(a address, now int64) (*laneBudgets, *neighbour) {
	n := g.near.find(a)
	if n != nil && n.scope == g.scopes {
		if s := g.flat.at(int(n.stretch)); s.holds(a) {
			return s.lane, n
		}
	}
	stretch := g.flat.find(a)
	if stretch < 0 {
		return nil, nil
	}
	if n == nil {
		n = g.near.at(a, now)
	}
	if n != nil {
		n.stretch, n.scope = uint32(stretch), g.scopes
	}
	return g.flat.at(stretch).lane, n
}

// touch reads what the look-up of a will read, and decides nothing.
func (g *gate) touch(a address) uint64 {
	n := g.near.find(a)
	if n == nil || n.scope != g.scopes {
		return 0
	}
	return uint64(n.strict) + g.flat.at(int(n.stretch)).to.low
}

// later is the clock of grant and prefix that has room last.
func (l *laneBudgets) later() *clock {
	if l.prefix != nil && l.prefix.next > l.grant.next {
		return l.prefix
	}
	return l.grant
}

func (g *gate) take(lane *laneBudgets, n *neighbour, now int64) {
	if g.whole != nil {
		g.whole.take(now, g.stretch)
	}
	lane.grant.take(now, g.stretch)
	if lane.prefix != nil {
		lane.prefix.take(now, g.stretch)
	}
	if n != nil {
		g.near.take(n, now, lane.per24)
	}
}

// allows decides again about a packet that passed and could not leave at once.
func (g *gate) allows(a address) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.renew(g.now()) != nil || g.flat.find(a) < 0 {
		g.rejected++
		return false
	}
	return true
}

// charge notes a connection attempt that the guard let out beside the sender.
func (g *gate) charge(addr netip.Addr) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.flat == nil {
		return
	}
	a, now := addressOf(addr), g.now()
	if lane, n := g.lookUp(a, now); lane != nil {
		g.take(lane, n, now)
	}
}

// openGate makes the gate the one that the guard's connections are charged to,
// until close. One engine at a time may have one.
func (g *Guard) openGate(plan minesweep.Plan) (gt *gate, done func(), err error) {
	gt = newGate(g, plan)
	if !g.gate.CompareAndSwap(nil, gt) {
		return nil, nil, errors.New("guard: another sweep sends packets already")
	}
	return gt, func() { g.gate.Store(nil) }, nil
}

// rate is what the share of the budgets allows in all, packets/s.
func (g *gate) rate() (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := g.renew(g.now()); err != nil {
		return 0, err
	}
	if g.whole != nil {
		return int(float64(g.whole.perSecond) * g.share), nil
	}
	sum := 0
	for key, c := range g.grants {
		if !key.prefix.IsValid() {
			sum += c.perSecond
		}
	}
	return int(float64(sum) * g.share), nil
}

// rise lets the rate rise from now on, over ramp ns. What the clocks missed
// until now nobody is owed.
func (g *gate) rise(ramp int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.ramp, g.risen = ramp, g.now()
	for _, c := range g.grants {
		c.next = max(c.next, g.risen)
	}
	if g.whole != nil {
		g.whole.next = max(g.whole.next, g.risen)
	}
}

// waitUntil sleeps until the gate's clock shows until, most at the longest.
func (g *gate) waitUntil(ctx context.Context, until int64, most time.Duration) error {
	// Waking for each packet would cost more than the packet.
	return nap(ctx, min(max(time.Duration(until-g.now()), time.Duration(clockDepth/2)), most))
}
