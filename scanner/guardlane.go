package scanner

import (
	"math"
	"sync/atomic"
)

// LaneConfig is what a [Guard.Lane] has of its own.
type LaneConfig struct {
	// Rate and RatePer24 lower the grants' own budgets for this lane, in packets
	// a second over everything and over each /24 (IPv6: /64); 0: the grants' own.
	Rate, RatePer24 int
	// Share is the part of every budget that is the lane's from the beginning,
	// as [Guard.SetShare] has it; 0: all.
	Share float64
	// Sharers24 is how many lanes would share the budget of each /24, where this
	// one shares none of its /24s with any other: it then has that many shares of
	// it. 0 means 1. It counts for connections, not for the SYN engine.
	Sharers24 int
}

// Lane returns a guard with budgets and counts of its own and a door for one
// engine. It has the scope of g, which [Guard.Run] of g re-reads for all, its
// connections at one host at a time, and its round trips. Budgets of several
// lanes add up: whoever makes lanes gives each its share.
func (g *Guard) Lane(cfg LaneConfig) *Guard {
	l := &Guard{cfg: g.cfg, outlook: g.outlook, pace: newPacer(g.cfg.Now)}
	l.cfg.Rate, l.cfg.RatePer24, l.cfg.Poke = max(cfg.Rate, 0), max(cfg.RatePer24, 0), nil
	l.sharers24 = max(cfg.Sharers24, 1)
	l.SetShare(1)
	if cfg.Share != 0 {
		l.SetShare(cfg.Share)
	}
	return l
}

// leastShare is the smallest part of a budget that counts: 100/s become one in
// 100 s.
const leastShare = 1e-4

// SetShare multiplies every budget of g, those of the grants, their prefixes and
// each /24 too, by f, above 0 and at most 1, from now on: what waits is given
// another turn, and nothing goes sooner than the new budgets allow.
func (g *Guard) SetShare(f float64) {
	if math.IsNaN(f) {
		f = leastShare
	}
	f = min(max(f, leastShare), 1)
	g.share.set(f)
	g.pace.setShare(f)
}

// share is a part of every budget.
type share struct{ bits atomic.Uint64 }

func (s *share) set(f float64) { s.bits.Store(math.Float64bits(f)) }
func (s *share) get() float64  { return math.Float64frombits(s.bits.Load()) }
