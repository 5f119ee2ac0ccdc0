package schedules

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"minesweep"
	"minesweep/db"
)

// provinceProbes is 16,777,216 addresses × 20 ports.
const provinceProbes = 16_777_216 * 20

// nightly is the schedule of the province in a zone, from half past midnight on
// for six hours by the clock on the wall.
func nightly(t *testing.T, zone string, passes uint64) db.Schedule {
	t.Helper()
	window, err := minesweep.ParseWindow("00:30-06:30", zone)
	if err != nil {
		t.Fatal(err)
	}
	return db.Schedule{
		Name: "province", Cron: "30 0 * * *", Zone: zone, Window: window, Grants: []string{"province"}, Ports: twentyPorts(),
		Rate: 25_000, Passes: passes, Lanes: int(passes), Engine: "auto", Missed: db.RunMissed,
	}
}

// onTheWall reports whether clocks of the zone stand between half past midnight
// and half past six throughout. It knows nothing of windows.
func onTheWall(zone *time.Location) func(from, to time.Time) bool {
	return func(from, to time.Time) bool {
		for at := from; at.Before(to); at = at.Add(time.Minute) {
			clock := at.In(zone).Format("15:04")
			if clock < "00:30" || clock >= "06:30" {
				return false
			}
		}
		return true
	}
}

// TestFourteenNights plans a province of 16,777,216 addresses × 20 ports at
// 25,000 packets/s in a window of six hours, for fourteen nights: in a zone
// without a change of clocks, and over a change in both directions.
func TestFourteenNights(t *testing.T) {
	skipInRace(t)
	for name, c := range map[string]struct {
		zone   string
		begin  time.Time // a noon, so that fourteen nights follow
		passes uint64
		want   string // of each night: begun, continued, or begun while done at once
	}{
		// 335,544,320 probes at nine tenths of 25,000/s take 4 h 9 min.
		"a sweep each night, Shanghai": {"Asia/Shanghai", time.Date(2026, 11, 21, 4, 0, 0, 0, time.UTC), 1, "BBBBBBBBBBBBBB"},
		// Twice that take 8 h 17 min: a night of six hours, and 2 h 17 min of the next.
		"two nights each, Shanghai": {"Asia/Shanghai", time.Date(2026, 11, 21, 4, 0, 0, 0, time.UTC), 2, "BCBCBCBCBCBCBC"},
		// On 28 March 2027 the night has five hours.
		"clocks forward, Berlin": {"Europe/Berlin", time.Date(2027, 3, 21, 11, 0, 0, 0, time.UTC), 2, "BCBCBCBCBCBCBC"},
		// On 7 November 2027 it has seven.
		"clocks back, New York": {"America/New_York", time.Date(2027, 10, 31, 16, 0, 0, 0, time.UTC), 2, "BCBCBCBCBCBCBC"},
		// Three passes take 12 h 26 min: three nights, and two from the long one of 31 October 2027 on.
		"clocks back, Berlin, three passes": {"Europe/Berlin", time.Date(2027, 10, 24, 10, 0, 0, 0, time.UTC), 3, "BCCBCCBCBCCBCC"},
		"clocks forward, New York":          {"America/New_York", time.Date(2027, 3, 8, 17, 0, 0, 0, time.UTC), 1, "BBBBBBBBBBBBBB"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			zone, err := time.LoadLocation(c.zone)
			if err != nil {
				t.Fatal(err)
			}
			w := newWorld(t, c.begin)
			w.legal = onTheWall(zone)
			w.grant(province(25_000))
			w.schedule(nightly(t, c.zone, c.passes))
			w.run(c.begin.AddDate(0, 0, 14))
			w.fourteen(zone, c.passes, c.want)
		})
	}
}

// fourteen checks what became of fourteen nights.
func (w *world) fourteen(zone *time.Location, passes uint64, want string) {
	w.t.Helper()
	var got strings.Builder
	nights := w.nights("province")
	sweeps := make(map[int64]int)
	for i, n := range nights {
		if clock := n.PlannedAt.In(zone).Format("15:04"); clock != "00:30" {
			w.t.Errorf("night %d was planned for %s", i+1, clock)
		}
		if n.Sweep == 0 {
			w.t.Errorf("night %d has no sweep: %+v", i+1, n)
		}
		sweeps[n.Sweep]++
		got.WriteString(strings.ToUpper(string(n.Outcome[:1])))
	}
	if got.String() != want {
		w.t.Errorf("nights became %s, want %s", got.String(), want)
	}
	if all, err := w.store.Sweeps(w.t.Context()); err != nil || len(all) != len(sweeps) {
		w.t.Errorf("%d sweeps, %d of them of a night (%v)", len(all), len(sweeps), err)
	}
	for id := range sweeps {
		if w.done[id].IsZero() && id == nights[len(nights)-1].Sweep {
			continue // the last one goes on after the fourteenth night
		}
		w.covered(id, provinceProbes*passes)
	}
}

