package probes

import "minesweep"

// The bounds of one host. They hold over all of its ports.
const (
	maxRequests  = 12        // to a host, but for first questions of further ports while nothing is confirmed
	wideRequests = 8         // after so many, an unconfirmed host's further ports get their first question only
	maxKept      = 512 << 10 // bytes of answers
	leastKept    = 1 << 10   // below which asking on is of no use
)

// budget says what one more port of a host may still be asked.
type budget struct {
	confirmed bool // the host mines: what is known of it need only be completed
	sent      int  // requests to the host
	here      int  // of them to this port
	kept      int  // bytes of its answers
}

func newBudget(known minesweep.Known) budget {
	b := budget{confirmed: known.Confirmed, sent: minesweep.Requests(known.Replies)}
	for _, r := range known.Replies {
		b.kept += len(r.Raw)
	}
	return b
}

// allows reports whether one more question may be put to this port. A telling
// one follows from an answer of this port that only mining software gives.
func (b *budget) allows(telling bool) bool {
	switch {
	case b.kept > maxKept-leastKept:
		return false
	case !b.confirmed && b.here == 0:
		return true
	case b.confirmed || telling:
		return b.sent < maxRequests
	}
	return b.sent < wideRequests
}

// limit returns how many bytes of an answer may be kept: at most half of what
// is left, so that no answer takes the place of all that come after it.
func (b *budget) limit(want int) int {
	return min(want, (maxKept-b.kept)/2)
}

func (b *budget) spend(r minesweep.Reply) {
	b.kept += len(r.Raw)
	if len(r.Request) > 0 {
		b.sent++
		b.here++
	}
}
