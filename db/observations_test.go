package db_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"minesweep"
	"minesweep/db"
)

// checks writes the observations of an asset as a word each.
func checks(t *testing.T, s *db.Store, key string) string {
	t.Helper()
	list, err := s.Observations(t.Context(), key)
	must(t, err)
	words := make([]string, len(list))
	for i, o := range list {
		words[i] = fmt.Sprintf("%d missed", o.Sweep)
		if o.Answered {
			words[i] = fmt.Sprintf("%d answered", o.Sweep)
		}
	}
	return strings.Join(words, ", ")
}

// aSweep begins a sweep of its own.
func aSweep(t *testing.T, s *db.Store, change func(*db.SweepSpec)) *db.Journal {
	t.Helper()
	sp := spec(t, 1, func(db.Owner) bool { return true })
	if change != nil {
		change(&sp)
	}
	j, err := s.BeginSweep(t.Context(), sp)
	must(t, err)
	return j
}

func done(t *testing.T, j *db.Journal, c *clock, counts minesweep.Progress) {
	t.Helper()
	c.move(time.Minute)
	counts.Cursor = 512
	must(t, j.Checkpoint(t.Context(), counts, nil))
	must(t, j.Close(t.Context(), db.Done, ""))
	c.move(24 * time.Hour)
}

const firstMAC, otherMAC = "02:00:5e:00:53:01", "02:00:5e:00:53:02"

// A host of several ports, asked again or not, is one answer of its asset.
func TestAnswerCountsOnceForASweep(t *testing.T) {
	eachNew(t, func(t *testing.T, s *db.Store, c *clock) {
		for range 3 {
			j := aSweep(t, s, nil)
			h := miner("10.0.0.9", "", c)
			see(t, j, h, c)
			c.move(time.Second)
			for range 2 {
				p := port("10.0.0.9:80", c)
				must(t, j.Settle(t.Context(), p, nil, h)) // links the host anew
			}
			h.MAC = firstMAC
			see(t, j, h, c) // and now to another asset
			done(t, j, c, minesweep.Progress{})
		}
		if got := checks(t, s, "mac:"+firstMAC); got != "1 answered, 2 answered, 3 answered" {
			t.Error(got)
		}
		a, err := s.Asset(t.Context(), "10.0.0.9")
		must(t, err)
		if f := a.Frequency; f.Checks != 3 || f.Answered != 3 || f.DaysSeen != 3 || f.DaysChecked != 3 || !f.MissedAt.IsZero() || f.AnsweredAt.IsZero() {
			t.Errorf("%+v", f)
		}
		c.move(28 * 24 * time.Hour)
		if a, err = s.Asset(t.Context(), "10.0.0.9"); err != nil || a.Checks != 1 {
			t.Errorf("thirty days later: %+v, %v", a.Frequency, err)
		}
	})
}

