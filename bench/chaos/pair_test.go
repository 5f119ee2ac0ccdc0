package main

import (
	"slices"
	"testing"
)

func TestPairFloors(t *testing.T) {
	fine := func(workers int, rate float64) turn {
		return turn{Workers: workers, PerSecond: rate, Open: 5, Found: 5, state: state{status: "done"}}
	}
	bad := fine(2, 200)
	bad.Found, bad.Missed = 4, 1
	stray := fine(2, 200)
	stray.Outside = 1
	resting := fine(2, 200)
	resting.state.status = "running"
	tests := []struct {
		name  string
		turns []turn
		want  []bool
	}{
		{"as promised", []turn{fine(1, 100), fine(2, 180)}, []bool{true, true, true}},
		{"the median counts", []turn{fine(1, 100), fine(2, 150), fine(1, 100), fine(2, 190), fine(1, 100), fine(2, 200)}, []bool{true, true, true}},
		{"too slow", []turn{fine(1, 100), fine(2, 179)}, []bool{false, true, true}},
		{"one missed", []turn{fine(1, 100), bad}, []bool{true, false, true}},
		{"one astray", []turn{fine(1, 100), stray}, []bool{true, true, false}},
		{"not done", []turn{fine(1, 100), resting}, []bool{true, false, true}},
		{"nothing", nil, []bool{false, false, false}},
	}
	for _, test := range tests {
		var got []bool
		for _, x := range pairFloors(test.turns) {
			got = append(got, x.holds)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}
