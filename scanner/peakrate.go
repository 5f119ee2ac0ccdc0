package scanner

import (
	"sync/atomic"
	"time"
)

const (
	rateSlot  = int64(10 * time.Millisecond)
	rateSlots = 100 // in one second
)

// peakRate knows the most packets that left within any second, to 10 ms. One
// goroutine adds.
type peakRate struct {
	slot  int64 // the number of the present 10 ms
	count [rateSlots]uint64
	sum   uint64
	most  atomic.Uint64
}

func (r *peakRate) add(now int64, n int) {
	slot := now / rateSlot
	for steps := min(slot-r.slot, rateSlots); steps > 0; steps-- {
		i := (slot - steps + 1) % rateSlots
		r.sum -= r.count[i]
		r.count[i] = 0
	}
	r.slot = slot
	r.count[slot%rateSlots] += uint64(n)
	r.sum += uint64(n)
	if r.sum > r.most.Load() {
		r.most.Store(r.sum)
	}
}
