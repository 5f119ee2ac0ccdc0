package mapper

import (
	"math"
	"strings"

	"minesweep"
)

// Bounds of what one host may say of itself.
const (
	maxField  = 512 // bytes of a name
	maxDoubt  = 400 // bytes of a doubt
	maxDoubts = 24
)

// Limits of what a device can mean; beyond them the number is rubbish.
const (
	maxHashrate = 1e24 // the whole Bitcoin network makes 1e21 H/s
	maxPowerW   = 1e6
	maxUptimeS  = 2e9
)

// bound cuts what is too long to be a name or a reason.
func bound(h *minesweep.Host) {
	for _, f := range []*string{&h.Vendor, &h.Model, &h.Firmware, &h.Algorithm, &h.Coin, &h.State, &h.Pool, &h.PoolOperator,
		&h.Worker, &h.MAC, &h.Serial, &h.Hostname} {
		if len(*f) > maxField {
			*f = strings.ToValidUTF8((*f)[:maxField], "")
		}
	}
	if len(h.Class) > maxField {
		h.Class = ""
	}
	for i, d := range h.Doubts {
		h.Doubts[i] = shorten(d, maxDoubt)
	}
	if len(h.Doubts) > maxDoubts {
		h.Doubts = append(h.Doubts[:maxDoubts-1], "and more")
	}
}

// soundNumbers drops what no device can mean or JSON cannot hold.
func soundNumbers(h *minesweep.Host) {
	h.Hashrate, h.PowerW = sane(h.Hashrate, maxHashrate), sane(h.PowerW, maxPowerW)
	if h.UptimeS != nil && (*h.UptimeS < 0 || *h.UptimeS > maxUptimeS) {
		h.UptimeS = nil
	}
	switch h.HashrateUnit {
	case "":
		h.HashrateUnit = "H/s"
	case "H/s", "Sol/s", "g/s":
	default:
		h.Hashrate = nil // of what nobody knows
	}
	if h.Hashrate == nil {
		h.HashrateUnit = ""
	}
}

func sane(p *float64, most float64) *float64 {
	if p == nil || math.IsNaN(*p) || *p < 0 || *p > most {
		return nil
	}
	return p
}
