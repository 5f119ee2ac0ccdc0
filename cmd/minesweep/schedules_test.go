package main

import (
	"strings"
	"testing"
	"time"
)

// The desk's clock stands at 2026-11-21 20:00 UTC.
func TestScheduleWhoseGrantExpiresBeforeItRuns(t *testing.T) {
	d := newDesk(t)
	d.grant("short", "10.0.0.0/16", "--to", "2026-11-22T00:30:00Z")
	d.grant("week", "10.1.0.0/16", "--to", "2026-11-25")
	d.want(exitUsage, "minesweep: schedule x: grant short expires on 2026-11-22T00:30:00Z, before the schedule runs first, on 2026-11-22T00:30:00Z: add a grant that lasts longer and name that",
		"schedules", "add", "x", "--cron", "30 0 * * *", "--scope", "short")
	status, _, said := d.run("schedules", "add", "x", "--cron", "30 0 * * *", "--scope", "week", "-p", "80")
	if status != exitDone || !strings.Contains(said, "schedule x: grant week expires on 2026-11-25T00:00:00Z, nights from then on are without it") {
		t.Errorf("status %d\n%s", status, said)
	}
	_, out, _ := d.run("schedules", "next", "x", "-o", "csv")
	want := `SCHEDULE,NIGHT,BEGIN,WINDOW ENDS,DOES,TAKES,FINISH
x,2026-11-22 00:30 +0000,2026-11-22 00:30 +0000,2026-11-23 00:30 +0000,begin,1m13s,2026-11-22 00:31 +0000
x,2026-11-23 00:30 +0000,2026-11-23 00:30 +0000,2026-11-24 00:30 +0000,begin,1m13s,2026-11-23 00:31 +0000
x,2026-11-24 00:30 +0000,2026-11-24 00:30 +0000,2026-11-25 00:30 +0000,begin,1m13s,2026-11-24 00:31 +0000
x,2026-11-25 00:30 +0000,2026-11-25 00:30 +0000,2026-11-26 00:30 +0000,nothing: no grant of it holds: grant week is expired on 2026-11-25,,
`
	if !strings.HasPrefix(out, want) {
		t.Errorf("next:\n%s", out)
	}
}

func TestRunNowIsWithinTheHoursOfItsGrants(t *testing.T) {
	d := newDesk(t)
	d.grant("night", "10.0.0.0/16", "--window", "00:30-06:30")
	if status, _, said := d.run("schedules", "add", "x", "--cron", "30 0 * * *", "--window", "01:00-02:00", "--scope", "night"); status != exitDone {
		t.Fatal(said)
	}
	d.want(exitRefused, "schedule x: refused by scope: grant night is allowed only 00:30-06:30 UTC; nothing was begun. Try again within those hours",
		"schedules", "run-now", "x")
	d.p.now = func() time.Time { return time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC) }
	if status, _, said := d.run("schedules", "run-now", "x"); status != exitDone || !strings.Contains(said, "sweep 1 of schedule x is planned") {
		t.Errorf("status %d\n%s", status, said)
	}
}
