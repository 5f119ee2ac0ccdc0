package main

import (
	"net/netip"
	"slices"
)

// score is what a program found, set against the truth.
type score struct {
	truth  int
	found  int // of the truth, each once
	twice  int // named again
	untrue int // not open at all
}

// percent is how much of the truth was found; of no truth all.
func (s score) percent() float64 {
	if s.truth == 0 {
		return 100
	}
	return 100 * float64(s.found) / float64(s.truth)
}

// judge sets what was found against truth, which is sorted and holds no pair twice.
func judge(truth, found []netip.AddrPort) score {
	s := score{truth: len(truth)}
	seen := make([]bool, len(truth))
	for _, f := range found {
		i, ok := slices.BinarySearchFunc(truth, f, netip.AddrPort.Compare)
		switch {
		case !ok:
			s.untrue++
		case seen[i]:
			s.twice++
		default:
			seen[i] = true
			s.found++
		}
	}
	return s
}
