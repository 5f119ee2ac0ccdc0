package minesweep

import (
	"fmt"
	"strings"
	"time"
)

// Window is a span of hours that recurs daily in one time zone. From after To
// goes over midnight. The zero Window holds every instant.
type Window struct {
	From, To time.Duration // since midnight, 0 ≤ d < 24 h
	Zone     *time.Location
}

// ParseWindow reads "00:30-06:30", with seconds where they matter, in the named
// IANA zone; "" for hours gives the zero Window and "" for zone means UTC.
func ParseWindow(hours, zone string) (Window, error) {
	if hours == "" {
		return Window{}, nil
	}
	loc, err := time.LoadLocation(zone)
	if err != nil {
		return Window{}, fmt.Errorf("time zone %q is not known, write for example Asia/Shanghai", zone)
	}
	from, to, ok := strings.Cut(hours, "-")
	w := Window{Zone: loc}
	if ok {
		w.From, ok = parseClock(from)
	}
	if ok {
		w.To, ok = parseClock(to)
	}
	if !ok || w.From == w.To {
		return Window{}, fmt.Errorf("window %q is not two times of day, write for example 00:30-06:30", hours)
	}
	return w, nil
}

func parseClock(s string) (time.Duration, bool) {
	s = strings.TrimSpace(s)
	t, err := time.Parse("15:04", s)
	if err != nil {
		t, err = time.Parse(time.TimeOnly, s)
	}
	if err != nil || t.Nanosecond() != 0 {
		return 0, false
	}
	return clockOf(t), true
}

// IsZero reports whether the window holds every instant.
func (w Window) IsZero() bool { return w.From == w.To }

// Contains reports whether t lies in the window. The clock on the wall
// decides, so a day of 23 or 25 hours needs no special case.
func (w Window) Contains(t time.Time) bool {
	if w.IsZero() {
		return true
	}
	if w.Zone != nil {
		t = t.In(w.Zone)
	} else {
		t = t.UTC()
	}
	clock := clockOf(t)
	if w.From < w.To {
		return w.From <= clock && clock < w.To
	}
	return clock >= w.From || clock < w.To
}

// clockOf returns what a clock shows at t, in whole seconds since midnight.
func clockOf(t time.Time) time.Duration {
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute + time.Duration(t.Second())*time.Second
}

// Hours returns "00:30-06:30", or "" for the zero Window.
func (w Window) Hours() string {
	if w.IsZero() {
		return ""
	}
	return clockText(w.From) + "-" + clockText(w.To)
}

func clockText(d time.Duration) string {
	text := fmt.Sprintf("%02d:%02d", int(d.Hours()), int(d.Minutes())%60)
	if s := int(d.Seconds()) % 60; s != 0 {
		text += fmt.Sprintf(":%02d", s)
	}
	return text
}

// ZoneName returns the IANA name of the window's zone, or "" for the zero Window.
func (w Window) ZoneName() string {
	if w.IsZero() || w.Zone == nil {
		return ""
	}
	return w.Zone.String()
}

// String returns the window as a person writes it, such as "00:30-06:30 Asia/Shanghai".
func (w Window) String() string {
	if w.IsZero() {
		return "at all hours"
	}
	return strings.TrimSpace(w.Hours() + " " + w.ZoneName())
}
