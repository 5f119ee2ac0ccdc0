package mapper

import (
	"fmt"
	"strings"
	"testing"

	"minesweep"
)

// by gives evidence that an answer to a question of its own confirms.
func by(probe string, port uint16, weight int, c minesweep.Claims) minesweep.Evidence {
	e := evidence(strings.ToLower(strings.Fields(c.Vendor + " x")[0]), port, minesweep.Confirm, weight, c)
	e.Probe = probe
	return e
}

var (
	s19      = minesweep.Claims{Class: minesweep.ASIC, Vendor: "Bitmain", Model: "Antminer S19"}
	m30      = minesweep.Claims{Class: minesweep.ASIC, Vendor: "MicroBT", Model: "WhatsMiner M30S"}
	a1246    = minesweep.Claims{Class: minesweep.ASIC, Vendor: "Canaan", Model: "AvalonMiner 1246"}
	gamma    = minesweep.Claims{Class: minesweep.HomeMiner, Vendor: "Bitaxe", Model: "Bitaxe Gamma"}
	trex     = minesweep.Claims{Class: minesweep.GPUMiner, Vendor: "T-Rex", Model: "T-Rex"}
	lol      = minesweep.Claims{Class: minesweep.GPUMiner, Vendor: "lolMiner", Model: "lolMiner"}
	xmrig    = minesweep.Claims{Class: minesweep.CPUMiner, Vendor: "XMRig", Model: "XMRig"}
	ethminer = minesweep.Claims{Class: minesweep.GPUMiner, Vendor: "ethminer", Model: "ethminer"}
	p2pool   = minesweep.Claims{Class: minesweep.Pool, Vendor: "P2Pool", Model: "P2Pool"}
	monerod  = minesweep.Claims{Class: minesweep.Node, Vendor: "Monero", Model: "monerod", State: "mining"}
)

func withMAC(c minesweep.Claims, mac string) minesweep.Claims {
	c.MAC = mac
	return c
}

func worker(c minesweep.Claims, name string) minesweep.Claims {
	c.Worker = name
	return c
}

