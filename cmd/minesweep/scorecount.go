package main

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"minesweep"
)

// tallies count one family, or all.
type tallies struct {
	Family     string `json:"family"`
	Devices    int    `json:"devices"`
	Detected   int    `json:"detected"`
	Vendors    int    `json:"vendors"` // whose vendor is known
	VendorOK   int    `json:"vendor_right"`
	Models     int    `json:"models"`
	ModelOK    int    `json:"model_right"`
	Rates      int    `json:"hashrates"`
	RateOK     int    `json:"hashrate_right"`
	Innocents  int    `json:"innocents"`
	Confirmed  int    `json:"false_confirmed"`
	Suspected  int    `json:"false_suspected"`
	Unlabelled int    `json:"unlabelled"`
}

// mistake is a device that was missed, misnamed or wrongly accused.
type mistake struct {
	Device string `json:"device"`
	What   string `json:"what"`
	Want   string `json:"want"`
	Got    string `json:"got"`
}

// score gathers tallies by family and the mistakes behind them.
type score struct {
	families map[string]*tallies
	mistakes []mistake
}

func newScore() *score { return &score{families: make(map[string]*tallies)} }

func (s *score) family(name string) *tallies {
	if s.families[name] == nil {
		s.families[name] = &tallies{Family: name}
	}
	return s.families[name]
}

// add counts one host against its truth.
func (s *score) add(t label, h minesweep.Host) {
	switch {
	case t.innocent:
		s.addInnocent(t, h)
	case t.mines:
		s.addMiner(t, h)
	default:
		s.family("(unlabelled)").Unlabelled++
	}
}

func (s *score) addInnocent(t label, h minesweep.Host) {
	f := s.family("(innocent)")
	f.Innocents++
	switch h.Verdict {
	case minesweep.Confirmed:
		f.Confirmed++
		s.wrong(t, "false confirmation", "innocent", named(h.Vendor, h.Model))
	case minesweep.Suspected:
		f.Suspected++
		s.wrong(t, "false suspicion", "innocent", named(h.Vendor, h.Model))
	case minesweep.Unidentified, minesweep.DecoyHost, minesweep.Silent:
	}
}

func (s *score) addMiner(t label, h minesweep.Host) {
	f := s.family(t.family)
	f.Devices++
	if h.Verdict == minesweep.Confirmed || h.Verdict == minesweep.Suspected {
		f.Detected++
	} else {
		s.wrong(t, "missed", named(t.vendor, t.model), string(h.Verdict))
	}
	if t.vendor != "" {
		f.Vendors++
		f.VendorOK += s.count(t, "vendor", t.vendor, h.Vendor)
	}
	if t.model != "" {
		f.Models++
		f.ModelOK += s.count(t, "model", named(t.vendor, t.model), named(h.Vendor, h.Model))
	}
	if len(t.rates) > 0 {
		f.Rates++
		if near(h.Hashrate, t.rates) {
			f.RateOK++
		} else {
			s.wrong(t, "hashrate", fmt.Sprint(t.rates), number(h.Hashrate))
		}
	}
}

// count returns 1 where the device is named rightly.
func (s *score) count(t label, what, want, got string) int {
	if strings.EqualFold(want, got) {
		return 1
	}
	s.wrong(t, what, want, got)
	return 0
}

func (s *score) wrong(t label, what, want, got string) {
	s.mistakes = append(s.mistakes, mistake{t.device, what, want, got})
}

func named(vendor, model string) string { return strings.TrimSpace(vendor + " " + model) }

// near tells whether a rate is within one per cent of any of wants.
func near(rate *float64, wants []float64) bool {
	return rate != nil && slices.ContainsFunc(wants, func(w float64) bool { return math.Abs(*rate-w) <= w/100 })
}

// total sums all families.
func (s *score) total() tallies {
	sum := tallies{Family: "all"}
	for _, f := range s.families {
		sum.Devices += f.Devices
		sum.Detected += f.Detected
		sum.Vendors += f.Vendors
		sum.VendorOK += f.VendorOK
		sum.Models += f.Models
		sum.ModelOK += f.ModelOK
		sum.Rates += f.Rates
		sum.RateOK += f.RateOK
		sum.Innocents += f.Innocents
		sum.Confirmed += f.Confirmed
		sum.Suspected += f.Suspected
		sum.Unlabelled += f.Unlabelled
	}
	return sum
}

func (s *score) sorted() []tallies {
	var out []tallies
	for _, name := range slices.Sorted(maps.Keys(s.families)) {
		out = append(out, *s.families[name])
	}
	return append(out, s.total())
}
