package main

import (
	"fmt"
	"slices"
	"time"
)

// figures are what was measured of a storm.
type figures struct {
	rate, per24 int
	status      state
	length      time.Duration // from the first packet to the end

	truth, found, missed, untrue, twice int // open ports
	devices, named                      int // simulated miners
	identities, assets                  int // what tells them apart, and what is stored as one device
	misnamed                            []string

	pairs, never, again int // pairs of address and port; never probed; probes again, of pairs that are not asked
	asked               questions

	sent, outside, lost uint64
	mean                float64
	peak, peak24        uint64 // packets in the busiest second, over everything and over a /24

	done       []happened
	recoveries []recovery
	unasked    []string // workers that ended by themselves
	nodes      []nodeFigures
}

// nodeFigures are of one worker.
type nodeFigures struct {
	Name         string
	Sent         uint64
	Stints       int
	Kills, Terms int
	Cuts         int
}

// What is promised.
const (
	mostAgain    = 1.0  // percent of the pairs
	mostOver     = 1.02 // of a budget, in any second
	mostRecovery = time.Minute
	mostDrain    = 5 * time.Second
	mostUnheard  = 10 * time.Second // for which a node sends that cannot write down what it did
	grace        = time.Second      // to look, and for packets that were on their way
)

// floor is one figure that is promised, and whether it holds.
type floor struct {
	Says     string
	Measured string
	holds    bool
}

// Verdict is PASS or FAIL.
func (f floor) Verdict() string {
	if f.holds {
		return "PASS"
	}
	return "FAIL"
}

func (f floor) String() string { return fmt.Sprintf("%s  %s: %s", f.Verdict(), f.Says, f.Measured) }

// floors judges the figures.
func (f figures) floors() []floor {
	share := 100 * float64(f.again) / float64(max(f.pairs, 1))
	out := []floor{
		{"the sweep ends, done", fmt.Sprintf("%s after %.0f s %s", f.status.status, f.length.Seconds(), f.status.note), f.status.status == "done"},
		{"the open ports found are those that are open", fmt.Sprintf("%d are open, %d found, %d missed, %d untrue", f.truth, f.found, f.missed, f.untrue),
			f.truth > 0 && f.found == f.truth && f.missed == 0 && f.untrue == 0},
		{"every miner is named as the laboratory knows it", fmt.Sprintf("%d of %d", f.named, f.devices), f.devices > 0 && f.named == f.devices},
		{"nothing is there twice", fmt.Sprintf("%d rows of ports and hosts twice, %d assets of %d identities", f.twice, f.assets, f.identities), f.twice == 0 && f.assets == f.identities},
		{"every pair of address and port is probed", fmt.Sprintf("%d of %d are not", f.never, f.pairs), f.pairs > 0 && f.never == 0},
		{fmt.Sprintf("at most %.0f %% of the probes are sent again", mostAgain), fmt.Sprintf("%.2f %% (%d of %d)", share, f.again, f.pairs), f.pairs > 0 && share <= mostAgain},
		{"no port is asked that was settled before", fmt.Sprintf("%d connections; %d ports that were in hand when something went wrong were asked again, %d of %d bytes",
			f.asked.settled, f.asked.againAt, f.asked.again, f.asked.heard), f.asked.heard > 0 && f.asked.settled == 0 && f.asked.unheard == 0},
		overFloor("everything", f.peak, f.rate),
		overFloor("a /24", f.peak24, f.per24),
		{"no packet goes out of scope", fmt.Sprintf("%d of %d", f.outside, f.sent), f.sent > 0 && f.outside == 0},
		f.recoveryFloor(),
	}
	out = append(out, f.mischiefFloors()...)
	return append(out, floor{"workers end only when they are told to", fmt.Sprintf("%d ended by themselves", len(f.unasked)), len(f.unasked) == 0})
}

func overFloor(what string, peak uint64, budget int) floor {
	over := 100 * (float64(peak)/float64(budget) - 1)
	return floor{fmt.Sprintf("in no second more than the budget of %s and 2 %%", what),
		fmt.Sprintf("%d of %d packets (%+.1f %%) in the busiest", peak, budget, over), peak > 0 && float64(peak) <= mostOver*float64(budget)}
}

func (f figures) recoveryFloor() floor {
	out := floor{Says: fmt.Sprintf("a lane that lost its node goes on within %.0f s", mostRecovery.Seconds()), Measured: "none lost its node", holds: true}
	if len(f.recoveries) == 0 {
		return out
	}
	worst := slices.MaxFunc(f.recoveries, func(a, b recovery) int {
		if a.never != b.never {
			if a.never {
				return 1
			}
			return -1
		}
		return int(a.took - b.took)
	})
	out.Measured = fmt.Sprintf("%d did; the longest: %s", len(f.recoveries), worst)
	out.holds = !worst.never && worst.took <= mostRecovery
	return out
}

// mischiefFloors judge how nodes met what went wrong, where it did.
func (f figures) mischiefFloors() (out []floor) {
	drain, sending, terms, cuts, badExit := time.Duration(0), time.Duration(0), 0, 0, 0
	for _, h := range f.done {
		switch h.kind {
		case term:
			terms++
			drain = max(drain, h.took)
			if h.status != 0 {
				badExit++
			}
		case cut:
			cuts++
			sending = max(sending, h.took)
		case kill, crash, restart:
		}
	}
	if terms > 0 {
		out = append(out, floor{fmt.Sprintf("SIGTERM ends a worker within %.0f s, with exit status 0", mostDrain.Seconds()),
			fmt.Sprintf("%.1f s at most, %d of %d with another status", drain.Seconds(), badExit, terms), drain <= mostDrain && badExit == 0})
	}
	if cuts > 0 {
		out = append(out, floor{fmt.Sprintf("a node that is cut off from the database sends for %.0f s at most", mostUnheard.Seconds()),
			fmt.Sprintf("%.1f s, of %d cuts", sending.Seconds(), cuts), sending <= mostUnheard+grace})
	}
	return out
}
