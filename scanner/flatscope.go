package scanner

import (
	"math"

	"minesweep"
)

// flatScope is a scope as a sorted table, which answers for one packet in some
// ten nanoseconds whether it has one prefix or 100,000.
type flatScope struct {
	four []flatStretch
	by16 []uint32 // by the first 16 bits of an IPv4 address: the first stretch that ends at or above them
	six  []flatStretch
}

type flatStretch struct {
	from, to address
	lane     *laneBudgets
}

// laneBudgets are the budgets of a grant's prefix.
type laneBudgets struct {
	grant, prefix *clock // prefix nil: no such budget
	perSecond24   int    // to one /24, of which there is a share
	per24         int64  // ns between two packets to one /24, by that
}

// flatten makes the table of scope; lane returns the budgets of a stretch.
func flatten(scope *minesweep.Scope, lane func(minesweep.Stretch) *laneBudgets) *flatScope {
	f := &flatScope{}
	for s := range scope.Stretches() {
		flat := flatStretch{addressOf(s.Range.From()), addressOf(s.Range.To()), lane(s)}
		if s.Range.From().Is4() {
			f.four = append(f.four, flat)
		} else {
			f.six = append(f.six, flat)
		}
	}
	f.by16 = make([]uint32, 1<<16+1)
	i := uint32(0)
	for high := range uint64(1 << 16) {
		for int(i) < len(f.four) && f.four[i].to.low&math.MaxUint32 < high<<16 {
			i++
		}
		f.by16[high] = i
	}
	f.by16[1<<16] = uint32(len(f.four))
	return f
}

// find returns the number of the stretch that holds a, -1: a may not be probed.
func (f *flatScope) find(a address) int {
	among, first := f.six, len(f.four)
	if a.is4() {
		high := uint32(a.low) >> 16
		first = int(f.by16[high])
		among = f.four[first:min(int(f.by16[high+1])+1, len(f.four))]
	}
	low, high := 0, len(among)
	for low < high {
		if middle := (low + high) / 2; among[middle].to.less(a) {
			low = middle + 1
		} else {
			high = middle
		}
	}
	if low == len(among) || a.less(among[low].from) {
		return -1
	}
	return first + low
}

// at returns a stretch by its number.
func (f *flatScope) at(n int) *flatStretch {
	if n < len(f.four) {
		return &f.four[n]
	}
	return &f.six[n-len(f.four)]
}

func (s *flatStretch) holds(a address) bool { return !a.less(s.from) && !s.to.less(a) }
