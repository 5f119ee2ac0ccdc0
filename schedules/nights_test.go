package schedules

import (
	"strings"
	"testing"
	"time"

	"minesweep"
)

func mustHours(t *testing.T, windows ...string) Hours {
	t.Helper()
	var out Hours
	for _, text := range windows {
		hours, zone, _ := strings.Cut(text, " ")
		w, err := minesweep.ParseWindow(hours, zone)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, w)
	}
	return out
}

func TestNightsHaveTheirWindow(t *testing.T) {
	const form = "2006-01-02 15:04 -0700"
	for name, c := range map[string]struct {
		cron, zone   string
		windows      []string
		from         string
		begin, end   string // of the first night
		begin2, end2 string // of the second
	}{
		"a window": {"30 0 * * *", "Asia/Shanghai", []string{"00:30-06:30 Asia/Shanghai"}, "2026-11-21 12:00 +0800",
			"2026-11-22 00:30 +0800", "2026-11-22 06:30 +0800", "2026-11-23 00:30 +0800", "2026-11-23 06:30 +0800"},
		"over midnight": {"30 22 * * *", "UTC", []string{"22:00-02:00 UTC"}, "2026-11-21 12:00 +0000",
			"2026-11-21 22:30 +0000", "2026-11-22 02:00 +0000", "2026-11-22 22:30 +0000", "2026-11-23 02:00 +0000"},
		"a grant's hours cut it": {"30 0 * * *", "UTC", []string{"00:30-06:30 UTC", "09:00-13:00 Asia/Shanghai"}, "2026-11-21 12:00 +0000",
			"2026-11-22 01:00 +0000", "2026-11-22 05:00 +0000", "2026-11-23 01:00 +0000", "2026-11-23 05:00 +0000"},
		"all hours": {"0 1 * * *", "UTC", nil, "2026-11-21 12:00 +0000",
			"2026-11-22 01:00 +0000", "2026-11-23 01:00 +0000", "2026-11-23 01:00 +0000", "2026-11-24 01:00 +0000"},
		"never": {"30 0 * * *", "UTC", []string{"00:30-06:30 UTC", "07:00-08:00 UTC"}, "2026-11-21 12:00 +0000", "", "", "", ""},
		"Berlin, clocks forward: an hour less": {"30 0 * * *", "Europe/Berlin", []string{"00:30-06:30 Europe/Berlin"}, "2027-03-27 12:00 +0100",
			"2027-03-28 00:30 +0100", "2027-03-28 06:30 +0200", "2027-03-29 00:30 +0200", "2027-03-29 06:30 +0200"},
		"Berlin, clocks back: an hour more": {"30 0 * * *", "Europe/Berlin", []string{"00:30-06:30 Europe/Berlin"}, "2027-10-30 12:00 +0200",
			"2027-10-31 00:30 +0200", "2027-10-31 06:30 +0100", "2027-11-01 00:30 +0100", "2027-11-01 06:30 +0100"},
		"a window that begins in the gap": {"30 2 * * *", "America/New_York", []string{"02:30-05:00 America/New_York"}, "2027-03-13 12:00 -0500",
			"2027-03-14 03:00 -0400", "2027-03-14 05:00 -0400", "2027-03-15 02:30 -0400", "2027-03-15 05:00 -0400"},
		"a window inside the gap": {"10 2 * * *", "America/New_York", []string{"02:10-02:50 America/New_York"}, "2027-03-13 12:00 -0500",
			"", "", "2027-03-15 02:10 -0400", "2027-03-15 02:50 -0400"},
		"a window that ends in the hour that comes twice": {"30 0 * * *", "America/New_York", []string{"00:30-01:30 America/New_York"}, "2027-11-06 12:00 -0400",
			"2027-11-07 00:30 -0400", "2027-11-07 01:30 -0400", "2027-11-08 00:30 -0500", "2027-11-08 01:30 -0500"},
	} {
		cron := mustCron(t, c.cron, c.zone)
		nights := Nights(cron, mustHours(t, c.windows...), at(t, c.from), 2)
		if len(nights) != 2 {
			t.Fatalf("%s: %d nights", name, len(nights))
		}
		var got []string
		for _, n := range nights {
			for _, instant := range []time.Time{n.Begin, n.End} {
				text := ""
				if !instant.IsZero() {
					text = instant.In(cron.Zone()).Format(form)
				}
				got = append(got, text)
			}
		}
		if want := []string{c.begin, c.end, c.begin2, c.end2}; strings.Join(got, "|") != strings.Join(want, "|") {
			t.Errorf("%s:\n got %q\nwant %q", name, got, want)
		}
	}
}

