package main

import (
	"fmt"
	"strconv"

	"minesweep"
)

// frequencyFields are the columns of a CSV file that say how often an asset answered.
var frequencyFields = []column[minesweep.Asset]{
	{"answered_at", func(a minesweep.Asset) string { return stamp(a.AnsweredAt) }, 0},
	{"missed_at", func(a minesweep.Asset) string { return stamp(a.MissedAt) }, 0},
	{"days_seen_30", func(a minesweep.Asset) string { return strconv.Itoa(a.DaysSeen) }, 0},
	{"days_checked_30", func(a minesweep.Asset) string { return strconv.Itoa(a.DaysChecked) }, 0},
	{"checks_30", func(a minesweep.Asset) string { return strconv.Itoa(a.Checks) }, 0},
	{"answered_30", func(a minesweep.Asset) string { return strconv.Itoa(a.Answered) }, 0},
}

// frequency is such as "seen 27/30 days, 94 % of 61 checks": of the days of the
// last thirty on which the asset was looked for.
func frequency(f minesweep.Frequency) string {
	if f.Checks == 0 {
		return ""
	}
	// Rounded down, so that 100 % is said only of all.
	return fmt.Sprintf("seen %d/%d days, %d %% of %d checks", f.DaysSeen, f.DaysChecked, 100*f.Answered/f.Checks, f.Checks)
}
