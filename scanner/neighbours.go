package scanner

import (
	"math"
	"math/bits"
	"time"

	"minesweep"
)

const (
	neighbourWays = 8
	mostSets      = 13 << 10 // × ways × 64 bytes = 7 MB: every /24 of a /8, or a million packets/s to different ones
	slowestShift  = 5        // a /24 is slowed to 1/32 at most
	slowFor       = 10       // seconds
	usualMove     = 5        // per cent of resets by which one look moves what is usual
	lookAfter     = 32       // probes between two looks at what a /24 answers, and
	lookFor       = 2000     // ms: far longer than the way there and back, and than a busy machine leaves answers unread
)

// neighbour is a /24 (IPv6: /64) that was probed lately.
//
// Probes that must wait for it are given a turn, so that each of them waits
// once; strict holds the packets themselves apart.
type neighbour struct {
	turn, strict int64

	stretch, scope uint32 // which stretch of which scope held an address of it lately; saves the search

	second                       int32  // of the count in that second
	count                        uint16 // packets in it
	probes, resets, unreachables uint16 // since the last look
	resetShare                   uint8  // resets in a hundred probes, of an earlier look
	known                        bool   // there was one
	primed                       bool   // its first answer was heard
	slow                         uint8  // each one halves the rate
	slowSince                    int32  // seconds
	looked                       uint32 // when the look began, in ms
	spacing                      uint32 // µs between two packets, on average, when it was slowed last
}

// slowestSpacing is how far apart a slowed /24's packets are at most, unless its
// budget asks for more.
const slowestSpacing = int64(time.Second)

// interval is how far apart the packets to n are to be. Slowing begins from the
// rate at which it was probed, which may be far below its budget.
func (n *neighbour) interval(per24 int64) int64 {
	if n.slow == 0 {
		return per24
	}
	return max(per24, min(max(per24, int64(n.spacing)*int64(time.Microsecond))<<n.slow, slowestSpacing))
}

// neighbours is a table of fixed size. What is evicted to make room had all its
// tokens back, so nobody is probed faster for having been forgotten.
type neighbours struct {
	sets   []neighbourSet
	peak   uint64 // most packets to one within one second of the clock
	slowed uint64
}

// neighbourSet is where a key may be. The keys lie together, in one line of the
// processor's cache.
type neighbourSet struct {
	keys    [neighbourWays]uint64
	entries [neighbourWays]neighbour
}

// newNeighbours makes a table for so many /24s, or as many as fit.
func newNeighbours(distinct uint64) *neighbours {
	sets := min(max(distinct/neighbourWays*8/5, 64), mostSets)
	return &neighbours{sets: make([]neighbourSet, sets)}
}

// distinct24 counts the /24s (IPv6: /64s) that targets lie in, at most limit.
func distinct24(plan minesweep.Plan, limit uint64) uint64 {
	n := uint64(0)
	for _, r := range plan.Targets.Ranges() {
		if n += neighbourKey(addressOf(r.To())) - neighbourKey(addressOf(r.From())) + 1; n > limit {
			return limit
		}
	}
	return n
}

func neighbourKey(a address) uint64 {
	if a.is4() {
		return a.low >> 8
	}
	return a.high
}

// at returns the entry of a, a new one where there was none, or nil where every
// other in its place is still owed time.
func (t *neighbours) at(a address, now int64) *neighbour {
	key := neighbourKey(a)
	set := t.set(key)
	free := -1
	for i := range set.entries {
		n := &set.entries[i]
		if set.keys[i] == key {
			return n
		}
		if n.idle(now) && (free < 0 || n.strict < set.entries[free].strict) {
			free = i
		}
	}
	if free < 0 {
		return nil
	}
	set.keys[free], set.entries[free] = key, neighbour{turn: now, strict: now, looked: milliseconds(now)}
	return &set.entries[free]
}

// idle reports whether nothing is lost when n is forgotten.
func (n *neighbour) idle(now int64) bool {
	return max(n.strict, n.turn) <= now && (n.slow == 0 || seconds(now)-n.slowSince > slowFor)
}

