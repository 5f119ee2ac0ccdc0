package db

import (
	"encoding/json"
	"strings"

	"minesweep"
)

// faultsText is how faults are kept, "" where there are none.
func faultsText(f minesweep.Faults) string {
	if f == (minesweep.Faults{}) {
		return ""
	}
	text, _ := json.Marshal(f) // numbers by name cannot fail
	return string(text)
}

// faultsOf reads any number of such texts and adds them up. What they do not
// say of so many errors, because an older version counted those, is of no kind.
func faultsOf(texts string, errors int64) (sum minesweep.Faults) {
	for d := json.NewDecoder(strings.NewReader(texts)); ; {
		var f minesweep.Faults
		if d.Decode(&f) != nil {
			return sum.UpTo(uint64(errors))
		}
		sum = sum.Plus(f)
	}
}
