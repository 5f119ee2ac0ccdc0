package recordings

import (
	"strings"
	"testing"

	"minesweep"
)

func TestCheckNamesEachDifference(t *testing.T) {
	rate, near, far, uptime := 100.0, 100.9, 102.0, int64(60)
	d := Device{Name: "s9", Want: &Want{Verdict: minesweep.Confirmed, Model: "Antminer S9", Hashrate: &rate, UptimeS: &uptime, Locked: new(true)}}
	good := minesweep.Host{Verdict: minesweep.Confirmed, Vendor: "Bitmain", Model: "Antminer S9", Hashrate: &near, UptimeS: &uptime, Locked: true}
	if err := d.Check(good); err != nil {
		t.Errorf("a host as wanted: %v", err)
	}
	for _, c := range []struct {
		change func(*minesweep.Host)
		want   string
	}{
		{func(h *minesweep.Host) { h.Verdict = minesweep.Suspected }, `s9: verdict is "suspected", wanted "confirmed"`},
		{func(h *minesweep.Host) { h.Model = "" }, "model"},
		{func(h *minesweep.Host) { h.Hashrate = &far }, "hashrate"},
		{func(h *minesweep.Host) { h.Hashrate = nil }, "unknown"},
		{func(h *minesweep.Host) { h.UptimeS = nil }, "uptime_s"},
		{func(h *minesweep.Host) { h.Locked = false }, "locked"},
	} {
		h := good
		c.change(&h)
		if err := d.Check(h); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
}
