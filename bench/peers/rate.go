package main

import (
	"math"
	"time"

	"minesweep/lab/wire"
)

const (
	ramp   = time.Second // after the first packet; not judged
	window = time.Second // over which a rate is judged
)

// pace is how well a set rate was kept after the ramp.
type pace struct {
	mean  float64 // relative error of the rate as a whole: 0.01 is 1 % too fast
	worst float64 // that of the window which is furthest off
	ok    bool    // false: the run was too short to tell
}

// paceOf compares the packets of each slot with the rate asked. The last slot is
// left out, for it is not full.
func paceOf(slots []uint32, asked float64) pace {
	skip, width := int(ramp/wire.Slot), int(window/wire.Slot)
	if len(slots)-1 < skip+width || asked <= 0 {
		return pace{}
	}
	steady := slots[skip : len(slots)-1]
	off := func(packets uint64, slots int) float64 {
		return float64(packets)/(asked*float64(slots)*wire.Slot.Seconds()) - 1
	}
	p := pace{ok: true}
	var all, in uint64
	for i, n := range steady {
		all += uint64(n)
		in += uint64(n)
		if i >= width {
			in -= uint64(steady[i-width])
		}
		if e := off(in, width); i >= width-1 && math.Abs(e) > math.Abs(p.worst) {
			p.worst = e
		}
	}
	p.mean = off(all, len(steady))
	return p
}