// What a sweep may say of an asset that did not answer.
func TestMissed(t *testing.T) {
	skipInRace(t)
	const none, missed = "1 answered", "1 answered, 2 missed"
	neighbour := func(t *testing.T, j *db.Journal, c *clock) { see(t, j, miner("10.0.0.77", otherMAC, c), c) }
	for name, tt := range map[string]struct {
		spec   func(*db.SweepSpec)
		during func(t *testing.T, j *db.Journal, c *clock)
		counts minesweep.Progress
		before func(t *testing.T, s *db.Store)
		status db.Status
		want   string
	}{
		"it was looked for":         {during: neighbour, want: missed},
		"its network was silent":    {want: none},
		"another network answered":  {during: func(t *testing.T, j *db.Journal, c *clock) { see(t, j, miner("10.0.1.9", otherMAC, c), c) }, want: none},
		"it was no target":          {spec: func(sp *db.SweepSpec) { sp.Targets = targets(t, "10.0.0.64/26") }, during: neighbour, want: none},
		"its port was not probed":   {spec: func(sp *db.SweepSpec) { sp.Ports = []uint16{80} }, during: neighbour, want: none},
		"more ports than it has":    {spec: func(sp *db.SweepSpec) { sp.Ports = []uint16{80, 443, 4028} }, during: neighbour, want: missed},
		"one shard of two":          {spec: func(sp *db.SweepSpec) { sp.Seed, sp.Shards = 7, 2 }, during: neighbour, want: none},
		"open ports were not asked": {spec: func(sp *db.SweepSpec) { sp.Terms.NoQuestions = true }, during: neighbour, want: none},
		"it was cut off":            {during: neighbour, status: db.Stopped, want: none},
		"it failed":                 {during: neighbour, status: db.Failed, want: none},
		"answers were lost":         {during: neighbour, counts: minesweep.Progress{Dropped: 2}, want: none},
		"it was excluded":           {during: neighbour, counts: minesweep.Progress{Refused: 2}, before: exclude("10.0.0.9/32"), want: none},
		"another was excluded":      {during: neighbour, counts: minesweep.Progress{Refused: 2}, before: exclude("10.0.0.8/32"), want: missed},
		"more was refused than is":  {during: neighbour, counts: minesweep.Progress{Refused: 3}, before: exclude("10.0.0.8/32"), want: none},
		"it answered elsewhere":     {during: func(t *testing.T, j *db.Journal, c *clock) { see(t, j, miner("10.0.0.80", firstMAC, c), c) }, want: "1 answered, 2 answered"},
	} {
		t.Run(name, func(t *testing.T) {
			eachNew(t, func(t *testing.T, s *db.Store, c *clock) {
				g := grant(t, c)
				g.Prefixes, g.ValidTo = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/16")}, time.Time{}
				must(t, s.AddGrant(t.Context(), g))
				first := aSweep(t, s, nil)
				see(t, first, miner("10.0.0.9", firstMAC, c), c)
				done(t, first, c, minesweep.Progress{})
				if tt.before != nil {
					tt.before(t, s)
				}
				j := aSweep(t, s, tt.spec)
				if tt.during != nil {
					tt.during(t, j, c)
				}
				if tt.status != "" {
					must(t, j.Close(t.Context(), tt.status, ""))
				} else {
					done(t, j, c, tt.counts)
				}
				if got := checks(t, s, "mac:"+firstMAC); got != tt.want {
					t.Errorf("got %s, want %s", got, tt.want)
				}
				a, err := s.Asset(t.Context(), "mac:"+firstMAC)
				if must(t, err); a.MissedAt.IsZero() == strings.Contains(tt.want, "missed") {
					t.Errorf("missed at %v", a.MissedAt)
				}
			})
		})
	}
}

func exclude(prefix string) func(t *testing.T, s *db.Store) {
	return func(t *testing.T, s *db.Store) {
		t.Helper()
		must(t, s.AddExclusion(t.Context(), minesweep.Exclusion{Prefix: netip.MustParsePrefix(prefix), Reason: "r"}))
	}
}

// IPv6 networks are those of 64 bits.
func TestMissedIPv6(t *testing.T) {
	eachNew(t, func(t *testing.T, s *db.Store, c *clock) {
		six := func(sp *db.SweepSpec) { sp.Targets = targets(t, "2001:db8::/112", "2001:db8:0:1::/112") }
		j := aSweep(t, s, six)
		see(t, j, miner("2001:db8::9", firstMAC, c), c)
		see(t, j, miner("2001:db8:0:1::9", otherMAC, c), c)
		done(t, j, c, minesweep.Progress{})
		j = aSweep(t, s, six)
		see(t, j, miner("2001:db8::1:0", "02:00:5e:00:53:03", c), c)
		done(t, j, c, minesweep.Progress{})
		if got := checks(t, s, "mac:"+firstMAC) + "; " + checks(t, s, "mac:"+otherMAC); got != "1 answered, 2 missed; 1 answered" {
			t.Error(got)
		}
	})
}