// find returns the entry of a, nil where there is none.
func (t *neighbours) find(a address) *neighbour {
	key := neighbourKey(a)
	set := t.set(key)
	for i := range set.keys {
		if set.keys[i] == key {
			return &set.entries[i]
		}
	}
	return nil
}

func (t *neighbours) set(key uint64) *neighbourSet {
	place, _ := bits.Mul64(key*0x9e3779b97f4a7c15, uint64(len(t.sets)))
	return &t.sets[place]
}

// take notes that a packet goes to n now, whose budget keeps packets per24 apart.
func (t *neighbours) take(n *neighbour, now, per24 int64) {
	n.relax(now)
	interval := n.interval(per24)
	depth := clockDepth
	if interval > depth {
		depth = 0 // one at a time
	}
	n.strict = max(n.strict, now-depth) + interval
	n.turn = max(n.turn, n.strict)
	if second := seconds(now); n.second != second {
		n.second, n.count = second, 0
	}
	n.count++
	if n.probes < math.MaxUint16 {
		n.probes++
	}
	t.peak = max(t.peak, uint64(n.count))
}

// setShare makes all intervals ratio times as long, but for those of the slowed,
// which go by what they answered, and takes all turns back.
func (t *neighbours) setShare(ratio float64, now int64) {
	for i := range t.sets {
		for j := range t.sets[i].entries {
			n := &t.sets[i].entries[j]
			if n.slow == 0 || ratio > 1 {
				n.strict = stretched(n.strict, ratio, now)
			}
			n.turn = n.strict
		}
	}
}

// relax takes one halving back for each slowFor that passed.
func (n *neighbour) relax(now int64) {
	for n.slow > 0 && seconds(now)-n.slowSince > slowFor {
		n.slow--
		n.slowSince += slowFor
	}
}

// heard notes what a probe to a got, and slows its /24 where a quarter of the
// probes is turned away on the way, or many more are reset than before: both
// are how a filter looks that has begun to defend it.
func (t *neighbours) heard(a address, kind answerKind, now int64) {
	n := t.find(a)
	if n == nil {
		return
	}
	if !n.primed && n.prime(now) {
		return
	}
	switch kind {
	case saysUnreachable:
		n.unreachables++
	case saysClosed:
		n.resets++
	}
	if n.probes < lookAfter || milliseconds(now)-n.looked < lookFor {
		return
	}
	share := uint8(min(uint32(n.resets)*100/uint32(n.probes), 100))
	if n.unreachables >= n.probes/4 || n.known && share > n.resetShare+50 {
		if n.slow == 0 {
			n.spacing = uint32(min(uint64(milliseconds(now)-n.looked)*1000/uint64(n.probes), math.MaxUint32))
		}
		n.slow, n.slowSince = min(n.slow+1, slowestShift), seconds(now)
		t.slowed++
	} else {
		if n.known { // what is usual moves slowly, or a jump that two looks share would be hidden
			share = max(min(share, n.resetShare+usualMove), max(n.resetShare, usualMove)-usualMove)
		}
		n.resetShare, n.known = share, true
	}
	n.probes, n.resets, n.unreachables, n.looked = 0, 0, 0, milliseconds(now)
}

// prime takes note of the first answer and reports whether counting begins with
// it: answers come a round trip after the probes, which must not look like a
// jump from none. One that was silent for longer than any round trip is known to
// be silent.
func (n *neighbour) prime(now int64) bool {
	n.primed = true
	if n.probes >= lookAfter && milliseconds(now)-n.looked > uint32(replyWait.Milliseconds()) {
		n.known = true
		return false
	}
	n.probes, n.looked = 0, milliseconds(now)
	return true
}

func seconds(now int64) int32 { return int32(now / int64(time.Second)) }

// milliseconds wraps after 49 days; only differences of it are used.
func milliseconds(now int64) uint32 { return uint32(now / int64(time.Millisecond)) }
