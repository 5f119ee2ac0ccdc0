package main

import (
	"testing"

	"minesweep/scanner"
)

// laneGuard counts what it is told.
type laneGuard struct{ seen scanner.Counts }

func (l *laneGuard) Counts() scanner.Counts { return l.seen }

func TestGuardCountsOnlyGrow(t *testing.T) {
	var g guardCounts
	one, two := &laneGuard{scanner.Counts{Admitted: 10, Refused: 1, MaxPer24: 7}}, &laneGuard{scanner.Counts{Admitted: 5, Starved: 2, MaxPer24: 3}}
	leaveOne := g.add(one)
	g.add(two)
	want := func(w scanner.Counts) {
		t.Helper()
		if got := g.sum(); got != w {
			t.Errorf("%+v, want %+v", got, w)
		}
	}
	want(scanner.Counts{Admitted: 15, Refused: 1, Starved: 2, MaxPer24: 7})
	leaveOne()
	leaveOne() // as over may be called again
	want(scanner.Counts{Admitted: 15, Refused: 1, Starved: 2, MaxPer24: 7})
	two.seen.Admitted = 6
	want(scanner.Counts{Admitted: 16, Refused: 1, Starved: 2, MaxPer24: 7})
}
