package mapper

import (
	"math"
	"strings"
	"testing"

	"minesweep"
)

func TestPower(t *testing.T) {
	pro := minesweep.Claims{Class: minesweep.ASIC, Vendor: "Bitmain", Model: "Antminer S19 Pro", HashrateUnit: "H/s"}
	with := func(c minesweep.Claims, change func(*minesweep.Claims)) minesweep.Claims {
		change(&c)
		return c
	}
	gpu := minesweep.Claims{Class: minesweep.GPUMiner, Vendor: "PhoenixMiner"}
	tests := []struct {
		name   string
		claims minesweep.Claims
		watts  float64 // 0: not known
		source string
	}{
		{"measured", with(pro, func(c *minesweep.Claims) { c.PowerW = ptr(3111.0) }), 3111, Measured},
		{"no sensor", with(pro, func(c *minesweep.Claims) { c.PowerW, c.Hashrate = ptr(0.0), ptr(1.1e14) }), 3250, ByModel},
		{"asleep, measured", with(pro, func(c *minesweep.Claims) { c.PowerW, c.Hashrate = ptr(0.0), ptr(0.0) }), 0, Measured},
		{"nameplate", pro, 3250, ByModel},
		{"scaled", with(pro, func(c *minesweep.Claims) { c.Hashrate = ptr(5.5e13) }), 1625, ByModel},
		{"at least a fifth", with(pro, func(c *minesweep.Claims) { c.Hashrate = ptr(0.0) }), 650, ByModel},
		{"at most 1.3", with(pro, func(c *minesweep.Claims) { c.Hashrate = ptr(2e14) }), 4225, ByModel},
		{"asleep", with(pro, func(c *minesweep.Claims) { c.State = "sleeping" }), 15, ByModel},
		{"unknown model", minesweep.Claims{Class: minesweep.ASIC, Vendor: "Bitmain", Model: "Antminer S99"}, 3250, ByClass},
		{"unknown model by rate", minesweep.Claims{Class: minesweep.ASIC, Algorithm: "sha256d", Hashrate: ptr(1e14)}, 3000, ByClass},
		{"gpu", gpu, 800, ByClass},
		{"gpu by rate", with(gpu, func(c *minesweep.Claims) { c.Algorithm, c.Hashrate = "ethash", ptr(2e8) }), 500, ByClass},
		{"idle program", with(gpu, func(c *minesweep.Claims) { c.Hashrate = ptr(0.0) }), 15, ByClass},
		{"cpu by rate", minesweep.Claims{Class: minesweep.CPUMiner, Algorithm: "randomx", Hashrate: ptr(1e4)}, 120, ByClass},
		{"node that mines", minesweep.Claims{Class: minesweep.Node, Algorithm: "randomx", Hashrate: ptr(1e4)}, 120, ByClass},
		{"pool", minesweep.Claims{Class: minesweep.Pool, Hashrate: ptr(1e15)}, 0, ""},
		{"home miner", minesweep.Claims{Class: minesweep.HomeMiner}, 15, ByClass},
		{"not a number", with(pro, func(c *minesweep.Claims) { c.PowerW = ptr(math.NaN()) }), 3250, ByModel},
	}
	m := newMapper(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := m.Assess(saw(nil, evidence("f", 4028, minesweep.Confirm, 50, tt.claims)))
			var got float64
			if h.PowerW != nil {
				got = *h.PowerW
			}
			if math.Abs(got-tt.watts) > 1e-6 || h.PowerSource != tt.source {
				t.Errorf("%g W by %q, want %g by %q", got, h.PowerSource, tt.watts, tt.source)
			}
			kwh, ok := KWhPerDay(h)
			if ok != (h.PowerW != nil) || math.Abs(kwh-tt.watts*0.024) > 1e-6 {
				t.Errorf("KWhPerDay = %g, %t", kwh, ok)
			}
		})
	}
}

