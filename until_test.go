package minesweep

import (
	"testing"
	"time"
)

func TestGrantUntil(t *testing.T) {
	for _, c := range []struct{ hours, zone, to, now, want string }{
		{"", "", "", "2026-11-21T08:00:00Z", ""},
		{"", "", "2026-12-01T00:00:00Z", "2026-11-21T08:00:00Z", "2026-12-01T00:00:00Z"},
		{"00:30-06:30", "Asia/Shanghai", "", "2026-11-21T20:00:00Z", "2026-11-21T22:30:00Z"},
		{"22:30-06:00", "UTC", "", "2026-11-21T23:00:00Z", "2026-11-22T06:00:00Z"},
		{"22:30-06:00", "UTC", "", "2026-11-22T05:00:00Z", "2026-11-22T06:00:00Z"},
		{"22:30-06:00", "UTC", "2026-11-22T00:00:00Z", "2026-11-21T23:00:00Z", "2026-11-22T00:00:00Z"},
		{"22:30-06:00", "UTC", "2027-01-01T00:00:00Z", "2026-11-21T23:00:00Z", "2026-11-22T06:00:00Z"},
		{"01:00-05:00", "Europe/Berlin", "", "2026-10-25T00:30:00Z", "2026-10-25T04:00:00Z"}, // a night of 25 hours
	} {
		window, err := ParseWindow(c.hours, c.zone)
		if err != nil {
			t.Fatal(err)
		}
		g := Grant{Window: window, ValidTo: moment(t, c.to)}
		if got := g.Until(moment(t, c.now)); !got.Equal(moment(t, c.want)) {
			t.Errorf("%s %s to %q at %s: %s, want %q", c.hours, c.zone, c.to, c.now, got, c.want)
		}
	}
}

func moment(t *testing.T, text string) time.Time {
	t.Helper()
	if text == "" {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}
