package main

import (
	"bufio"
	"encoding/json"
	"net/netip"
	"strings"
	"testing"

	"minesweep"
	"minesweep/lab"
)

// scanned runs a scan of every hinted port and returns the hosts it found.
func scanned(t *testing.T, prefix string, devices []lab.Simulated) map[netip.Addr]minesweep.Host {
	t.Helper()
	f := newFieldOf(t, prefix, devices)
	hosts := make(map[netip.Addr]minesweep.Host)
	lines := bufio.NewScanner(strings.NewReader(f.run(append(f.scan, "--ports", "all-tiers")...)))
	lines.Buffer(nil, 4<<20)
	for lines.Scan() {
		var h minesweep.Host
		if err := json.Unmarshal(lines.Bytes(), &h); err != nil {
			t.Fatal(err)
		}
		hosts[h.Address] = h
	}
	return hosts
}

// TestScanNamesEveryFamily scans one device of every product family.
func TestScanNamesEveryFamily(t *testing.T) {
	skipInRace(t)
	t.Parallel()
	const prefix = "127.9.21.0/24"
	devices, err := lab.Catalogue(netip.MustParsePrefix(prefix))
	if err != nil {
		t.Fatal(err)
	}
	if len(devices) < 110 {
		t.Errorf("only %d families", len(devices))
	}
	hosts := scanned(t, prefix, devices)
	for _, d := range devices {
		h, want := hosts[d.Address], d.Device.Want
		if h.Verdict != want.Verdict || h.Class != want.Class || h.Vendor != want.Vendor || h.Model != want.Model {
			t.Errorf("%s: %s %s %q %q, want %s %s %q %q", d.Device.Name,
				h.Verdict, h.Class, h.Vendor, h.Model, want.Verdict, want.Class, want.Vendor, want.Model)
		}
		if h.Requests < 1 || h.Requests > 12 {
			t.Errorf("%s was sent %d requests, at most 12 are allowed", d.Device.Name, h.Requests)
		}
	}
}

// TestScanConfirmsNoInnocent scans hosts that do not mine.
func TestScanConfirmsNoInnocent(t *testing.T) {
	skipInRace(t)
	t.Parallel()
	const prefix = "127.9.24.0/23"
	devices, err := lab.Innocents(netip.MustParsePrefix(prefix), 400)
	if err != nil {
		t.Fatal(err)
	}
	hosts := scanned(t, prefix, devices)
	heard := 0
	for _, d := range devices {
		h := hosts[d.Address]
		if h.Verdict == minesweep.Confirmed {
			t.Errorf("%s at %s is confirmed: %v", d.Device.Name, d.Address, h.Evidence)
		}
		if h.Verdict == minesweep.Unidentified {
			heard++
		}
	}
	if heard < 250 {
		t.Errorf("only %d of %d hosts answered at all", heard, len(devices))
	}
}
