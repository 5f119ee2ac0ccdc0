package main

import (
	"fmt"
	"net/netip"
	"time"

	"go4.org/netipx"

	"minesweep"
)

// tooLong bounds an estimate: a time.Duration ends at 292 years.
const tooLong = 100 * 365 * 24 * time.Hour

// workload is what an estimate is made of.
type workload struct {
	plan        minesweep.Plan
	grants      []minesweep.Grant // in force
	rate, per24 int               // of the flags; 0: the grants' own
	// connects says that the engine connects: inFlight at once, each for up to wait.
	connects bool
	inFlight int
	wait     time.Duration
}

// estimate is how long a sweep takes at best, and what makes it so long.
type estimate struct {
	probes uint64
	takes  time.Duration
	bound  string // such as "1000/s of grant campus"
}

// limit is a budget and how long it needs for its part of one pass.
type limit struct {
	seconds float64
	text    string
}

// estimate returns the time that the tightest budget needs. Budgets of
// different parts run at the same time, for the order of probes is random.
// Where grants overlap, each is charged with the overlap.
func (w workload) estimate() estimate {
	total, _ := w.plan.Total()
	passes := max(w.plan.Passes, 1)
	if w.plan.Cursor >= total {
		return estimate{}
	}
	left, size := total-w.plan.Cursor, total/passes
	tightest := w.tightest(float64(size))
	pauses := passes - 1 - w.plan.Cursor/size
	takes := tightest.seconds*float64(left)/float64(size) + float64(pauses)*w.plan.PassGap.Seconds()
	return estimate{probes: left, takes: seconds(takes), bound: tightest.text}
}

// tightest returns the limit that makes one pass of probes long.
func (w workload) tightest(probes float64) limit {
	var worst limit
	consider := func(l limit) {
		if l.seconds > worst.seconds {
			worst = l
		}
	}
	share := float64(len(w.plan.Ports)) / float64(max(w.plan.Shards, 1)) // probes for each address
	for _, g := range w.grants {
		for _, l := range w.limitsOf(g, share) {
			consider(l)
		}
	}
	if w.rate > 0 {
		consider(limit{probes / float64(w.rate), fmt.Sprintf("--rate %d", w.rate)})
	}
	if w.connects && w.wait > 0 {
		rate := float64(w.inFlight) / w.wait.Seconds()
		consider(limit{probes / rate, fmt.Sprintf("%d connections in flight, where nothing answers", w.inFlight)})
	}
	return worst
}

func (w workload) limitsOf(g minesweep.Grant, share float64) []limit {
	part := newAddressCount(w.plan.Targets, g.Prefixes)
	if part.total == 0 {
		return nil
	}
	rate, per24 := g.Budget()
	text := fmt.Sprintf("%d/s over each /24 of grant %s", per24, g.Name)
	if w.per24 > 0 && w.per24 < per24 {
		per24, text = w.per24, fmt.Sprintf("--rate-per-24 %d", w.per24)
	}
	out := []limit{
		{float64(part.total) * share / float64(rate), fmt.Sprintf("%d/s of grant %s", rate, g.Name)},
		{float64(part.fullest()) * share / float64(per24), text},
	}
	if g.RatePerPrefix == 0 {
		return out
	}
	for _, p := range g.Prefixes {
		out = append(out, limit{float64(part.in(p)) * share / float64(g.RatePerPrefix),
			fmt.Sprintf("%d/s over %s of grant %s", g.RatePerPrefix, p, g.Name)})
	}
	return out
}

func seconds(s float64) time.Duration {
	if s >= tooLong.Seconds() {
		return tooLong
	}
	return time.Duration(s * float64(time.Second))
}

// String says how long and why.
func (e estimate) String() string {
	return fmt.Sprintf("%d probes take about %s (%s)", e.probes, span(e.takes), e.bound)
}

// shortfall names the grant whose authority ends before the estimate does, or
// returns "".
func (w workload) shortfall(e estimate, now time.Time) string {
	for _, g := range w.grants {
		until := g.Until(now)
		if until.IsZero() || until.Sub(now) >= e.takes || newAddressCount(w.plan.Targets, g.Prefixes).total == 0 {
			continue
		}
		why := "ends on " + stamp(g.ValidTo)
		if !until.Equal(g.ValidTo) {
			why = "is allowed only " + g.Window.String()
		}
		return fmt.Sprintf("grant %s %s, %s from now", g.Name, why, span(until.Sub(now)))
	}
	return ""
}

// grantsInForce returns the grants that give authority at now.
func grantsInForce(grants []minesweep.Grant, now time.Time) []minesweep.Grant {
	var out []minesweep.Grant
	for _, g := range grants {
		if g.Standing(now) == "" {
			out = append(out, g)
		}
	}
	return out
}

// intersect returns the addresses of set inside the prefixes.
func intersect(set *netipx.IPSet, prefixes []netip.Prefix) *netipx.IPSet {
	var b netipx.IPSetBuilder
	for _, p := range prefixes {
		b.AddPrefix(p)
	}
	b.Intersect(set)
	out, err := b.IPSet()
	if err != nil { // of invalid prefixes, which no grant has
		return &netipx.IPSet{}
	}
	return out
}
