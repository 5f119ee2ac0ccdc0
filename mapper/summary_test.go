package mapper

import (
	"math"
	"testing"

	"minesweep"
)

func TestSummary(t *testing.T) {
	var s Summary
	host := func(v minesweep.Verdict, c minesweep.Class, algorithm string, rate, watts float64, source string) minesweep.Host {
		h := minesweep.Host{Verdict: v, Class: c, Vendor: "V" + string(c), Algorithm: algorithm, PowerSource: source}
		if rate > 0 {
			h.Hashrate, h.HashrateUnit = &rate, "H/s"
		}
		if watts > 0 {
			h.PowerW = &watts
		}
		return h
	}
	s.Add(host(minesweep.Confirmed, minesweep.ASIC, "sha256d", 1e14, 1000, Measured))
	s.Add(host(minesweep.Confirmed, minesweep.ASIC, "SHA-256", 2e14, 2000, ByModel))
	s.Add(host(minesweep.Confirmed, minesweep.ASIC, "scrypt", 5e8, 0, ""))
	s.Add(host(minesweep.Confirmed, minesweep.GPUMiner, "ethash", 1e8, 500, ByClass))
	s.Add(host(minesweep.Confirmed, minesweep.Proxy, "randomx", 9e9, 0, ""))
	s.Add(host(minesweep.Suspected, minesweep.ASIC, "sha256d", 7e14, 9000, ByModel))
	s.Add(host(minesweep.DecoyHost, "", "", 0, 0, ""))

	if s.Hosts != 7 || s.Verdicts[minesweep.Confirmed] != 5 || s.Verdicts[minesweep.DecoyHost] != 1 {
		t.Errorf("hosts %d, verdicts %v", s.Hosts, s.Verdicts)
	}
	if s.Classes[minesweep.ASIC] != 3 || s.Vendors["Vasic"] != 3 || s.Algorithms["sha256d"] != 2 {
		t.Errorf("classes %v, vendors %v, algorithms %v", s.Classes, s.Vendors, s.Algorithms)
	}
	want := []AlgorithmRate{
		{"ethash", "H/s", 1e8, 1}, {"scrypt", "H/s", 5e8, 1}, {"sha256d", "H/s", 3e14, 2},
	}
	if len(s.Hashrates) != len(want) {
		t.Fatalf("hashrates %v, want %v", s.Hashrates, want)
	}
	for i := range want {
		if s.Hashrates[i] != want[i] {
			t.Errorf("hashrate %v, want %v", s.Hashrates[i], want[i])
		}
	}
	near := func(name string, got, want float64) {
		if math.Abs(got-want) > 1e-9 {
			t.Errorf("%s = %g, want %g", name, got, want)
		}
	}
	near("best", s.KWhPerDay.Best, 24+48+12)
	near("low", s.KWhPerDay.Low, 24*0.95+48*0.85+12*0.5)
	near("high", s.KWhPerDay.High, 24*1.05+48*1.15+12*3)
	near("measured", s.Shares.Measured, 24)
	near("modelled", s.Shares.Modelled, 48)
	near("assumed", s.Shares.Assumed, 12)
	if s.NoPower != 2 {
		t.Errorf("%d confirmed without power, want 2", s.NoPower)
	}
}

func TestRatesOfUnknownWorkAreNotAdded(t *testing.T) {
	var s Summary
	rate := 1e12
	for range 2 {
		s.Add(minesweep.Host{Verdict: minesweep.Confirmed, Class: minesweep.ASIC, Hashrate: &rate, HashrateUnit: "H/s"})
	}
	if len(s.Hashrates) != 0 {
		t.Errorf("got %v: nobody knows whether this is one algorithm", s.Hashrates)
	}
}
