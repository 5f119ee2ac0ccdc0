package schedules

import (
	"time"

	"go4.org/netipx"

	"minesweep"
)

// hoursLeft returns until when the sweep's window and the grants of its targets
// let packets out, the zero time where that is not foreseen, and why none may
// leave now: "" they may. What a grant allowed that is revoked or over does not
// wait for it: the guard refuses that for good.
func hoursLeft(targets *netipx.IPSet, window minesweep.Window, grants []minesweep.Grant, now time.Time) (until time.Time, shut string) {
	if !window.Contains(now) {
		return time.Time{}, "its window is " + window.String()
	}
	until = window.End(now)
	var allowed netipx.IPSetBuilder
	for _, g := range grants {
		if g.Standing(now) != "" || !covers(g, targets) {
			continue
		}
		for _, p := range g.Prefixes {
			allowed.AddPrefix(p)
		}
		if end := g.Until(now); !end.IsZero() && (until.IsZero() || end.Before(until)) {
			until = end
		}
	}
	var rest netipx.IPSetBuilder
	rest.AddSet(targets)
	if in, err := allowed.IPSet(); err == nil {
		rest.RemoveSet(in)
	}
	left, err := rest.IPSet()
	if err != nil {
		return until, ""
	}
	for _, g := range grants {
		if !g.Window.Contains(now) && inForce(g, now) && covers(g, left) {
			return time.Time{}, "grant " + g.Name + " is allowed only " + g.Window.String()
		}
	}
	return until, ""
}

// inForce reports whether the grant gives authority at now but for its hours.
func inForce(g minesweep.Grant, now time.Time) bool {
	g.Window = minesweep.Window{}
	return g.Standing(now) == ""
}

func covers(g minesweep.Grant, set *netipx.IPSet) bool {
	for _, p := range g.Prefixes {
		if set.OverlapsPrefix(p) {
			return true
		}
	}
	return false
}
