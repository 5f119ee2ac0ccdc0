package main

import (
	"math"
	"net/netip"
	"slices"
	"testing"
	"time"

	"minesweep/lab/wire"
)

func TestSpread(t *testing.T) {
	tests := []struct {
		values []float64
		want   spread
		text   string
	}{
		{nil, spread{}, "–"},
		{[]float64{3}, spread{3, 3, 3, 1}, "3.0"},
		{[]float64{5, 1, 2}, spread{2, 1, 5, 3}, "2.0 (1.0 to 5.0)"},
		{[]float64{4, 1, 2, 9}, spread{3, 1, 9, 4}, "3.0 (1.0 to 9.0)"},
	}
	for _, test := range tests {
		got := spreadOf(test.values)
		if got != test.want || got.text("%.1f") != test.text {
			t.Errorf("spread of %v is %+v, %q; want %+v, %q", test.values, got, got.text("%.1f"), test.want, test.text)
		}
	}
}

// sentIn is a run that sent so much in a second.
func sentIn(name string, packets uint64) run {
	return run{program: name, sent: packets, active: time.Second, cpu: time.Second}
}

// A ratio is of a pair: the median of ratios and not the ratio of medians.
func TestRatiosAreOfPairs(t *testing.T) {
	pairs := []pair{
		{sentIn("minesweep", 10), sentIn("masscan", 10)},
		{sentIn("minesweep", 90), sentIn("masscan", 30)},
		{sentIn("minesweep", 40), sentIn("masscan", 20)},
	}
	if got := ratios(pairs, run.perSecond); got != (spread{2, 1, 3, 3}) {
		t.Errorf("%+v; want 2, from 1 to 3", got)
	}
	if got := ratios(pairs, run.cpuPerProbe).median; math.Abs(got-0.5) > 1e-9 {
		t.Errorf("CPU ratio %f; want half", got)
	}
}

func TestJudge(t *testing.T) {
	truth := targets("10.0.0.1:1", "10.0.0.1:2", "10.0.0.9:1")
	got := judge(truth, targets("10.0.0.9:1", "10.0.0.1:1", "10.0.0.9:1", "10.0.0.2:1"))
	if got != (score{truth: 3, found: 2, twice: 1, untrue: 1}) || math.Abs(got.percent()-200./3) > 1e-9 {
		t.Errorf("%+v, %f %%", got, got.percent())
	}
	if empty := judge(nil, nil); empty.percent() != 100 {
		t.Errorf("of nothing %f %% was found", empty.percent())
	}
}

// steady is a timeline of n slots at rate packets/s.
func steady(rate, n int) []uint32 {
	return slices.Repeat([]uint32{uint32(float64(rate) * wire.Slot.Seconds())}, n)
}

func TestPace(t *testing.T) {
	stalled := steady(10_000, 500)
	for i := range 10 {
		stalled[250+i] = 0
	}
	ramped := steady(10_000, 500)
	for i := range 100 {
		ramped[i] = uint32(i)
	}
	tests := []struct {
		name        string
		slots       []uint32
		asked       float64
		mean, worst float64
		ok          bool
	}{
		{"right", steady(10_000, 500), 10_000, 0, 0, true},
		{"too fast", steady(10_200, 500), 10_000, 0.02, 0.02, true},
		{"the ramp is not judged", ramped, 10_000, 0, 0, true},
		{"a stall of a tenth", stalled, 10_000, -10. / 399, -0.1, true},
		{"the last slot is not full", append(steady(10_000, 300), 1), 10_000, 0, 0, true},
		{"too short", steady(10_000, 200), 10_000, 0, 0, false},
		{"nothing", nil, 10_000, 0, 0, false},
		{"no rate", steady(10_000, 500), 0, 0, 0, false},
	}
	for _, test := range tests {
		got := paceOf(test.slots, test.asked)
		if math.Abs(got.mean-test.mean) > 1e-9 || math.Abs(got.worst-test.worst) > 1e-9 || got.ok != test.ok {
			t.Errorf("%s: %+v; want %+.4f, %+.4f, %v", test.name, got, test.mean, test.worst, test.ok)
		}
	}
}

func TestJob(t *testing.T) {
	j := newJob("100.64.0.0/16", 4, 25_000)
	if j.probes() != 1<<18 || j.portRange() != "1-4" || !slices.Equal(j.portList(), []uint16{1, 2, 3, 4}) {
		t.Errorf("%s: %d probes, ports %s, %v", j, j.probes(), j.portRange(), j.portList())
	}
	one := j.onePort()
	if one.probes() != j.probes() || one.String() != "100.64.0.0/14 × 1 port" || one.rate != j.rate {
		t.Errorf("with one port: %s, %d probes", one, one.probes())
	}
	if n := j.narrowed(4); n.String() != "100.64.0.0/20 × 4 ports" || j.String() != "100.64.0.0/16 × 4 ports" {
		t.Errorf("narrowed to %s; what it was made from is %s", n, j)
	}
	if odd := newJob("100.67.0.0/16", 4, 0).onePort(); odd.targets[0] != netip.MustParsePrefix("100.64.0.0/14") {
		t.Errorf("%s is not a prefix's begin", odd)
	}
}

func TestScatter(t *testing.T) {
	within := netip.MustParsePrefix("10.0.0.0/8")
	for _, smaller := range []int{0, 4} {
		j := job{targets: scatter(1, smaller), ports: 1}
		if len(j.targets) != 10_000 || j.addresses() != 1<<20>>smaller {
			t.Errorf("%d prefixes, %d addresses", len(j.targets), j.addresses())
		}
		slices.SortFunc(j.targets, netip.Prefix.Compare)
		for i, p := range j.targets {
			if p != p.Masked() || !within.Contains(p.Addr()) {
				t.Fatalf("%s is no prefix of %s", p, within)
			}
			if i > 0 && p.Addr().As4()[3] == 0 && j.targets[i-1].Contains(p.Addr().Prev()) {
				t.Fatalf("%s touches %s", p, j.targets[i-1])
			}
		}
	}
	if slices.Equal(scatter(1, 0), scatter(2, 0)) {
		t.Error("another seed gives the same prefixes")
	}
}
