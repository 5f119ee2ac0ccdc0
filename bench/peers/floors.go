package main

import (
	"fmt"
	"math"
	"slices"
)

// floor is one figure that is promised, and whether it holds.
type floor struct {
	Says     string
	Measured string
	holds    bool
}

// Verdict is PASS or FAIL; what was not measured does not pass.
func (f floor) Verdict() string {
	if f.holds {
		return "PASS"
	}
	return "FAIL"
}

func (f floor) String() string { return fmt.Sprintf("%s  %s: %s", f.Verdict(), f.Says, f.Measured) }

const notMeasured = "not measured"

// bound is a promised ratio of minesweep to a peer.
type bound struct {
	peer    string
	of      string
	measure func(run) float64
	least   float64 // 0: no such bound
	most    float64 // likewise
}

var unlimitedBounds = []bound{
	{masscanName, "packets/s", run.perSecond, 1.5, 0}, {zmapName, "packets/s", run.perSecond, 1.2, 0},
	{masscanName, "CPU a probe", run.cpuPerProbe, 0, 0.6}, {zmapName, "CPU a probe", run.cpuPerProbe, 0, 0.8},
	{naabuName, "packets/s", run.perSecond, 4, 0},
}

// A wall time of 1/1.5 is the same as 1.5 times the speed.
var slash8Bounds = []bound{
	{masscanName, "wall time", run.wallSeconds, 0, 1 / 1.5}, {zmapName, "wall time", run.wallSeconds, 0, 1 / 1.2},
	{naabuName, "wall time", run.wallSeconds, 0, 1. / 4},
}

const (
	mostResident = 40.0 // MB
	leastFound   = 99.9 // percent, at a set rate
	mostOff      = 2.0  // percent, of a set rate
	mostCut      = 1.0  // seconds until an exclusion bites
	mostSpread   = 0.05 // what 10,000 prefixes may cost
)

// floorsOf judges the works that were chosen.
func floorsOf(r results, o options) []floor {
	var out []floor
	add := func(work string, floors func(results) []floor) {
		if slices.Contains(o.works, work) {
			out = append(out, floors(r)...)
		}
	}
	add("unlimited", unlimitedFloors)
	add("slash8", slash8Floors)
	add("rates", rateFloors)
	add("prefixes", func(r results) []floor { return []floor{prefixFloor(r)} })
	add("exclusion", func(r results) []floor { return []floor{cutFloor(r)} })
	out = append(out, floor{"no packet of minesweep out of scope", fmt.Sprintf("%d in %d runs", r.outside, r.ownRuns), r.outside == 0 && r.ownRuns > 0})
	for _, f := range r.failures {
		if f.ours {
			out = append(out, floor{Says: "every run of minesweep ends well", Measured: f.text})
		}
	}
	return out
}

func (b bound) floor(work string, pairs []pair) floor {
	s := ratios(of(pairs, b.peer), b.measure)
	f := floor{Measured: notMeasured}
	if b.least > 0 {
		f.Says = fmt.Sprintf("%s: %s of minesweep are %.2f × those of %s or more", work, b.of, b.least, b.peer)
		f.holds = s.n > 0 && s.median >= b.least
	} else {
		f.Says = fmt.Sprintf("%s: %s of minesweep is %.2f × that of %s or less", work, b.of, b.most, b.peer)
		f.holds = s.n > 0 && s.median <= b.most
	}
	if s.n > 0 {
		f.Measured = s.text("%.2f")
	}
	return f
}

func unlimitedFloors(r results) []floor {
	var out []floor
	for _, b := range unlimitedBounds {
		out = append(out, b.floor(workOf(r.unlimited, "100.64.0.0/12 × 4 ports"), r.unlimited))
	}
	runs := ours(r.unlimited)
	memory, found := spreadOver(runs, run.megabytes), spreadOver(runs, run.foundPercent)
	complete := len(runs) > 0 && !slices.ContainsFunc(runs, func(o run) bool { return o.score.found < o.score.truth })
	return append(out,
		floor{fmt.Sprintf("minesweep holds %.0f MB at most", mostResident), s0(memory, "%.1f MB"), memory.n > 0 && memory.most <= mostResident},
		floor{"minesweep finds 100 % in every run", s0(found, "%.3f %%"), complete})
}

func slash8Floors(r results) []floor {
	var out []floor
	for _, b := range slash8Bounds {
		out = append(out, b.floor(workOf(r.slash8, "10.0.0.0/8 × 1 port"), r.slash8))
	}
	return out
}

// workOf names what was done, which with -quick is less than promised.
func workOf(pairs []pair, promised string) string {
	if len(pairs) == 0 {
		return promised
	}
	return pairs[0].ours.job.String()
}

// rateFloors judges each rate by its worst run.
func rateFloors(r results) []floor {
	var out []floor
	for _, rate := range ratesOf(r.rates) {
		for _, gro := range []bool{true, false} {
			runs := r.rated(minesweepSYN, rate, gro)
			found, mean, worst := spreadOver(runs, run.foundPercent), spreadOver(runs, run.meanError), spreadOver(runs, run.worstError)
			f := floor{Says: fmt.Sprintf("%d packets/s, GRO %s: ± %.0f %% in any second, %.1f %% found", rate, onOff(gro), mostOff, leastFound), Measured: notMeasured}
			if len(runs) > 0 {
				f.Measured = fmt.Sprintf("mean %+.2f %%, worst second %+.2f to %+.2f %%, %.2f %% found", mean.median, worst.least, worst.most, found.least)
				judged := !slices.ContainsFunc(runs, func(o run) bool { return !o.pace.ok })
				f.holds = judged && found.least >= leastFound && math.Max(-worst.least, worst.most) <= mostOff
			}
			out = append(out, f)
		}
	}
	if len(out) == 0 {
		out = append(out, floor{Says: "set rates", Measured: notMeasured})
	}
	return out
}

// ratesOf returns the rates that runs were asked for, ascending.
func ratesOf(runs []run) []int {
	var out []int
	for _, r := range runs {
		out = append(out, r.job.rate)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func prefixFloor(r results) floor {
	s := ratios(r.prefixes, run.perSecond)
	return floor{fmt.Sprintf("10,000 prefixes: at least %.2f × the packets/s of one", 1-mostSpread), s0(s, "%.3f"), s.n > 0 && s.median >= 1-mostSpread}
}

// cutFloor counts only sweeps that went on long enough to have sent more.
func cutFloor(r results) floor {
	f := floor{Says: fmt.Sprintf("an exclusion at full speed: last packet to it %.0f s later at most", mostCut), Measured: notMeasured}
	if len(r.cuts) == 0 {
		return f
	}
	last := make([]float64, len(r.cuts))
	f.holds = true
	for i, c := range r.cuts {
		last[i] = c.last.Seconds()
		f.holds = f.holds && last[i] <= mostCut && c.before > 0 && c.wentOn.Seconds() > mostCut
	}
	f.Measured = spreadOf(last).text("%.2f s")
	return f
}

// s0 is a spread's text, or that there is none.
func s0(s spread, format string) string {
	if s.n == 0 {
		return notMeasured
	}
	return s.text(format)
}
