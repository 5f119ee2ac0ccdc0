package schedules

import (
	"strings"
	"testing"
	"time"
)

func mustCron(t *testing.T, text, zone string) Cron {
	t.Helper()
	c, err := ParseCron(text, zone)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// at reads an instant with its offset, so that both sides of a change of clocks
// can be told apart.
func at(t *testing.T, text string) time.Time {
	t.Helper()
	out, err := time.Parse("2006-01-02 15:04 -0700", text)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestCronGoesByTheClockOnTheWall(t *testing.T) {
	for name, c := range map[string]struct{ cron, zone, from, want string }{
		"each night": {"30 0 * * *", "Asia/Shanghai", "2026-11-21 12:00 +0800",
			"2026-11-22 00:30 +0800, 2026-11-23 00:30 +0800"},
		"not the instant itself": {"30 0 * * *", "UTC", "2026-11-21 00:30 +0000", "2026-11-22 00:30 +0000, 2026-11-23 00:30 +0000"},
		"clocks forward, outside the gap": {"30 0 * * *", "Europe/Berlin", "2027-03-27 12:00 +0100",
			"2027-03-28 00:30 +0100, 2027-03-29 00:30 +0200"},
		"clocks forward, in the gap": {"30 2 * * *", "Europe/Berlin", "2027-03-27 12:00 +0100",
			"2027-03-28 03:00 +0200, 2027-03-29 02:30 +0200"},
		"several in the gap are one": {"*/20 2,3 * * *", "Europe/Berlin", "2027-03-28 01:59 +0100",
			"2027-03-28 03:00 +0200, 2027-03-28 03:20 +0200"},
		"clocks back, the first of two": {"30 2 * * *", "Europe/Berlin", "2027-10-30 12:00 +0200",
			"2027-10-31 02:30 +0200, 2027-11-01 02:30 +0100"},
		"clocks back, asked between the two": {"30 2 * * *", "Europe/Berlin", "2027-10-31 02:10 +0100",
			"2027-11-01 02:30 +0100, 2027-11-02 02:30 +0100"},
		"New York forward": {"15 2 * * *", "America/New_York", "2027-03-13 12:00 -0500",
			"2027-03-14 03:00 -0400, 2027-03-15 02:15 -0400"},
		"New York back": {"15 1 * * *", "America/New_York", "2027-11-06 12:00 -0400",
			"2027-11-07 01:15 -0400, 2027-11-08 01:15 -0500"},
		"half an hour back": {"45 1 * * *", "Australia/Lord_Howe", "2027-04-03 12:00 +1100",
			"2027-04-04 01:45 +1100, 2027-04-05 01:45 +1030"},
		"half an hour forward": {"15 2 * * *", "Australia/Lord_Howe", "2027-10-02 12:00 +1030",
			"2027-10-03 02:30 +1100, 2027-10-04 02:15 +1100"},
		"a day that Samoa never had": {"0 9 30 * *", "Pacific/Apia", "2011-12-29 12:00 -1000",
			"2011-12-31 00:00 +1400, 2012-01-30 09:00 +1400"},
		"midnight that does not exist": {"0 0 * * *", "Africa/Cairo", "2024-04-25 12:00 +0200",
			"2024-04-26 01:00 +0300, 2024-04-27 00:00 +0300"},
		"weekdays":   {"0 1 * * MON-FRI", "UTC", "2026-11-20 12:00 +0000", "2026-11-23 01:00 +0000, 2026-11-24 01:00 +0000"},
		"a leap day": {"0 1 29 2 *", "UTC", "2026-11-20 12:00 +0000", "2028-02-29 01:00 +0000, 2032-02-29 01:00 +0000"},
	} {
		cron := mustCron(t, c.cron, c.zone)
		var got []string
		for _, night := range cron.Between(at(t, c.from), at(t, c.from).AddDate(10, 0, 0), 2) {
			got = append(got, night.Format("2006-01-02 15:04 -0700"))
		}
		if text := strings.Join(got, ", "); text != c.want {
			t.Errorf("%s: %s, want %s", name, text, c.want)
		}
	}
}

// TestCronYearHasEachNightOnce walks a year of a zone that changes clocks twice.
func TestCronYearHasEachNightOnce(t *testing.T) {
	for _, zone := range []string{"Europe/Berlin", "America/New_York", "Asia/Shanghai", "America/Santiago"} {
		for _, hour := range []string{"0", "2", "23"} {
			cron := mustCron(t, "30 "+hour+" * * *", zone)
			days := make(map[string]int)
			begin := time.Date(2027, 1, 1, 0, 0, 0, 0, cron.Zone())
			for _, n := range cron.Between(begin, begin.AddDate(1, 0, 0), 400) {
				days[n.Format(time.DateOnly)]++
			}
			for day, n := range days {
				if n != 1 {
					t.Errorf("%s %s: %d nights on %s", zone, cron, n, day)
				}
			}
			if len(days) != 365 {
				t.Errorf("%s %s: %d days of 365", zone, cron, len(days))
			}
		}
	}
}

func TestCronWritten(t *testing.T) {
	for _, c := range []struct{ cron, zone, want string }{
		{"30 0 * *", "UTC", `cron "30 0 * *" has 4 fields and not five`},
		{"0 30 0 * * *", "UTC", "has 6 fields"},
		{"", "UTC", "has 0 fields"},
		{"99 0 * * *", "UTC", `minute "99" is no number from 0 to 59`},
		{"0,99 0 * * *", "UTC", `minute "0,99" is no number from 0 to 59`},
		{"0 24 * * *", "UTC", `hour "24" is no number from 0 to 23`},
		{"0 5-1 * * *", "UTC", `hour "5-1"`},
		{"0 0 0 * *", "UTC", `day "0" is no number from 1 to 31`},
		{"0 0 * XYZ *", "UTC", `month "XYZ"`},
		{"0 0 * * 8", "UTC", `weekday "8" is no number from 0 to 7`},
		{"*/0 0 * * *", "UTC", `minute "*/0"`},
		{"0,, 0 * * *", "UTC", `minute "0,,"`},
		{"0 0 30 2 *", "UTC", `cron "0 0 30 2 *" names a day that never comes`},
		{"30 0 * * *", "Mars/Olympus", `time zone "Mars/Olympus" is not known, write for example Asia/Shanghai`},
		{"30 0 * * *", "Local", `time zone "Local" is not known`},
	} {
		_, err := ParseCron(c.cron, c.zone)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q %s: %v, want %s", c.cron, c.zone, err, c.want)
		}
	}
	for _, good := range []string{"*/15 0-6 * * *", "5,35 1 1,15 JAN-MAR *", "0 2 L * *", "0 2 15W * *", "0 2 * * 1#1", "0 2 * * 7"} {
		mustCron(t, good, "UTC")
	}
}

func FuzzParseCron(f *testing.F) {
	f.Add("30 0 * * *", "Asia/Shanghai")
	f.Add("*/20 2,3 L * 5#2", "Europe/Berlin")
	f.Fuzz(func(t *testing.T, text, zone string) {
		c, err := ParseCron(text, zone)
		if err != nil {
			return
		}
		from := time.Date(2027, 3, 28, 0, 0, 0, 0, time.UTC)
		last := from
		for _, n := range c.Between(from, from.AddDate(1, 0, 0), 50) {
			if !n.After(last) {
				t.Fatalf("%q %s: %s comes after %s", text, zone, n, last)
			}
			last = n
		}
	})
}
