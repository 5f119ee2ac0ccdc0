package schedules

import (
	"slices"
	"strings"

	"minesweep"
	"minesweep/db"
)

func confirms(evidence []minesweep.Evidence) bool {
	return slices.ContainsFunc(evidence, func(e minesweep.Evidence) bool { return e.Strength == minesweep.Confirm })
}

// answered reports whether a port said anything.
func answered(replies []minesweep.Reply) bool {
	return slices.ContainsFunc(replies, func(r minesweep.Reply) bool { return len(r.Raw) > 0 })
}

// sameDevice reports whether the host that answered is the asset: confirmed
// again, of its vendor or class, and with no other MAC or serial than its.
func sameDevice(due db.Due, host minesweep.Host) bool {
	if host.Verdict != minesweep.Confirmed {
		return false
	}
	was, is := due.Host, host
	if was.Class != is.Class && !strings.EqualFold(was.Vendor, is.Vendor) {
		return false
	}
	return !differ(was.MAC, is.MAC) && !differ(was.Serial, is.Serial)
}

// differ reports whether both are known and are not the same.
func differ(a, b string) bool { return a != "" && b != "" && !strings.EqualFold(a, b) }
