package scanner

import (
	"math/bits"

	"minesweep"
)

// standing is what a scan has settled: all below a cursor, and some beyond it.
type standing struct {
	cursor uint64
	beyond minesweep.Beyond
}

// count is how many steps are settled.
func (s standing) count() uint64 { return s.cursor + s.beyond.Count(s.cursor) }

// holes are the steps between base and to that are not done, by how far they lie
// above base. Where to is base nothing above it is known to be done.
type holes struct {
	base, to uint64
	left     []uint16
}

// standing is the same as the rest of the program writes it.
func (h holes) standing() standing {
	if h.to <= h.base {
		return standing{cursor: h.base}
	}
	s := standing{h.base, minesweep.Beyond{To: h.to, Left: make([]uint64, len(h.left))}}
	for i, above := range h.left {
		s.beyond.Left[i] = h.base + uint64(above)
	}
	return s
}

// holes looks which steps below end are not done, as many as a Beyond can say;
// it appends them to into.
func (s *stepSet) holes(end uint64, into []uint16) holes {
	end = min(end, s.base+min(s.window, minesweep.BeyondSpan))
	h := holes{base: s.base, to: max(end, s.base), left: into}
	for step := s.base; step < end; {
		n := min(64-step%64, end-step)
		open := ^s.done[step%s.window/64] >> (step % 64) & (1<<n - 1)
		for ; open != 0; open &= open - 1 {
			hole := step + uint64(bits.TrailingZeros64(open))
			if len(h.left) == minesweep.BeyondLeft {
				h.to = hole
				return h.trim()
			}
			h.left = append(h.left, uint16(hole-s.base))
		}
		step += n
	}
	return h.trim()
}

// trim takes off the end what is not done there.
func (h holes) trim() holes {
	for n := len(h.left); n > 0 && h.base+uint64(h.left[n-1]) == h.to-1; n-- {
		h.left, h.to = h.left[:n-1], h.to-1
	}
	return h
}

// markBeyond marks what a run before has done.
func (s *stepSet) markBeyond(b minesweep.Beyond) {
	for step := s.base; step < b.To; step++ {
		if b.Settled(step) {
			s.mark(step)
		}
	}
}

// begin is what a plan finds settled when it begins.
func (c *course) begin(plan minesweep.Plan) standing {
	return c.withinPass(standing{plan.Cursor, plan.Beyond})
}

// withinPass cuts off what lies behind the pass of the cursor: the gap before the
// next pass is kept, whatever of it was settled.
func (c *course) withinPass(s standing) standing {
	s.beyond.To = min(s.beyond.To, s.cursor-s.cursor%c.pass+c.pass)
	s.beyond = s.beyond.From(s.cursor)
	return s
}
