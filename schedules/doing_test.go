package schedules

import (
	"testing"

	"minesweep/db"
)

func TestDoingNamesLanes(t *testing.T) {
	for want, held := range map[string]map[half][]int{
		"":                         {},
		"sweep 1: discover lane 6": {{1, db.Discover}: {6}},
		"sweep 1: discover lanes 2, 6; ask lane 0": {{1, db.Ask}: {0, 0}, {1, db.Discover}: {6, 2}},
		"sweep 2: ask lanes 0-3, 5, 6, 8; sweep 10: discover lane 1; ask lane 0": {
			{10, db.Ask}: {0}, {2, db.Ask}: {8, 1, 0, 2, 3, 6, 5}, {10, db.Discover}: {1}},
	} {
		if got := doing(held); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
