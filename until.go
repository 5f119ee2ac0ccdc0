package minesweep

import "time"

// End returns the instant at which the window that holds t closes, and the zero
// time for the zero Window, which never does.
func (w Window) End(t time.Time) time.Time {
	if w.IsZero() {
		return time.Time{}
	}
	zone := w.Zone
	if zone == nil {
		zone = time.UTC
	}
	t = t.In(zone)
	hour, minute, second := int(w.To.Hours()), int(w.To.Minutes())%60, int(w.To.Seconds())%60
	end := time.Date(t.Year(), t.Month(), t.Day(), hour, minute, second, 0, zone)
	if !end.After(t) {
		end = time.Date(t.Year(), t.Month(), t.Day()+1, hour, minute, second, 0, zone)
	}
	return end
}

// Until returns the instant at which a grant in force at now gives no authority
// any more, for its hours or its last day; the zero time: not foreseen.
func (g Grant) Until(now time.Time) time.Time {
	end := g.Window.End(now)
	if end.IsZero() || !g.ValidTo.IsZero() && g.ValidTo.Before(end) {
		return g.ValidTo
	}
	return end
}
