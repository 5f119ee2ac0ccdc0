package main

import (
	"strings"
	"testing"
	"time"
)

// good are results that keep every promise, just.
func good() results {
	r := results{ownRuns: 9}
	own := run{program: minesweepSYN, sent: 1200, active: time.Second, wall: time.Second, cpu: 480 * time.Microsecond, resident: 40e6,
		score: score{truth: 1000, found: 1000}, job: newJob("100.64.0.0/12", 4, 0)}
	peer := func(name string, sent uint64, wall time.Duration) pair {
		p := pair{own, own}
		p.theirs.program, p.theirs.sent, p.theirs.wall, p.theirs.cpu = name, sent, wall, time.Duration(sent)*time.Microsecond
		return p
	}
	r.unlimited = []pair{peer(masscanName, 800, 0), peer(zmapName, 1000, 0), peer(naabuName, 300, 0)}
	r.slash8 = []pair{peer(masscanName, 1, 1500*time.Millisecond), peer(zmapName, 1, 1200*time.Millisecond), peer(naabuName, 1, 4*time.Second)}
	for _, gro := range []bool{true, false} {
		one := own
		one.job.rate, one.gro, one.pace = 25_000, gro, pace{mean: 0.01, worst: -0.02, ok: true}
		one.score.found = 999
		r.rates = append(r.rates, one)
	}
	r.strict = []run{own}
	slower := own
	slower.sent = 1140
	r.prefixes = []pair{{slower, own}}
	r.cuts = []cut{{before: 5, last: time.Second, wentOn: 2 * time.Second}}
	return r
}

func failing(r results) (says []string) {
	for _, f := range floorsOf(r, options{works: workNames}) {
		if !f.holds {
			says = append(says, f.String())
		}
	}
	return says
}

func TestFloorsHold(t *testing.T) {
	if f := failing(good()); f != nil {
		t.Errorf("good results fail:\n%s", strings.Join(f, "\n"))
	}
}

func TestFloorsFail(t *testing.T) {
	tests := []struct {
		name  string
		spoil func(*results)
		want  string
	}{
		{"slower than masscan", func(r *results) { r.unlimited[0].theirs.sent = 801 }, "packets/s of minesweep are 1.50 × those of masscan"},
		{"slower than zmap", func(r *results) { r.unlimited[1].theirs.sent = 1001 }, "packets/s of minesweep are 1.20 × those of zmap"},
		{"slower than 4 naabus", func(r *results) { r.unlimited[2].theirs.sent = 301 }, "those of naabu"},
		{"more CPU than masscan", func(r *results) { r.unlimited[0].theirs.cpu /= 2 }, "0.60 × that of masscan"},
		{"more CPU than zmap", func(r *results) { r.unlimited[1].theirs.cpu /= 3 }, "0.80 × that of zmap"},
		{"fat", func(r *results) { r.unlimited[1].ours.resident++ }, "holds 40 MB"},
		{"one port missed in one run", func(r *results) { r.unlimited[1].ours.score.found-- }, "100 %"},
		{"no masscan", func(r *results) { r.unlimited = r.unlimited[1:] }, "masscan or more: not measured"},
		{"a slow /8", func(r *results) { r.slash8[0].ours.wall += time.Millisecond }, "wall time of minesweep is 0.67 × that of masscan"},
		{"too fast for a second", func(r *results) { r.rates[1].pace.worst = 0.021 }, "25000 packets/s, GRO off"},
		{"too slow for a second", func(r *results) { r.rates[0].pace.worst = -0.021 }, "25000 packets/s, GRO on"},
		{"misses at a set rate", func(r *results) { r.rates[0].score.found-- }, "99.9 % found"},
		{"a rate too short to judge", func(r *results) { r.rates[0].pace.ok = false }, "GRO on"},
		{"GRO off not measured", func(r *results) { r.rates = r.rates[:1] }, "GRO off: ± 2 % in any second, 99.9 % found: not measured"},
		{"no rates", func(r *results) { r.rates = nil }, "set rates: not measured"},
		{"prefixes cost", func(r *results) { r.prefixes[0].ours.sent-- }, "10,000 prefixes"},
		{"an exclusion bites late", func(r *results) { r.cuts[0].last++ }, "last packet to it"},
		{"a sweep ended before its exclusion could show", func(r *results) { r.cuts[0].wentOn = time.Second }, "last packet to it"},
		{"nothing was sent to what is excluded", func(r *results) { r.cuts[0].before = 0 }, "last packet to it"},
		{"out of scope", func(r *results) { r.outside = 1 }, "out of scope: 1 in 9 runs"},
		{"no run at all", func(r *results) { r.ownRuns = 0 }, "out of scope"},
		{"a run failed", func(r *results) { r.failures = []failure{{true, "signal: killed"}} }, "signal: killed"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := good()
			test.spoil(&r)
			got := failing(r)
			if len(got) == 0 || !strings.Contains(strings.Join(got, "\n"), test.want) {
				t.Errorf("failing: %q; want %q among them", got, test.want)
			}
		})
	}
}

// What -only left out is not judged, and a peer's failure is not ours.
func TestFloorsOfChosenWorks(t *testing.T) {
	r := results{ownRuns: 1, prefixes: good().prefixes, failures: []failure{{false, "naabu: killed"}}}
	for _, f := range floorsOf(r, options{works: []string{"prefixes"}}) {
		if !f.holds {
			t.Error(f)
		}
	}
}
