package mapper

import (
	"strings"
	"testing"

	"minesweep"
)

type verdictTest struct {
	name    string
	saw     minesweep.Observation
	verdict minesweep.Verdict
	vendor  string
	model   string
	doubts  []string // a part of each, in order
}

func saw(replies []minesweep.Reply, ev ...minesweep.Evidence) minesweep.Observation {
	return minesweep.Observation{
		Address: addr, At: at, Ports: opened(4028), PortsSwept: 40, Replies: replies, Evidence: ev,
	}
}

func verdictTests() []verdictTest {
	version := []minesweep.Reply{reply(4028, "cgminer/version", `{"command":"version"}`, `{"STATUS":[{"STATUS":"S"}]}`)}
	stock := evidence("antminer-stock", 4028, minesweep.Confirm, 60,
		minesweep.Claims{Class: minesweep.ASIC, Vendor: "Bitmain", Model: "Antminer S19", Firmware: "stock"})
	vnish := evidence("vnish", 4028, minesweep.Confirm, 80,
		minesweep.Claims{Class: minesweep.ASIC, Vendor: "Bitmain", Model: "Antminer S19 Pro", Firmware: "VNish 1.2.0"})
	xmrig := evidence("xmrig", 8080, minesweep.Confirm, 70, minesweep.Claims{Class: minesweep.CPUMiner, Vendor: "XMRig"})
	hint := evidence("web-title", 80, minesweep.Suspect, 90,
		minesweep.Claims{Class: minesweep.ASIC, Vendor: "MicroBT", Model: "WhatsMiner M30S"})
	idle := evidence("geth", 8545, minesweep.Refute, 50, minesweep.Claims{Class: minesweep.Node, Vendor: "Geth"})
	idle.Quote = "eth_mining says false"
	tie := func(id, model string) minesweep.Evidence {
		e := evidence(id, 4028, minesweep.Confirm, 50, minesweep.Claims{Vendor: "Canaan", Model: model})
		e.Quote = model // the other order than that of the names
		return e
	}
	more := evidence("oversize", 0, minesweep.Note, 1, minesweep.Claims{})
	more.Quote = "more than is judged: 1 replies over 256 KiB were cut"
	trap := evidence("cowrie", 22, minesweep.Decoy, 50, minesweep.Claims{})
	return []verdictTest{
		{"confirm", saw(version, stock), minesweep.Confirmed, "Bitmain", "Antminer S19", nil},
		{"heaviest names", saw(version, stock, vnish), minesweep.Confirmed, "Bitmain", "Antminer S19 Pro", nil},
		{"confirm before heavier suspect", saw(version, hint, stock), minesweep.Confirmed, "Bitmain", "Antminer S19", nil},
		{"contradiction is a doubt", saw(version, stock, xmrig), minesweep.Confirmed, "XMRig", "",
			[]string{"antminer-stock on port 4028 says class asic, not cpu-miner"}},
		{"tie by name", saw(version, tie("b", "AvalonMiner 1066"), tie("a", "AvalonMiner 1246")),
			minesweep.Confirmed, "Canaan", "AvalonMiner 1246", []string{"b on port 4028 says model AvalonMiner 1066"}},
		{"what was not read is a doubt", saw(version, stock, more), minesweep.Confirmed, "Bitmain", "Antminer S19",
			[]string{"more than is judged: 1 replies"}},
		{"suspect", saw(version, hint), minesweep.Suspected, "MicroBT", "WhatsMiner M30S", nil},
		{"refute", saw(version, idle), minesweep.Unidentified, "Geth", "", []string{"geth speaks against mining", "eth_mining says false"}},
		{"refute and suspect", saw(version, idle, hint), minesweep.Unidentified, "Geth", "", []string{"geth speaks against mining"}},
		{"refute and confirm", saw(version, idle, stock), minesweep.Confirmed, "Bitmain", "Antminer S19",
			[]string{"geth speaks against mining"}},
		{"decoy evidence", saw(version, trap, stock), minesweep.DecoyHost, "", "", []string{"not believed: antminer-stock on port 4028"}},
		{"bytes only", saw(version), minesweep.Unidentified, "", "", nil},
		{"no byte", saw([]minesweep.Reply{reply(4028, "cgminer/version", "x", "")}), minesweep.Silent, "", "", nil},
	}
}

