package wire

import (
	"slices"
	"time"
)

// Slot is how long a timeline counts into one number.
const Slot = 10 * time.Millisecond

// slots is how many there are: 21 minutes.
const slots = 1 << 17

// Timeline is when SYNs came. Times are of the monotonic clock, see [Now].
type Timeline struct {
	First, Last time.Duration
	Count       uint64   // those after the last slot too
	Slots       []uint32 // from the first to the last that is not empty
}

// cut takes the empty slots off both ends.
func cut(all []uint32) []uint32 {
	some := func(n uint32) bool { return n > 0 }
	begin := slices.IndexFunc(all, some)
	if begin < 0 {
		return nil
	}
	end := len(all)
	for all[end-1] == 0 {
		end--
	}
	return slices.Clone(all[begin:end])
}

// PerSecond is the mean rate from the first packet to the last.
func (t Timeline) PerSecond() float64 {
	if t.Last <= t.First {
		return 0
	}
	return float64(t.Count-1) / (t.Last - t.First).Seconds()
}

// Max is how many packets came in the busiest stretch as long as window, which
// is in whole slots.
func (t Timeline) Max(window time.Duration) uint64 {
	width := int(window / Slot)
	var sum, most uint64
	for i, n := range t.Slots {
		sum += uint64(n)
		if i >= width {
			sum -= uint64(t.Slots[i-width])
		}
		most = max(most, sum)
	}
	return most
}

// Empty is the share of slots without a packet, 0 to 1, between the first packet
// and the last.
func (t Timeline) Empty() float64 {
	if len(t.Slots) == 0 {
		return 0
	}
	none := 0
	for _, n := range t.Slots {
		if n == 0 {
			none++
		}
	}
	return float64(none) / float64(len(t.Slots))
}
