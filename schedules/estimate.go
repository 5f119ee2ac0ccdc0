package schedules

import (
	"fmt"
	"time"

	"minesweep"
)

// TooLong bounds an estimate: a time.Duration ends at 292 years.
const TooLong = 100 * 365 * 24 * time.Hour

// Workload is what an estimate is made of.
type Workload struct {
	Plan        minesweep.Plan
	Grants      []minesweep.Grant // in force
	Rate, Per24 int               // packets/s that the operator asked for; 0: the grants' own
	// Connects says that the engine connects: InFlight at once, each for up to Wait.
	Connects bool
	InFlight int
	Wait     time.Duration
}

// Estimate is how long a sweep takes at best, and what makes it so long.
type Estimate struct {
	Probes uint64 // that are left
	Takes  time.Duration
	Bound  string // such as "1000/s of grant campus"
}

// limit is a budget and how long it needs for its part of one pass.
type limit struct {
	seconds float64
	text    string
}

// Estimate returns the time that the tightest budget needs. Budgets of
// different parts run at the same time, for the order of probes is random.
// Where grants overlap, each is charged with the overlap.
func (w Workload) Estimate() Estimate {
	total, _ := w.Plan.Total()
	passes := max(w.Plan.Passes, 1)
	if w.Plan.Cursor >= total {
		return Estimate{}
	}
	left, size := total-w.Plan.Cursor, total/passes
	tightest := w.tightest(float64(size))
	pauses := passes - 1 - w.Plan.Cursor/size
	takes := tightest.seconds*float64(left)/float64(size) + float64(pauses)*w.Plan.PassGap.Seconds()
	return Estimate{Probes: left, Takes: seconds(takes), Bound: tightest.text}
}

// tightest returns the limit that makes one pass of probes long.
func (w Workload) tightest(probes float64) limit {
	var worst limit
	consider := func(l limit) {
		if l.seconds > worst.seconds {
			worst = l
		}
	}
	share := float64(len(w.Plan.Ports)) / float64(max(w.Plan.Shards, 1)) // probes for each address
	for _, g := range w.Grants {
		for _, l := range w.limitsOf(g, share) {
			consider(l)
		}
	}
	if w.Rate > 0 {
		consider(limit{probes / float64(w.Rate), fmt.Sprintf("--rate %d", w.Rate)})
	}
	if w.Connects && w.Wait > 0 {
		rate := float64(w.InFlight) / w.Wait.Seconds()
		consider(limit{probes / rate, fmt.Sprintf("%d connections in flight, where nothing answers", w.InFlight)})
	}
	return worst
}

func (w Workload) limitsOf(g minesweep.Grant, share float64) []limit {
	part := newAddressCount(w.Plan.Targets, g.Prefixes)
	if part.total == 0 {
		return nil
	}
	rate, per24 := g.Budget()
	text := fmt.Sprintf("%d/s over each /24 of grant %s", per24, g.Name)
	if w.Per24 > 0 && w.Per24 < per24 {
		per24, text = w.Per24, fmt.Sprintf("--rate-per-24 %d", w.Per24)
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
	if s >= TooLong.Seconds() {
		return TooLong
	}
	return time.Duration(s * float64(time.Second))
}

// String says how long and why.
func (e Estimate) String() string {
	return fmt.Sprintf("%d probes take about %s (%s)", e.Probes, Span(e.Takes), e.Bound)
}

// Shortfall names the grant whose authority ends before the Estimate does, or
// returns "".
func (w Workload) Shortfall(e Estimate, now time.Time) string {
	for _, g := range w.Grants {
		until := g.Until(now)
		if until.IsZero() || until.Sub(now) >= e.Takes || newAddressCount(w.Plan.Targets, g.Prefixes).total == 0 {
			continue
		}
		why := "ends on " + g.ValidTo.UTC().Format(time.RFC3339)
		if !until.Equal(g.ValidTo) {
			why = "is allowed only " + g.Window.String()
		}
		return fmt.Sprintf("grant %s %s, %s from now", g.Name, why, Span(until.Sub(now)))
	}
	return ""
}

// InForce returns the grants that give authority at now.
func InForce(grants []minesweep.Grant, now time.Time) []minesweep.Grant {
	var out []minesweep.Grant
	for _, g := range grants {
		if g.Standing(now) == "" {
			out = append(out, g)
		}
	}
	return out
}

// Span writes a duration for a person: 90s as 1m30s, 50h as 2 days.
func Span(d time.Duration) string {
	switch {
	case d >= TooLong:
		return "more than a hundred years"
	case d >= 48*time.Hour:
		return fmt.Sprintf("%.0f days", d.Hours()/24)
	case d >= time.Hour:
		d = d.Round(time.Minute)
		return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
	case d >= 10*time.Second:
		d = d.Round(time.Second)
	case d >= time.Second:
		d = d.Round(100 * time.Millisecond)
	}
	return d.String()
}
