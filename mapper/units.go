package mapper

import (
	"fmt"

	"minesweep"
)

// A device runs between a twentieth and the double of its rated hashrate, or
// its unit was read wrongly.
const (
	leastOfRated = 0.05
	mostOfRated  = 2.0
)

// fitUnit shifts a hashrate that misses the rated one by about 1000 or 1e6,
// which is what a mistaken unit does, and says so. Zero is a true reading.
func (m *Mapper) fitUnit(h *minesweep.Host) {
	dev, ok := m.devices.Find(h.Vendor, h.Model)
	if !ok || dev.Rate == 0 || h.Hashrate == nil || *h.Hashrate <= 0 || h.HashrateUnit != dev.Unit {
		return
	}
	shift := shiftTo(*h.Hashrate / dev.Rate)
	if shift == 1 {
		return
	}
	fitted := *h.Hashrate * shift
	addDoubt(h, fmt.Sprintf("unit inferred: %g %s was reported, %s is rated at %g",
		*h.Hashrate, h.HashrateUnit, dev.Model, dev.Rate))
	h.Hashrate, h.HashrateInferred = &fitted, true
}

// shiftTo returns the power of 1000 that brings ratio into what a device can
// do, or 1 where none is needed or none helps.
func shiftTo(ratio float64) float64 {
	for _, shift := range [...]float64{1, 1e3, 1e-3, 1e6, 1e-6} {
		if r := ratio * shift; r >= leastOfRated && r <= mostOfRated {
			return shift
		}
	}
	return 1
}
