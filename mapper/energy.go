package mapper

import (
	"minesweep"
	"minesweep/devices"
)

// The sources of a power figure, [minesweep.Host.PowerSource].
const (
	Measured = "measured" // the device said it
	ByModel  = "model"    // rated power of the model, scaled by its hashrate
	ByClass  = "class"    // what such a device usually draws
)

// asleep is what a control board draws while the hash boards are off: an
// Avalon measured 11 W, larger boards with their fans take up to 60.
var asleep = devices.Watts{Low: 10, Best: 15, High: 60}

// fillFromTable adds what the model alone decides: an ASIC hashes one way.
func (m *Mapper) fillFromTable(h *minesweep.Host) {
	if dev, ok := m.devices.Find(h.Vendor, h.Model); ok && h.Algorithm == "" {
		h.Algorithm = dev.Algorithm
	}
}

// fillPower sets power and its source for what mines or seems to. Pools,
// proxies and nodes that only serve others draw what any server does, which is
// not counted.
func (m *Mapper) fillPower(h *minesweep.Host) {
	if h.PowerW != nil && *h.PowerW == 0 && h.Hashrate != nil && *h.Hashrate > 0 {
		h.PowerW = nil // a device that hashes has no 0 W; it has no sensor
	}
	switch {
	case h.Verdict != minesweep.Confirmed && h.Verdict != minesweep.Suspected:
		h.PowerW = nil
	case h.PowerW != nil:
		h.PowerSource = Measured
	case m.powerByModel(h):
	default:
		powerByClass(h)
	}
}

func (m *Mapper) powerByModel(h *minesweep.Host) bool {
	dev, ok := m.devices.Find(h.Vendor, h.Model)
	if !ok || dev.Watts.Best == 0 {
		return false
	}
	watts := dev.Watts.Best
	switch {
	case h.State == "sleeping":
		watts = min(asleep.Best, watts)
	case h.Hashrate != nil && dev.Rate > 0 && h.HashrateUnit == dev.Unit:
		watts *= clamp(*h.Hashrate/dev.Rate, 0.2, 1.3)
	}
	h.PowerW, h.PowerSource = &watts, ByModel
	return true
}

// powerByClass takes the usual effort a hash where the algorithm is known, and
// else the usual device. Sources: 30 J/TH is the middle of SHA-256 machines in
// use, 2.5 W per MH/s is a graphics card at Ethash with its share of the host,
// 12 W per kH/s a processor at RandomX.
func powerByClass(h *minesweep.Host) {
	usual := map[minesweep.Class]float64{
		minesweep.ASIC: 3250, minesweep.GPUMiner: 800, minesweep.CPUMiner: 120, minesweep.HomeMiner: 15,
	}
	watts, known := usual[h.Class]
	if !known && h.Class != minesweep.Node {
		return
	}
	if byHash, ok := wattsByHash(h); ok {
		watts, known = byHash, true
	}
	program := h.Class == minesweep.CPUMiner || h.Class == minesweep.GPUMiner
	if h.State == "sleeping" || (program && h.State == "idle") { // an idle program leaves its computer alone
		watts = min(asleep.Best, watts)
	}
	if known {
		h.PowerW, h.PowerSource = &watts, ByClass
	}
}

func wattsByHash(h *minesweep.Host) (float64, bool) {
	if h.Hashrate == nil || *h.Hashrate <= 0 {
		return 0, false
	}
	hashes := devices.Algorithm(h.Algorithm)
	switch {
	case h.Class == minesweep.ASIC && hashes == "sha256d":
		return clamp(*h.Hashrate*30e-12, 100, 12000), true
	case h.Class == minesweep.GPUMiner && (hashes == "ethash" || hashes == "etchash"):
		return clamp(*h.Hashrate*2.5e-6, 80, 6000), true
	case (h.Class == minesweep.CPUMiner || h.Class == minesweep.Node) && hashes == "randomx":
		return clamp(*h.Hashrate*12e-3, 30, 1500), true
	}
	return 0, false
}

func clamp(x, low, high float64) float64 { return max(low, min(high, x)) }

// KWhPerDay returns what the host draws in a day, in kWh, or false where its
// power is not known.
func KWhPerDay(h minesweep.Host) (kwh float64, ok bool) {
	if h.PowerW == nil {
		return 0, false
	}
	return *h.PowerW * 24 / 1000, true
}

// Energy is kWh in a day between two bounds.
type Energy struct {
	Low  float64 `json:"low"`
	Best float64 `json:"best"`
	High float64 `json:"high"`
}

// EnergyPerDay returns the host's kWh/day with bounds by the source of its
// power: ±5 % measured; by model the bounds of its row in devices.csv, scaled
// as the best figure was; 0.5 to 3 times by class (SHA-256 machines alone
// differ by 17.5 to 98 J/TH). False where it is not known.
func EnergyPerDay(h minesweep.Host) (Energy, bool) {
	best, ok := KWhPerDay(h)
	switch {
	case !ok:
		return Energy{}, false
	case h.PowerSource == Measured:
		return Energy{best * 0.95, best, best * 1.05}, true
	case h.PowerSource == ByModel:
		w := ratedWatts(h)
		return Energy{best * w.Low / w.Best, best, best * w.High / w.Best}, true
	}
	return Energy{best * 0.5, best, best * 3}, true
}

// ratedWatts gives the bounds that a power by model has, in any scale; ±15 %
// for a host of an older table.
func ratedWatts(h minesweep.Host) devices.Watts {
	if t, err := devices.Load(); err == nil {
		if d, ok := t.Find(h.Vendor, h.Model); ok && d.Watts.Best > 0 {
			if h.State == "sleeping" && d.Watts.Best > asleep.Best {
				return asleep
			}
			return d.Watts
		}
	}
	return devices.Watts{Low: 0.85, Best: 1, High: 1.15}
}
