package fingerprints_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"minesweep"
	"minesweep/recordings"
)

func shared(t testing.TB, name string) []recordings.Device {
	t.Helper()
	f, err := os.Open("../../../shared/recordings/" + name)
	if err != nil {
		t.Skip("the shared recordings are not here")
	}
	defer f.Close()
	devices, err := recordings.ReadJSONL(name, f)
	if err != nil {
		t.Fatal(err)
	}
	return devices
}

// truth is what a device of the shared recordings is. An empty model means
// that nothing recorded without a login tells it.
type truth struct{ family, vendor, model string }

func truths(t testing.TB) map[string]truth {
	t.Helper()
	data, err := os.ReadFile("testdata/dev-truth.csv")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(string(data))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	m := make(map[string]truth)
	for _, row := range rows[1:] {
		m[row[0]] = truth{row[1], row[2], row[3]}
	}
	return m
}

type score struct{ devices, named, rates, ratesRight int }

func (s *score) add(o score) {
	s.devices += o.devices
	s.named += o.named
	s.rates += o.rates
	s.ratesRight += o.ratesRight
}

func (s score) String() string {
	return fmt.Sprintf("vendor and model %d of %d, hashrate %d of %d", s.named, s.devices, s.ratesRight, s.rates)
}

// TestSharedDevices measures how many recorded devices are named rightly, and
// how many rates are within one per cent of what another program asserts.
func TestSharedDevices(t *testing.T) {
	set, known := load(t), truths(t)
	byFamily := make(map[string]*score)
	var all score
	for _, d := range shared(t, "dev.jsonl") {
		want, ok := known[d.Name]
		if !ok {
			continue
		}
		s := measure(t, d, want, best(set.Judge(d.Replies)))
		if byFamily[want.family] == nil {
			byFamily[want.family] = &score{}
		}
		byFamily[want.family].add(s)
		all.add(s)
	}
	for _, family := range slices.Sorted(maps.Keys(byFamily)) {
		t.Logf("%-12s %v", family, byFamily[family])
	}
	t.Logf("%-12s %v", "all", all)
	if all.devices < 70 || all.named*100 < all.devices*95 || all.ratesRight*100 < all.rates*90 {
		t.Errorf("%v; at least 95 %% of the names and 90 %% of the rates must be right", all)
	}
}

func measure(t *testing.T, d recordings.Device, want truth, got minesweep.Claims) score {
	s := score{devices: 1}
	if got.Vendor == want.vendor && (want.model == "" || got.Model == want.model) {
		s.named = 1
	} else {
		t.Logf("%s: %q %q, want %q %q", d.Name, got.Vendor, got.Model, want.vendor, want.model)
	}
	rates := assertedRates(d.Expected)
	if len(rates) == 0 {
		return s
	}
	s.rates = 1
	if got.Hashrate != nil && slices.ContainsFunc(rates, func(r float64) bool { return math.Abs(*got.Hashrate-r) <= r/100 }) {
		s.ratesRight = 1
	} else {
		t.Logf("%s: hashrate %v, want one of %v", d.Name, deref2(got.Hashrate), rates)
	}
	return s
}

func deref2(p *float64) any {
	if p == nil {
		return nil
	}
	return *p
}

// assertedRates reads expected.hash_rate_hps, which is a number, a string, a
// list of them, or the source text of a zero.
func assertedRates(expected json.RawMessage) []float64 {
	var e struct {
		Rate any `json:"hash_rate_hps"`
	}
	if json.Unmarshal(expected, &e) != nil || e.Rate == nil {
		return nil
	}
	list, ok := e.Rate.([]any)
	if !ok {
		list = []any{e.Rate}
	}
	var rates []float64
	for _, v := range list {
		s := fmt.Sprint(v)
		if strings.Contains(s, "ZERO") {
			s = "0"
		}
		if f, err := strconv.ParseFloat(s, 64); err == nil {
			rates = append(rates, f)
		}
	}
	return rates
}

// TestSharedInnocents fails for a program that does not mine and is confirmed.
func TestSharedInnocents(t *testing.T) {
	set := load(t)
	innocent := 0
	for _, d := range shared(t, "programs.jsonl") {
		evidence := set.Judge(d.Replies)
		if d.Mining == nil || *d.Mining {
			t.Logf("%s: %s", d.Name, verdict(evidence))
			continue
		}
		innocent++
		for _, e := range evidence {
			if e.Strength == minesweep.Confirm {
				t.Errorf("%s is confirmed by %s: %s: %s", d.Name, e.Fingerprint, e.Probe, e.Quote)
			}
		}
		if len(evidence) > 0 {
			t.Logf("%s: %s by %s", d.Name, verdict(evidence), evidence[0].Fingerprint)
		}
	}
	if innocent < 15 {
		t.Errorf("only %d innocent programs", innocent)
	}
}
