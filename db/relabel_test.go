package db_test

import (
	"testing"
	"time"

	"minesweep"
	"minesweep/db"
)

func hostsByAddress(t *testing.T, s *db.Store, sweep int64) map[string]minesweep.Host {
	t.Helper()
	all := make(map[string]minesweep.Host)
	must(t, s.Hosts(t.Context(), sweep, func(h minesweep.Host) error {
		all[h.Address.String()] = h
		return nil
	}))
	return all
}

// TestRelabel names one host anew, takes one off the map, and leaves one.
func TestRelabel(t *testing.T) {
	eachNew(t, func(t *testing.T, s *db.Store, c *clock) {
		j := begin(t, s)
		for _, a := range []string{"10.0.0.1", "10.0.0.2", "10.0.0.3"} {
			see(t, j, miner(a, "", c), c)
		}
		seen := c.now()
		c.move(time.Hour)
		var given []string
		must(t, s.Relabel(t.Context(), j.Sweep().ID, func(x db.Stored) (minesweep.Host, bool, error) {
			given = append(given, x.Host.Address.String())
			if len(x.Ports) != 1 || len(x.Replies) != 1 || string(x.Replies[0].Raw) != "{}" {
				t.Errorf("%s: ports %v, replies %v", x.Host.Address, x.Ports, x.Replies)
			}
			h := x.Host
			switch h.Address.String() {
			case "10.0.0.1":
				h.Model = "Antminer S21"
				h.LastSeen = c.now() // a judging is no sighting
			case "10.0.0.2":
				h.Verdict = minesweep.Unidentified
			case "10.0.0.3":
				h.Model = "not stored"
				return h, false, nil
			}
			return h, true, nil
		}))
		if len(given) != 3 || given[0] != "10.0.0.1" {
			t.Errorf("judged were %v", given)
		}
		got := hostsByAddress(t, s, j.Sweep().ID)
		if h := got["10.0.0.1"]; h.Model != "Antminer S21" || !h.LastSeen.Equal(seen) {
			t.Errorf("10.0.0.1 is %s, last seen %v", h.Model, h.LastSeen)
		}
		if got["10.0.0.2"].Verdict != minesweep.Unidentified || got["10.0.0.3"].Model != "Antminer S19 Pro" {
			t.Errorf("the others are %s and %s", got["10.0.0.2"].Verdict, got["10.0.0.3"].Model)
		}
		models := make(map[string]bool)
		for _, a := range assets(t, s, db.AssetFilter{}) {
			models[a.Host.Address.String()+" "+a.Host.Model] = true
		}
		if len(models) != 2 || !models["10.0.0.1 Antminer S21"] || !models["10.0.0.3 Antminer S19 Pro"] {
			t.Errorf("assets are %v", models)
		}
	})
}

// TestRelabelMeetsASweep lets a port be settled between reading and storing:
// what the sweep wrote must not be lost.
func TestRelabelMeetsASweep(t *testing.T) {
	eachNew(t, func(t *testing.T, s *db.Store, c *clock) {
		j := begin(t, s)
		see(t, j, miner("10.0.0.1", "", c), c)
		calls := 0
		must(t, s.Relabel(t.Context(), j.Sweep().ID, func(x db.Stored) (minesweep.Host, bool, error) {
			if calls++; calls == 1 {
				c.move(time.Minute)
				p := port("10.0.0.1:80", c)
				must(t, j.Settle(t.Context(), p, []minesweep.Reply{{Target: p.Target, Probe: "http/", At: c.now(), Raw: []byte("x")}},
					miner("10.0.0.1", "00:11:22:33:44:55", c)))
			}
			h := x.Host
			h.Firmware = "by the rules of today"
			return h, true, nil
		}))
		h := hostsByAddress(t, s, j.Sweep().ID)["10.0.0.1"]
		if calls != 2 || h.MAC == "" || h.Firmware == "" {
			t.Errorf("judged %d times; the host is %+v", calls, h)
		}
	})
}
