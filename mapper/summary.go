package mapper

import (
	"slices"
	"strings"

	"minesweep"
	"minesweep/devices"
)

// Summary counts the hosts of a sweep. The zero Summary is ready to use; it is
// not safe for several goroutines. Class, vendor, algorithm, hashrate and
// energy count confirmed hosts only.
type Summary struct {
	Hosts      int                       `json:"hosts"`
	Verdicts   map[minesweep.Verdict]int `json:"verdicts"`
	Classes    map[minesweep.Class]int   `json:"classes"`
	Vendors    map[string]int            `json:"vendors"`    // "" where not known
	Algorithms map[string]int            `json:"algorithms"` // "" where not known
	Hashrates  []AlgorithmRate           `json:"hashrates"`  // by name of the algorithm
	KWhPerDay  Energy                    `json:"kwh_per_day"`
	Shares     Shares                    `json:"shares"`
	NoPower    int                       `json:"no_power"` // confirmed, power not known
}

// AlgorithmRate is the hashrate of all hosts of one algorithm. Rates of
// different algorithms count different work and are never added.
type AlgorithmRate struct {
	Algorithm string  `json:"algorithm"`
	Unit      string  `json:"unit"`
	Rate      float64 `json:"rate"`
	Hosts     int     `json:"hosts"`
}

// Shares tells which part of KWhPerDay.Best rests on what, each in kWh/day.
type Shares struct {
	Measured float64 `json:"measured"`
	Modelled float64 `json:"modelled"`
	Assumed  float64 `json:"assumed"`
}

// Add counts one host.
func (s *Summary) Add(h minesweep.Host) {
	if s.Verdicts == nil {
		s.Verdicts = make(map[minesweep.Verdict]int)
		s.Classes = make(map[minesweep.Class]int)
		s.Vendors, s.Algorithms = make(map[string]int), make(map[string]int)
	}
	s.Hosts++
	s.Verdicts[h.Verdict]++
	if h.Verdict != minesweep.Confirmed {
		return
	}
	h.Algorithm = strings.ToLower(devices.Algorithm(h.Algorithm)) // unknown ones too: one work, one sum
	s.Classes[h.Class]++
	s.Vendors[h.Vendor]++
	s.Algorithms[h.Algorithm]++
	s.addRate(h)
	s.addEnergy(h)
}

// addRate leaves out pools, proxies and controllers: what they report is the
// work of miners behind them, which counts where it is done.
func (s *Summary) addRate(h minesweep.Host) {
	switch h.Class {
	case minesweep.Pool, minesweep.Proxy, minesweep.FarmController:
		return
	}
	if h.Hashrate == nil || h.Algorithm == "" {
		return // rates of unknown work may be of different work
	}
	at, found := slices.BinarySearchFunc(s.Hashrates, h, func(r AlgorithmRate, h minesweep.Host) int {
		if c := strings.Compare(r.Algorithm, h.Algorithm); c != 0 {
			return c
		}
		return strings.Compare(r.Unit, h.HashrateUnit)
	})
	if !found {
		s.Hashrates = slices.Insert(s.Hashrates, at, AlgorithmRate{Algorithm: h.Algorithm, Unit: h.HashrateUnit})
	}
	s.Hashrates[at].Rate += *h.Hashrate
	s.Hashrates[at].Hosts++
}

func (s *Summary) addEnergy(h minesweep.Host) {
	e, ok := EnergyPerDay(h)
	if !ok {
		s.NoPower++
		return
	}
	s.KWhPerDay.Low += e.Low
	s.KWhPerDay.Best += e.Best
	s.KWhPerDay.High += e.High
	switch h.PowerSource {
	case Measured:
		s.Shares.Measured += e.Best
	case ByModel:
		s.Shares.Modelled += e.Best
	default:
		s.Shares.Assumed += e.Best
	}
}
