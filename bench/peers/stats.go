package main

import (
	"fmt"
	"slices"
)

// spread is several measurements of one thing.
type spread struct {
	median, least, most float64
	n                   int
}

// spreadOf returns the zero spread for no values.
func spreadOf(values []float64) spread {
	if len(values) == 0 {
		return spread{}
	}
	v := slices.Clone(values)
	slices.Sort(v)
	n := len(v)
	return spread{median: (v[(n-1)/2] + v[n/2]) / 2, least: v[0], most: v[n-1], n: n}
}

// spreadOver measures each run.
func spreadOver(runs []run, measure func(run) float64) spread {
	values := make([]float64, len(runs))
	for i, r := range runs {
		values[i] = measure(r)
	}
	return spreadOf(values)
}

// ratios measures minesweep over the peer, pair by pair.
func ratios(pairs []pair, measure func(run) float64) spread {
	values := make([]float64, len(pairs))
	for i, p := range pairs {
		values[i] = measure(p.ours) / measure(p.theirs)
	}
	return spreadOf(values)
}

// text writes the median and, of several values, the least and the most.
func (s spread) text(format string) string {
	switch s.n {
	case 0:
		return "–"
	case 1:
		return fmt.Sprintf(format, s.median)
	}
	return fmt.Sprintf(format+" ("+format+" to "+format+")", s.median, s.least, s.most)
}
