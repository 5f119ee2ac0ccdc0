package fingerprints

import (
	"slices"

	"minesweep"
)

// Sample is one recorded host, and what judging it must give.
type Sample struct {
	Name    string // of its file, without .txtar
	Replies []minesweep.Reply
	Verdict minesweep.Verdict // "": not said, and the sample proves nothing
	Want    minesweep.Claims  // what is empty is not asserted
}

// forbids tells whether a rule of this strength must not fire on the sample: it
// is nothing that could be named, and its verdict says less.
func (s *Sample) forbids(strength minesweep.Strength) bool {
	if s.Want.Class != "" || s.Want.Vendor != "" || s.Verdict == minesweep.Confirmed {
		return false
	}
	return strength == minesweep.Confirm || (strength == minesweep.Suspect && s.Verdict != minesweep.Suspected)
}

// isForeign tells whether the evidence says another make or kind than the
// sample is.
func (s *Sample) isForeign(e *minesweep.Evidence) bool {
	if e.Strength != minesweep.Confirm && e.Strength != minesweep.Suspect {
		return false
	}
	w, c := &s.Want, &e.Claims
	differ := func(a, b string) bool { return a != "" && b != "" && a != b }
	return differ(c.Vendor, w.Vendor) || differ(kindOf(c.Class), kindOf(w.Class)) || (c.Vendor == "" && differ(c.Model, w.Model))
}

// outweighs tells whether evidence of the sample's own make stands above e, so
// that e names nothing: clones keep the strings of what they copied.
func (s *Sample) outweighs(e *minesweep.Evidence, all []minesweep.Evidence) bool {
	return slices.ContainsFunc(all, func(x minesweep.Evidence) bool {
		above := rank(x.Strength) < rank(e.Strength) || (x.Strength == e.Strength && x.Weight > e.Weight)
		return above && x.Fingerprint != e.Fingerprint && !s.isForeign(&x)
	})
}

// kindOf takes together the classes that one product may have by turns: a
// miner of CPUs runs on GPUs, a pool stands behind a proxy.
func kindOf(c minesweep.Class) string {
	switch c {
	case minesweep.ASIC, minesweep.HomeMiner:
		return "machine"
	case minesweep.GPUMiner, minesweep.CPUMiner:
		return "program"
	case minesweep.Pool, minesweep.Proxy:
		return "pool"
	}
	return string(c)
}

// shows tells whether a sample is what a rule of this strength is made for.
func (s *Sample) shows(strength minesweep.Strength) bool {
	switch strength {
	case minesweep.Confirm:
		return s.Verdict == minesweep.Confirmed || s.Want.Class != ""
	case minesweep.Suspect:
		return s.Verdict == minesweep.Confirmed || s.Verdict == minesweep.Suspected
	case minesweep.Decoy:
		return s.Verdict == minesweep.DecoyHost
	}
	return true
}