// TestHoursAgreeWithTheWindowOfEachMinute walks days with and without a change
// of clocks and asks of each minute what Change says at once.
func TestHoursAgreeWithTheWindowOfEachMinute(t *testing.T) {
	for _, windows := range [][]string{
		{"00:30-01:30 America/New_York"}, {"01:15-02:45 America/New_York"}, {"22:00-02:10 Europe/Berlin"},
		{"00:30-06:30 Europe/Berlin", "23:00-03:15 America/New_York"}, {"01:45-02:15 Australia/Lord_Howe"}, {"23:00-22:00 Pacific/Apia", "00:10-00:05 Asia/Kolkata"},
	} {
		h := mustHours(t, windows...)
		for _, day := range []string{"2027-03-13 00:00 +0000", "2027-03-27 00:00 +0000", "2027-04-02 00:00 +0000", "2027-10-30 00:00 +0000", "2027-11-06 00:00 +0000"} {
			begin := at(t, day)
			until := begin.AddDate(0, 0, 3)
			next := h.Change(begin, until)
			for m := begin; m.Before(until); m = m.Add(time.Minute) {
				prev := m.Add(-time.Minute)
				if m.Equal(begin) || h.Open(m) == h.Open(prev) {
					if next.Equal(m) {
						t.Fatalf("%v: Change says %s, where nothing changes", windows, m)
					}
					continue
				}
				if !next.Equal(m) {
					t.Fatalf("%v: Change says %s, the windows change at %s", windows, next, m)
				}
				next = h.Change(m, until)
			}
		}
	}
}

func TestFinishOverNights(t *testing.T) {
	night := mustHours(t, "00:30-06:30 Europe/Berlin")
	for name, c := range map[string]struct {
		hours       Hours
		begin       string
		takes       time.Duration
		want        string
		spells      int
		wantNothing bool
	}{
		"in one night":          {night, "2026-11-22 00:30 +0100", 4 * time.Hour, "2026-11-22 04:30 +0100", 1, false},
		"the night to the full": {night, "2026-11-22 00:30 +0100", 6 * time.Hour, "2026-11-22 06:30 +0100", 1, false},
		"the next night":        {night, "2026-11-22 00:30 +0100", 7 * time.Hour, "2026-11-23 01:30 +0100", 2, false},
		"from the day":          {night, "2026-11-22 12:00 +0100", 13 * time.Hour, "2026-11-25 01:30 +0100", 3, false},
		"a short night":         {night, "2027-03-28 00:30 +0100", 6 * time.Hour, "2027-03-29 01:30 +0200", 2, false},
		"a long night":          {night, "2027-10-31 00:30 +0200", 7 * time.Hour, "2027-10-31 06:30 +0100", 1, false},
		"at all hours":          {nil, "2026-11-22 12:00 +0100", 30 * time.Hour, "2026-11-23 18:00 +0100", 1, false},
		"never":                 {mustHours(t, "00:30-06:30 UTC", "07:00-08:00 UTC"), "2026-11-22 12:00 +0100", time.Hour, "", 0, true},
	} {
		end, spells := Finish(c.hours, at(t, c.begin), c.takes)
		if c.wantNothing {
			if !end.IsZero() {
				t.Errorf("%s: %s", name, end)
			}
			continue
		}
		if !end.Equal(at(t, c.want)) || spells != c.spells {
			t.Errorf("%s: %s in %d, want %s in %d", name, end, spells, c.want, c.spells)
		}
	}
}
