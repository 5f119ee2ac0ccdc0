package mapper

import (
	"cmp"
	"slices"
	"strings"

	"minesweep"
)

// sieved names the ports that a [minesweep.Sieve] held back.
const sieved = minesweep.SievedProbe

// maxSieved bounds the evidence of it: nothing else must be crowded out.
const maxSieved = 16

// findSieved reads why ports were not asked. A host that accepts where nobody
// listens is a decoy like one with everything open; all else is behaviour of a
// port, which proof by another one outweighs.
func findSieved(replies []minesweep.Reply) signs {
	var out signs
	for _, r := range replies {
		if r.Probe != minesweep.SievedProbe {
			continue
		}
		why := shorten(cmp.Or(r.Refused, string(r.Raw[:min(len(r.Raw), maxDoubt)])), maxDoubt) // a recording has it as text
		out = append(out, sign{
			kind: sieved, port: r.Target.Port(), probe: r.Probe, quote: why, reason: "not asked: " + why,
			host: strings.HasSuffix(why, minesweep.EveryPortOpen),
		})
	}
	slices.SortFunc(out, func(a, b sign) int {
		if a.host != b.host {
			return map[bool]int{true: -1, false: 1}[a.host]
		}
		return cmp.Or(cmp.Compare(a.port, b.port), cmp.Compare(a.quote, b.quote))
	})
	return out[:min(len(out), maxSieved)]
}