func TestVerdict(t *testing.T) {
	m := newMapper(t)
	for _, tt := range verdictTests() {
		t.Run(tt.name, func(t *testing.T) {
			h := m.Assess(tt.saw)
			if h.Verdict != tt.verdict || h.Vendor != tt.vendor || h.Model != tt.model {
				t.Errorf("got %s %q %q, want %s %q %q", h.Verdict, h.Vendor, h.Model, tt.verdict, tt.vendor, tt.model)
			}
			all := strings.Join(h.Doubts, "|")
			for _, d := range tt.doubts {
				if !strings.Contains(all, d) {
					t.Errorf("doubts %q lack %q", h.Doubts, d)
				}
			}
			if tt.doubts == nil && len(h.Doubts) > 0 {
				t.Errorf("doubts %q, want none", h.Doubts)
			}
		})
	}
}

func TestFillFromLighterEvidence(t *testing.T) {
	main := evidence("main", 4028, minesweep.Confirm, 60, minesweep.Claims{Class: minesweep.ASIC, Vendor: "Canaan"})
	more := evidence("more", 4028, minesweep.Confirm, 40, minesweep.Claims{
		Vendor: "canaan", Model: "AvalonMiner 1246", Hashrate: ptr(9e13), HashrateUnit: "H/s", Worker: "w1", Locked: true,
	})
	other := evidence("other", 4028, minesweep.Confirm, 30, minesweep.Claims{Vendor: "Bitmain", Serial: "SN-OTHER", Pool: "p"})
	h := newMapper(t).Assess(saw(nil, main, more, other))
	if h.Model != "AvalonMiner 1246" || h.Hashrate == nil || *h.Hashrate != 9e13 || h.Worker != "w1" || !h.Locked {
		t.Errorf("lighter evidence did not fill: %+v", h)
	}
	if h.Serial != "" || h.Pool != "" {
		t.Errorf("another vendor's claims were taken: %+v", h)
	}
}

func TestHintsFillOnlyTheirVendor(t *testing.T) {
	main := evidence("main", 4028, minesweep.Confirm, 60, minesweep.Claims{Class: minesweep.ASIC, Vendor: "Bitmain"})
	same := evidence("page", 80, minesweep.Suspect, 40, minesweep.Claims{Vendor: "Bitmain", Locked: true})
	other := evidence("luci", 80, minesweep.Suspect, 90, minesweep.Claims{Vendor: "MicroBT", Model: "WhatsMiner M30S"})
	mute := evidence("title", 80, minesweep.Suspect, 90, minesweep.Claims{Hostname: "attic"})
	h := newMapper(t).Assess(saw(nil, main, same, other, mute))
	if !h.Locked || h.Model != "" || h.Hostname != "" || len(h.Doubts) > 0 {
		t.Errorf("got %+v", h)
	}
}

func TestEvidenceIsBoundedAndOnce(t *testing.T) {
	var ev []minesweep.Evidence
	for i := range 200 {
		ev = append(ev, evidence("same", 4028, minesweep.Confirm, 10, minesweep.Claims{}),
			evidence("f", uint16(i), minesweep.Suspect, 5, minesweep.Claims{}))
	}
	h := newMapper(t).Assess(saw(nil, ev...))
	if len(h.Evidence) != maxEvidence || h.Evidence[0].Fingerprint != "same" || h.Evidence[1].Fingerprint == "same" {
		t.Errorf("%d pieces, the first two %+v", len(h.Evidence), h.Evidence[:2])
	}
}
