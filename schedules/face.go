package schedules

import "time"

// faceOf returns what a clock shows at t in t's zone, as a time in UTC.
func faceOf(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}

// instantOf returns the first instant at which clocks of the zone show face, or
// the end of the gap that swallows it.
func instantOf(face time.Time, zone *time.Location) time.Time {
	var first time.Time
	for _, at := range instantsOf(face, zone) {
		if faceOf(at).Equal(face) && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	if !first.IsZero() {
		return first
	}
	// time.Date gives an instant on one side of the gap, so the gap is one of the
	// two ends of that side.
	near := time.Date(face.Year(), face.Month(), face.Day(), face.Hour(), face.Minute(), face.Second(), 0, zone)
	start, end := near.ZoneBounds()
	if !start.IsZero() && faceOf(start.In(zone)).After(face) {
		return start
	}
	return end
}

// instantsOf returns the instants that face is by the offsets of the day before
// and the day after; clocks show face at none, one or two of them.
func instantsOf(face time.Time, zone *time.Location) []time.Time {
	out := make([]time.Time, 0, 2)
	for _, day := range [...]time.Duration{-24 * time.Hour, 24 * time.Hour} {
		_, offset := face.Add(day).In(zone).Zone()
		at := face.Add(-time.Duration(offset) * time.Second).In(zone)
		if len(out) == 0 || !out[0].Equal(at) {
			out = append(out, at)
		}
	}
	return out
}