// TestFourteenNightsFinishWhenForeseen holds the forecast against what happened.
func TestFourteenNightsFinishWhenForeseen(t *testing.T) {
	skipInRace(t)
	t.Parallel()
	zone, _ := time.LoadLocation("Europe/Berlin")
	begin := time.Date(2027, 3, 24, 11, 0, 0, 0, time.UTC)
	w := newWorld(t, begin)
	w.grant(province(25_000))
	s := nightly(t, "Europe/Berlin", 2)
	w.schedule(s)
	foreseen, err := Foresee(t.Context(), s, w.store, w.store, w.now, 7)
	w.check(err)
	w.run(begin.AddDate(0, 0, 8))
	nights := w.nights("province")
	for i, f := range foreseen {
		does := map[db.Outcome]string{db.Begun: WillBegin, db.Continued: WillContinue}[nights[i].Outcome]
		if !f.Planned.Equal(nights[i].PlannedAt) || f.Does != does {
			t.Errorf("night %d: foreseen to %s at %s, was to %s at %s", i, f.Does, f.Planned, does, nights[i].PlannedAt)
		}
		if d := w.done[nights[i].Sweep].Sub(f.Finish); d < 0 || d > stride {
			t.Errorf("night %d: foreseen to end at %s, ended at %s", i, f.Finish.In(zone), w.done[nights[i].Sweep].In(zone))
		}
	}
	if f := foreseen[3]; f.End.Sub(f.Begin) != 5*time.Hour {
		t.Errorf("the night of the change of clocks has %s", f.End.Sub(f.Begin))
	}
}

// TestFourteenNightsWithEverythingDown has the night of the third day missed
// altogether, and that of the fifth met an hour late, by both settings.
func TestFourteenNightsWithEverythingDown(t *testing.T) {
	skipInRace(t)
	for setting, want := range map[string]string{
		db.RunMissed: "BBMBBBBBBBBBBB", db.SkipMissed: "BBMBSBBBBBBBBB",
	} {
		t.Run(setting, func(t *testing.T) {
			t.Parallel()
			begin := time.Date(2026, 11, 21, 4, 0, 0, 0, time.UTC) // noon in Shanghai
			zone, _ := time.LoadLocation("Asia/Shanghai")
			w := newWorld(t, begin)
			w.legal = onTheWall(zone)
			w.grant(province(25_000))
			s := nightly(t, "Asia/Shanghai", 1)
			s.Missed = setting
			w.schedule(s)
			w.run(begin.AddDate(0, 0, 2))
			w.down(begin.AddDate(0, 0, 3))
			w.run(begin.AddDate(0, 0, 4))
			w.down(begin.AddDate(0, 0, 4).Add(13*time.Hour + 30*time.Minute)) // 01:30
			w.run(begin.AddDate(0, 0, 14))
			w.outcomes(want)
			nights := w.nights("province")
			if note := nights[2].Note; note != "nothing ran from 2026-11-24 00:30 CST on, and its window closed at 2026-11-24 06:30 CST" {
				t.Errorf("the third night: %q", note)
			}
			wantNote := "begun 1h00m late, nothing ran from 2026-11-26 00:30 CST on"
			if setting == db.SkipMissed {
				wantNote = "nothing ran from 2026-11-26 00:30 CST on, and the schedule is to skip what it missed"
			}
			if note := nights[4].Note; note != wantNote {
				t.Errorf("the fifth night: %q, want %q", note, wantNote)
			}
		})
	}
}

// outcomes wants the nights to have become this, and each sweep that was begun
// to be whole.
func (w *world) outcomes(want string) {
	w.t.Helper()
	var got strings.Builder
	for _, n := range w.nights("province") {
		got.WriteString(strings.ToUpper(string(n.Outcome[:1])))
		if n.Outcome == db.Begun {
			w.covered(n.Sweep, provinceProbes)
		} else if n.Sweep != 0 {
			w.t.Errorf("a night that was %s has sweep %d", n.Outcome, n.Sweep)
		}
	}
	if got.String() != want {
		w.t.Errorf("nights became %s, want %s", got.String(), want)
	}
}

// TestFourteenNightsCutOff kills everything in the middle of a night, twice: the
// sweep goes on from its last checkpoint and is not begun again.
func TestFourteenNightsCutOff(t *testing.T) {
	skipInRace(t)
	t.Parallel()
	begin := time.Date(2026, 11, 21, 4, 0, 0, 0, time.UTC)
	worlds(t, begin, func(t *testing.T, w *world) {
		w.grant(province(25_000))
		w.schedule(nightly(t, "Asia/Shanghai", 2))
		w.run(begin.Add(14 * time.Hour))  // 02:00
		w.down(begin.Add(15 * time.Hour)) // until 03:00
		w.run(begin.Add(16 * time.Hour))
		w.down(begin.AddDate(0, 0, 1).Add(13 * time.Hour)) // until 01:00 of the next night
		w.run(begin.AddDate(0, 0, 4))
		var got []string
		for _, n := range w.nights("province") {
			got = append(got, fmt.Sprint(n.Outcome, " ", n.Sweep))
		}
		if text := strings.Join(got, ", "); text != "begun 1, continued 1, continued 1, begun 2" {
			t.Errorf("nights became %s", text)
		}
		s, err := w.store.Sweep(t.Context(), 1)
		w.check(err)
		if s.Status != db.Done || s.Cursor != 2*provinceProbes || w.sent[1] != 2*provinceProbes {
			t.Errorf("sweep 1 is %s, settled %d, sent %d", s.Status, s.Cursor, w.sent[1])
		}
	})
}