func TestEnergyBounds(t *testing.T) {
	m := newMapper(t)
	pro := minesweep.Claims{Class: minesweep.ASIC, Vendor: "Bitmain", Model: "Antminer S9j", HashrateUnit: "H/s"}
	half, asleep := pro, pro
	half.Hashrate, asleep.State = ptr(7.25e12), "sleeping"
	tests := []struct {
		name            string
		claims          minesweep.Claims
		low, best, high float64 // W
	}{
		{"nameplate", pro, 1215, 1350, 1485},
		{"half", half, 607.5, 675, 742.5},
		{"asleep", asleep, 10, 15, 60},
	}
	for _, tt := range tests {
		e, ok := EnergyPerDay(m.Assess(saw(nil, evidence("f", 4028, minesweep.Confirm, 50, tt.claims))))
		near := func(kwh, watts float64) bool { return math.Abs(kwh/0.024-watts) < 1 }
		if !ok || !near(e.Low, tt.low) || !near(e.Best, tt.best) || !near(e.High, tt.high) {
			t.Errorf("%s: %+v kWh/day, want %g, %g, %g W", tt.name, e, tt.low, tt.best, tt.high)
		}
	}
}

func TestNoPowerWhereNothingMines(t *testing.T) {
	c := minesweep.Claims{Class: minesweep.Node, Vendor: "Geth", PowerW: ptr(100.0)}
	h := newMapper(t).Assess(saw(nil, evidence("geth", 8545, minesweep.Refute, 50, c)))
	if h.PowerW != nil || h.PowerSource != "" {
		t.Errorf("a node that does not mine draws %v by %q", h.PowerW, h.PowerSource)
	}
}

func TestAlgorithmFromModel(t *testing.T) {
	c := minesweep.Claims{Class: minesweep.ASIC, Vendor: "Bitmain", Model: "Antminer L7"}
	if h := newMapper(t).Assess(saw(nil, evidence("f", 4028, minesweep.Confirm, 50, c))); h.Algorithm != "scrypt" {
		t.Errorf("algorithm %q, want scrypt", h.Algorithm)
	}
}

func TestUnitInferred(t *testing.T) {
	tests := []struct {
		name string
		in   float64
		want float64
	}{
		{"as it is", 1.1e14, 1.1e14},
		{"weak but true", 6e12, 6e12},
		{"zero", 0, 0},
		{"kilo short", 1.1e11, 1.1e14},
		{"mega short", 1.1e8, 1.1e14},
		{"kilo over", 1.05e17, 1.05e14},
		{"mega over", 1.05e20, 1.05e14},
		{"nothing fits", 3e12, 3e12},
		{"far off", 1, 1},
	}
	m := newMapper(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := minesweep.Claims{Vendor: "Bitmain", Model: "Antminer S19 Pro", Hashrate: ptr(tt.in), HashrateUnit: "H/s"}
			h := m.Assess(saw(nil, evidence("f", 4028, minesweep.Confirm, 50, c)))
			if h.Hashrate == nil || math.Abs(*h.Hashrate-tt.want) > tt.want*1e-9 {
				t.Fatalf("hashrate %v, want %g", *h.Hashrate, tt.want)
			}
			doubted := strings.Contains(strings.Join(h.Doubts, "|"), "unit inferred")
			if doubted != (tt.in != tt.want) || h.HashrateInferred != doubted {
				t.Errorf("doubts %q", h.Doubts)
			}
		})
	}
}

func TestUnitOfAnotherKindStays(t *testing.T) {
	c := minesweep.Claims{Vendor: "Bitmain", Model: "Antminer Z15", Hashrate: ptr(420.0), HashrateUnit: "H/s"}
	h := newMapper(t).Assess(saw(nil, evidence("f", 4028, minesweep.Confirm, 50, c)))
	if *h.Hashrate != 420 {
		t.Errorf("H/s were compared with Sol/s: %g", *h.Hashrate)
	}
}