// contradictionTests are what claims to be several.
var contradictionTests = []struct {
	name    string
	replies []minesweep.Reply
	claims  []minesweep.Evidence
	verdict minesweep.Verdict
	doubt   string // "" none at all
}{
	// what nothing honest says
	{"unlike products by unlike protocols", nil, []minesweep.Evidence{by("cgminer/version", 4028, 60, s19), by("http/summary", 4028, 70, trex)},
		minesweep.DecoyHost, "port 4028 claims both T-Rex by http and Bitmain Antminer S19 by cgminer"},
	{"unlike products by the same bytes", []minesweep.Reply{ask(80, "http/summary", "{all}"), ask(80, "http/2/summary", "{all}")},
		[]minesweep.Evidence{by("http/summary", 80, 60, trex), by("http/2/summary", 80, 70, xmrig)},
		minesweep.DecoyHost, "port 80 claims both XMRig and T-Rex by the same bytes"},
	{"three at once", nil, []minesweep.Evidence{by("http/", 80, 60, s19), by("http/", 80, 61, trex), by("http/", 80, 62, xmrig)},
		minesweep.DecoyHost, "port 80 claims XMRig, T-Rex and Bitmain Antminer S19"},
	{"four strangers", nil, []minesweep.Evidence{by("cgminer/version", 4028, 60, s19), by("http/summary", 4067, 60, trex),
		by("http/", 44444, 60, lol), by("http/1/summary", 8080, 60, xmrig)}, minesweep.DecoyHost, "it claims 4 unrelated products: "},

	// what is only odd
	{"two vendors on a port", nil, []minesweep.Evidence{by("cgminer/version", 4028, 60, s19), by("cgminer/devdetails", 4028, 70, m30)},
		minesweep.Confirmed, "port 4028 claims both MicroBT WhatsMiner M30S and Bitmain Antminer S19"},
	{"unlike products in one answer", []minesweep.Reply{ask(4028, "cgminer/devs", "{x}")},
		[]minesweep.Evidence{by("cgminer/devs", 4028, 60, s19), by("cgminer/devs", 4028, 70, trex)},
		minesweep.Confirmed, "port 4028 claims both T-Rex and Bitmain Antminer S19"},
	{"a farm's router, two", nil, []minesweep.Evidence{by("cgminer/version", 4028, 60, s19), by("http/api/system/info", 80, 70, gamma)},
		minesweep.Confirmed, "several devices behind this address: Bitaxe Gamma on port 80, Bitmain Antminer S19 on port 4028"},
	{"a farm's router, one kind", nil, []minesweep.Evidence{by("cgminer/version", 4028, 60, s19),
		by("cgminer/version", 4029, 60, minesweep.Claims{Class: minesweep.ASIC, Vendor: "Bitmain", Model: "Antminer L7"})},
		minesweep.Confirmed, "several devices behind this address"},
	{"a farm's router, two alike", nil, []minesweep.Evidence{by("http/a", 80, 60, withMAC(gamma, "02:00:00:00:00:01")),
		by("http/a", 81, 60, withMAC(gamma, "02:00:00:00:00:02"))}, minesweep.Confirmed, "several devices behind this address"},
	{"a farm's router, four makers", nil, []minesweep.Evidence{by("cgminer/version", 4028, 60, s19), by("http/a", 80, 60, withMAC(gamma, "02:00:00:00:00:01")),
		by("whatsminer/summary", 4029, 60, withMAC(m30, "02:00:00:00:00:02")), by("cgminer/version", 4030, 60, withMAC(a1246, "02:00:00:00:00:03"))},
		minesweep.Confirmed, "several devices behind this address"},

	{"a rig and its neighbours", nil, []minesweep.Evidence{by("cgminer/version", 4028, 60, s19), by("http/summary", 4067, 60, trex),
		by("http/a", 80, 60, withMAC(gamma, "02:00:00:00:00:01")), by("http/1/summary", 8080, 60, worker(xmrig, "rig7"))},
		minesweep.Confirmed, "several devices behind this address: Bitaxe Gamma on port 80, Bitmain Antminer S19 on port 4028, T-Rex on port 4067, XMRig on port 8080"},
	{"four with one name", nil, []minesweep.Evidence{by("cgminer/version", 4028, 60, worker(s19, "x")), by("http/summary", 4067, 60, worker(trex, "x")),
		by("http/", 44444, 60, worker(lol, "x")), by("http/1/summary", 8080, 60, worker(xmrig, "x"))}, minesweep.DecoyHost, "it claims 4 unrelated products: "},
	{"one class by unlike protocols", nil, []minesweep.Evidence{by("cgminer/version", 4028, 60, s19), by("http/", 4028, 70, a1246)},
		minesweep.Confirmed, "port 4028 claims both Canaan AvalonMiner 1246 and Bitmain Antminer S19"},

	// what is usual
	{"rig with two miners", nil, []minesweep.Evidence{by("http/summary", 4067, 70, trex), by("http/2/summary", 60070, 60, xmrig)},
		minesweep.Confirmed, "xmrig on port 60070 says class cpu-miner, not gpu-miner"},
	{"ePIC's HTTP on 4028", nil, []minesweep.Evidence{by("http/capabilities", 4028, 70, s19), by("http/summary", 4028, 60, s19)}, minesweep.Confirmed, ""},
	{"ethminer's JSON and HTTP", nil, []minesweep.Evidence{by("claymore/miner_getstat1", 3333, 70, ethminer), by("http/", 3333, 60, ethminer)},
		minesweep.Confirmed, ""},
	{"custom firmware on its hardware", nil, []minesweep.Evidence{by("cgminer/version", 4028, 60, s19),
		by("http/api/v1/info", 80, 80, minesweep.Claims{Class: minesweep.ASIC, Vendor: "Bitmain", Model: "Antminer S19", Firmware: "VNish"})},
		minesweep.Confirmed, ""},
	{"monerod in TLS and plain", nil, []minesweep.Evidence{by("http/get_info", 18081, 60, monerod), by("http/mining_status", 18089, 60, monerod)},
		minesweep.Confirmed, ""},
	{"P2Pool, xmrig and monerod", nil, []minesweep.Evidence{by("http/1/summary", 8080, 70, xmrig), by("stratum/subscribe", 3333, 60, p2pool),
		by("http/mining_status", 18081, 60, monerod)}, minesweep.Confirmed, "says class"},
	{"a copy keeps the strings", nil, []minesweep.Evidence{by("cgminer/devs", 4028, 75, minesweep.Claims{Class: minesweep.ASIC, Vendor: "Baikal"}),
		by("cgminer/devs", 4028, 70, minesweep.Claims{Class: minesweep.GPUMiner, Vendor: "sgminer"})}, minesweep.Confirmed, "port 4028 claims both Baikal and sgminer"},
}

func ask(port uint16, probe, raw string) minesweep.Reply { return reply(port, probe, "q", raw) }

func TestContradiction(t *testing.T) {
	m := newMapper(t)
	for _, tt := range contradictionTests {
		t.Run(tt.name, func(t *testing.T) {
			o := saw(tt.replies, tt.claims...)
			h := m.Assess(o)
			if h.Verdict != tt.verdict {
				t.Errorf("verdict %s, want %s: %q", h.Verdict, tt.verdict, h.Doubts)
			}
			all := strings.Join(h.Doubts, "|")
			if tt.doubt == "" && all != "" || !strings.Contains(all, tt.doubt) {
				t.Errorf("doubts %q, want %q", h.Doubts, tt.doubt)
			}
			if strings.Contains(tt.doubt, "says") && strings.Contains(all, "several devices") {
				t.Errorf("programs are no devices: %q", h.Doubts)
			}
			if h.Verdict == minesweep.DecoyHost && h.Vendor+h.Model != "" {
				t.Errorf("a decoy is named %s %s", h.Vendor, h.Model)
			}
		})
	}
}

// TestManyAlike: a router that forwards to fifty machines of one maker is no
// decoy, and its doubts stay few and short.
func TestManyAlike(t *testing.T) {
	var claims []minesweep.Evidence
	for i := range 50 {
		c := s19
		c.Model = fmt.Sprintf("Antminer S%d", 100+i)
		claims = append(claims, by("cgminer/version", uint16(4028+i), 60, c))
	}
	h := newMapper(t).Assess(saw(nil, claims...))
	if h.Verdict != minesweep.Confirmed {
		t.Errorf("%s: %q", h.Verdict, h.Doubts)
	}
	if len(h.Doubts) > maxDoubts {
		t.Errorf("%d doubts", len(h.Doubts))
	}
}
