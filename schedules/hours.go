package schedules

import (
	"slices"
	"time"

	"minesweep"
)

// Hours are the instants that all of some windows hold. No windows, or only
// zero ones, hold every instant.
type Hours []minesweep.Window

// Open reports whether t is within the hours.
func (h Hours) Open(t time.Time) bool {
	for _, w := range h {
		if !w.Contains(t) {
			return false
		}
	}
	return true
}

// Always reports whether the hours hold every instant.
func (h Hours) Always() bool {
	return !slices.ContainsFunc(h, func(w minesweep.Window) bool { return !w.IsZero() })
}

// Change returns the first instant after t, and by until at the latest, at which
// the hours open or close; the zero time where there is none. Where clocks go
// back, a window may close or open twice in one night.
func (h Hours) Change(t, until time.Time) time.Time {
	open := h.Open(t)
	for day := t; !day.After(until); day = day.Add(24 * time.Hour) {
		last := day.Add(24 * time.Hour) // until then the edges are complete
		if last.After(until) {
			last = until
		}
		for _, edge := range h.edges(day) {
			if edge.After(t) && !edge.After(last) && h.Open(edge) != open {
				return edge
			}
		}
	}
	return time.Time{}
}

// Opens returns the first instant from t on, and by until at the latest, at which
// the hours are open; the zero time where there is none.
func (h Hours) Opens(t, until time.Time) time.Time {
	if h.Open(t) {
		return t
	}
	return h.Change(t, until)
}

// edges returns the instants around a day at which one of the windows may open
// or close, in order. Some are none.
func (h Hours) edges(day time.Time) []time.Time {
	var out []time.Time
	for _, w := range h {
		if w.IsZero() {
			continue
		}
		zone := w.Zone
		if zone == nil {
			zone = time.UTC
		}
		local := day.In(zone)
		for ahead := -1; ahead <= 1; ahead++ {
			midnight := time.Date(local.Year(), local.Month(), local.Day()+ahead, 0, 0, 0, 0, time.UTC)
			out = append(out, instantsOf(midnight.Add(w.From), zone)...)
			out = append(out, instantsOf(midnight.Add(w.To), zone)...)
		}
		if _, changed := local.ZoneBounds(); !changed.IsZero() && changed.Sub(day) < 48*time.Hour {
			out = append(out, changed)
		}
	}
	slices.SortFunc(out, time.Time.Compare)
	return out
}
