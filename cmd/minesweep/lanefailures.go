package main

import (
	"fmt"

	"minesweep/db"
	"minesweep/schedules"
)

// failuresMost bounds how many lanes are named of which the engine failed.
const failuresMost = 5

// laneFailures tells of each lane whose engine failed, such as one whose canary
// was not heard, how often that was and what was said last. stints are in the
// order of their begin.
func laneFailures(stints []db.Stint) []string {
	type lane struct {
		kind db.LaneKind
		lane int
	}
	times := make(map[lane]int)
	last := make(map[lane]string)
	var order []lane
	for _, s := range stints {
		why, failed := schedules.Failure(s.Note)
		if !failed {
			continue
		}
		l := lane{s.Kind, s.Lane}
		if times[l]++; times[l] == 1 {
			order = append(order, l)
		}
		last[l] = fmt.Sprintf("on %s at %s: %s", s.Node, stamp(s.EndedAt), clip(oneLine(why), lineWidth))
	}
	var out []string
	for i, l := range order {
		if i == failuresMost {
			out = append(out, fmt.Sprintf("the engine failed in %d more lanes", len(order)-failuresMost))
			break
		}
		often := "once"
		if n := times[l]; n > 1 {
			often = fmt.Sprintf("%d times, the last time", n)
		}
		out = append(out, fmt.Sprintf("%s lane %d failed %s %s", l.kind, l.lane, often, last[l]))
	}
	return out
}
