package mapper

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"minesweep"
)

// hostile are strings that a device may call itself.
var hostile = []string{
	"\x1b[2J\x1b[31mred", "\u202egnp.exe", "<script>alert(1)</script>", `=cmd|' /C calc'!A0`, "a\x00b", "\xff\xfe", `"},{"x":"`,
	strings.Repeat("A", 1<<20), "https://" + strings.Repeat("a.", 1<<16), "1" + strings.Repeat("z", 200), "\n\r\t", "{{.}}", "%s%n%d",
}

var numbers = []float64{0, -1, math.NaN(), math.Inf(1), math.Inf(-1), 1e308, math.MaxFloat64, 5e-324, 1e14}

// checkHostile holds a host to what may be stored: valid JSON, bounded, no
// number that is none.
func checkHostile(t *testing.T, h minesweep.Host) {
	t.Helper()
	text, err := json.Marshal(h)
	if err != nil {
		t.Fatalf("not JSON: %v", err)
	}
	if len(text) > 64<<10 {
		t.Fatalf("%d bytes for one host", len(text))
	}
	for name, p := range map[string]*float64{"hashrate": h.Hashrate, "power": h.PowerW} {
		if p != nil && (math.IsNaN(*p) || math.IsInf(*p, 0) || *p < 0) {
			t.Errorf("%s %g", name, *p)
		}
	}
	if e, ok := EnergyPerDay(h); ok && (math.IsInf(e.High, 0) || math.IsNaN(e.Low)) {
		t.Errorf("energy %+v", e)
	}
	var s Summary
	s.Add(h)
	if _, err := json.Marshal(s); err != nil {
		t.Errorf("summary: %v", err)
	}
	if len(h.Doubts) > maxDoubts {
		t.Errorf("%d doubts", len(h.Doubts))
	}
	for _, d := range h.Doubts {
		if len(d) > 1<<10 {
			t.Errorf("a doubt of %d bytes", len(d))
		}
	}
}

func TestHostileStrings(t *testing.T) {
	m := newMapper(t)
	for _, s := range hostile {
		for _, class := range []minesweep.Class{minesweep.ASIC, minesweep.GPUMiner, minesweep.Class(s)} {
			c := minesweep.Claims{Class: class, Vendor: s, Model: s, Firmware: s, Algorithm: s, Coin: s, HashrateUnit: s,
				Pool: s, Worker: s, MAC: s, Serial: s, Hostname: s, State: s}
			other := c
			other.Vendor, other.Model = "x"+s, "y"+s
			a, b := evidence("a", 4028, minesweep.Confirm, 50, c), evidence("b", 4029, minesweep.Confirm, 40, other)
			a.Quote = s[:min(len(s), 200)]
			for _, g := range []*minesweep.Grant{nil, individual} {
				o := saw([]minesweep.Reply{reply(4028, "cgminer/version", "q", s)}, a, b)
				o.Grant = g
				checkHostile(t, m.Assess(o))
			}
		}
	}
}

func TestHostileNumbers(t *testing.T) {
	m := newMapper(t)
	for _, rate := range numbers {
		for _, watts := range numbers {
			for _, model := range []string{"Antminer S19 Pro", "NerdMiner", "?"} {
				up := int64(math.MinInt64)
				c := minesweep.Claims{Class: minesweep.ASIC, Vendor: "Bitmain", Model: model, Hashrate: &rate, HashrateUnit: "H/s",
					PowerW: &watts, UptimeS: &up, Algorithm: "sha256d"}
				h := m.Assess(saw(nil, evidence("f", 4028, minesweep.Confirm, 50, c)))
				checkHostile(t, h)
				if h.UptimeS != nil && *h.UptimeS < 0 {
					t.Errorf("uptime %d s", *h.UptimeS)
				}
			}
		}
	}
}

func TestHostileCounts(t *testing.T) {
	var ev []minesweep.Evidence
	var replies []minesweep.Reply
	for i := range 3000 {
		c := minesweep.Claims{Class: minesweep.ASIC, Vendor: "V" + strings.Repeat("v", i%90), Model: strings.Repeat("m", i%200)}
		ev = append(ev, evidence("f"+strings.Repeat("f", i%50), uint16(i%120), minesweep.Confirm, 1+i%100, c))
		replies = append(replies, reply(uint16(i%120), "cgminer/version", "q", strings.Repeat("x", i%7)))
	}
	checkHostile(t, newMapper(t).Assess(saw(replies, ev...)))
}
