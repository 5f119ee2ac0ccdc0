package db_test

import (
	"slices"
	"testing"
	"time"

	"minesweep"
	"minesweep/db"
)

func TestDueAndWhatBecomesOfIt(t *testing.T) {
	eachNew(t, func(t *testing.T, s *db.Store, c *clock) {
		j := begin(t, s)
		for _, h := range []minesweep.Host{
			miner("10.0.0.1", firstMAC, c), miner("10.0.0.2", otherMAC, c), miner("10.0.0.3", "", c), miner("10.0.0.4", "", c),
		} {
			h.Ports = []minesweep.HostPort{{Port: 80}, {Port: 4028}}
			h.Evidence = []minesweep.QuotedClaim{{Port: 4028, Strength: minesweep.Confirm}, {Port: 80, Strength: minesweep.Suspect}}
			if h.Address.As4()[3] == 4 {
				h.Verdict = minesweep.Suspected
			}
			see(t, j, h, c)
		}
		seen := c.now()
		due := func() []db.Due {
			t.Helper()
			list, err := s.Due(t.Context(), db.DueFilter{
				Within: targets(t, "10.0.0.0/30", "10.9.0.0/16"), CheckedBefore: c.now().Add(-20 * time.Hour), AnsweredSince: c.now().Add(-720 * time.Hour),
				TriedBefore: c.now().Add(-15 * time.Minute), Limit: 10,
			})
			must(t, err)
			return list
		}
		if got := due(); len(got) != 0 {
			t.Errorf("due at once: %+v", got)
		}
		c.move(21 * time.Hour)
		list := due()
		if len(list) != 3 || list[0].Key != "mac:"+firstMAC || !slices.Equal(list[0].KnownPorts(9), []uint16{4028, 80}) || len(list[0].KnownPorts(1)) != 1 {
			t.Fatalf("%+v", list)
		}
		again := list[0].Host
		again.Model, again.LastSeen = "Antminer S21", c.now()
		must(t, s.Verified(t.Context(), list[0], &again, "a"))
		must(t, s.Missed(t.Context(), list[1], "b"))
		must(t, s.Tried(t.Context(), list[2]))
		if got := due(); len(got) != 0 {
			t.Errorf("due again: %+v", got)
		}
		c.move(time.Hour)
		if got := due(); len(got) != 1 || got[0].Key != "addr:10.0.0.3" || got[0].TriedAt.IsZero() {
			t.Errorf("tried once: %+v", got)
		}
		if got := checks(t, s, "mac:"+firstMAC) + "; " + checks(t, s, "mac:"+otherMAC); got != "1 answered, 0 answered; 1 answered, 0 missed" {
			t.Error(got)
		}
		a, err := s.Asset(t.Context(), "mac:"+firstMAC)
		if must(t, err); a.Host.Model != "Antminer S21" || !a.FirstSeen.Equal(seen) || !a.LastSeen.Equal(seen.Add(21*time.Hour)) || len(a.Addresses) != 1 {
			t.Errorf("%+v", a)
		}
		if b := assets(t, s, db.AssetFilter{Model: "antminer s21"}); len(b) != 1 {
			t.Errorf("by its new model: %+v", b)
		}
	})
}

// What a sweep has changed meanwhile is left as it is.
func TestVerifiedAfterASweepMovedIt(t *testing.T) {
	eachNew(t, func(t *testing.T, s *db.Store, c *clock) {
		see(t, begin(t, s), miner("10.0.0.1", firstMAC, c), c)
		c.move(21 * time.Hour)
		list, err := s.Due(t.Context(), db.DueFilter{Within: targets(t, "10.0.0.0/8"), CheckedBefore: c.now(), TriedBefore: c.now(), Limit: 10})
		if must(t, err); len(list) != 1 {
			t.Fatalf("%+v", list)
		}
		see(t, aSweep(t, s, nil), miner("10.0.0.2", firstMAC, c), c)
		c.move(time.Second)
		must(t, s.Missed(t.Context(), list[0], "a"))
		must(t, s.Verified(t.Context(), list[0], nil, "a"))
		a, err := s.Asset(t.Context(), "mac:"+firstMAC)
		if must(t, err); a.Checks != 2 || a.Answered != 2 || !a.MissedAt.IsZero() {
			t.Errorf("%+v", a)
		}
	})
}
