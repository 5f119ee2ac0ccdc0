package main

import (
	"strings"
	"testing"
	"time"
)

// good is a storm in which all is as promised.
func good() figures {
	return figures{rate: 1000, per24: 100, status: state{status: "done"}, truth: 10, found: 10, devices: 3, named: 3, identities: 3, assets: 3,
		pairs: 1000, again: 10, sent: 1100, peak: 1020, peak24: 102, asked: questions{heard: 5, again: 1, againAt: 1}}
}

func failures(f figures) (out []string) {
	for _, x := range f.floors() {
		if !x.holds {
			out = append(out, x.Says)
		}
	}
	return out
}

func TestFloors(t *testing.T) {
	tests := []struct {
		fails  string // what a sentence says that does not hold; "": all hold
		change func(*figures)
	}{
		{"", func(*figures) {}},
		{"the sweep ends", func(f *figures) { f.status.status = "running" }},
		{"the open ports found", func(f *figures) { f.found, f.missed = 9, 1 }},
		{"the open ports found", func(f *figures) { f.found, f.untrue = 11, 1 }},
		{"the open ports found", func(f *figures) { f.truth, f.found = 0, 0 }},
		{"every miner", func(f *figures) { f.named = 2 }},
		{"nothing is there twice", func(f *figures) { f.twice = 1 }},
		{"nothing is there twice", func(f *figures) { f.assets = 4 }},
		{"every pair", func(f *figures) { f.never = 1 }},
		{"sent again", func(f *figures) { f.again = 11 }},
		{"settled before", func(f *figures) { f.asked.settled = 1 }},
		{"settled before", func(f *figures) { f.asked.unheard = 1 }},
		{"settled before", func(f *figures) { f.asked.heard = 0 }},
		{"budget of everything", func(f *figures) { f.peak = 1021 }},
		{"budget of everything", func(f *figures) { f.peak = 0 }},
		{"budget of a /24", func(f *figures) { f.peak24 = 103 }},
		{"out of scope", func(f *figures) { f.outside = 1 }},
		{"goes on within", func(f *figures) { f.recoveries = []recovery{{took: time.Second}, {took: 61 * time.Second}} }},
		{"goes on within", func(f *figures) { f.recoveries = []recovery{{never: true}, {took: time.Second}} }},
		{"", func(f *figures) { f.recoveries = []recovery{{took: time.Minute}} }},
		{"SIGTERM", func(f *figures) { f.done = []happened{{mischief: mischief{kind: term}, took: 6 * time.Second}} }},
		{"SIGTERM", func(f *figures) { f.done = []happened{{mischief: mischief{kind: term}, status: 1}} }},
		{"cut off", func(f *figures) { f.done = []happened{{mischief: mischief{kind: cut}, took: 12 * time.Second}} }},
		{"", func(f *figures) { f.done = []happened{{mischief: mischief{kind: kill}, took: 12 * time.Second}} }},
		{"told to", func(f *figures) { f.unasked = []string{"node1"} }},
	}
	for _, test := range tests {
		f := good()
		test.change(&f)
		failed := failures(f)
		if test.fails == "" && len(failed) > 0 || test.fails != "" && (len(failed) != 1 || !strings.Contains(failed[0], test.fails)) {
			t.Errorf("%q do not hold; want %q", failed, test.fails)
		}
	}
}

func TestRecoveries(t *testing.T) {
	at := func(s int) time.Time { return time.Unix(1_700_000_000, 0).Add(time.Duration(s) * time.Second) }
	stints := []stint{
		{kind: "ask", lane: 0, run: 1, node: "a", began: at(0), ended: at(60)},      // given back
		{kind: "discover", lane: 0, run: 1, node: "a", began: at(0), ended: at(26)}, // orphaned by others
		{kind: "discover", lane: 0, run: 2, node: "b", began: at(27), to: 9, ended: at(80)},
		{kind: "discover", lane: 1, run: 1, node: "a", began: at(0), to: 5, ended: at(9)},             // over when it came
		{kind: "discover", lane: 1, run: 2, node: "b", began: at(9), ended: at(50), note: silentNode}, // and this one's next is missing
		{kind: "discover", lane: 2, run: 1, node: "b", began: at(20)},
		{kind: "discover", lane: 3, run: 1, node: "c", began: at(20), ended: at(41), note: silentNode}, // by the crash
		{kind: "discover", lane: 3, run: 2, node: "c", began: at(42), ended: at(50), to: 7},
	}
	name := func(i int) string { return []string{"a", "b"}[i] }
	killed := func(node, s int, k kind) happened {
		return happened{mischief: mischief{kind: k, node: node}, from: at(s)}
	}
	got := recoveries(stints, []happened{killed(0, 10, kill), killed(1, 40, cut), killed(0, 5, term), killed(everybody, 22, crash)}, name)
	want := []string{"ask lane 0, run 1 of a: nobody", "discover lane 0, run 1 of a: 17.0 s", "discover lane 1, run 2 of b: nobody", "discover lane 2, run 1 of b: nobody", "discover lane 3, run 1 of c: 20.0 s"}
	if len(got) != len(want) {
		t.Fatalf("%v; want %q", got, want)
	}
	for i, r := range got {
		if !strings.HasPrefix(r.String(), want[i]) {
			t.Errorf("%s; want %s", r, want[i])
		}
	}
}
