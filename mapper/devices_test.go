package mapper

import (
	"strings"
	"testing"
)

func TestFindDevice(t *testing.T) {
	table := newMapper(t).devices
	tests := []struct {
		vendor, model string
		watts         float64 // 0: not in the table
	}{
		{"Bitmain", "Antminer S19 Pro", 3250},
		{"Bitmain", "Antminer S19 XP Hyd.", 5345},
		{"bitmain", "antminer s19pro", 3250},
		{"Bitmain", "Antminer Z9-Mini", 300},
		{"MicroBT", "WhatsMiner M30S++_VH70", 3472},
		{"MicroBT", "WhatsMiner M60S VK40", 3441},
		{"MicroBT", "WhatsMiner M30S++", 3472},
		{"Canaan", "AvalonMiner 1346-110", 3300},
		{"Canaan", "AvalonMiner 1246", 3420},
		{"Canaan", "AvalonMiner 15-194", 3647},
		{"Goldshell", "Goldshell-CK5", 2400},
		{"Goldshell", "CK5", 2400},
		{"Bitaxe", "Bitaxe Gamma", 17},
		{"", "Bitaxe Gamma", 17},
		{"Open Source", "Bitaxe Gamma", 17},
		{"IceRiver", "KS3", 3200},
		{"Bitmain", "Antminer", 0},
		{"Bitmain", "", 0},
		{"", "", 0},
	}
	for _, tt := range tests {
		d, ok := table.find(tt.vendor, tt.model)
		if ok != (tt.watts > 0) || d.watts != tt.watts {
			t.Errorf("find(%q, %q) = %g W, %t; want %g W", tt.vendor, tt.model, d.watts, ok, tt.watts)
		}
	}
}

func TestDeviceTableFaults(t *testing.T) {
	head := "vendor,model,algorithm,rate,unit,watts,source\n"
	tests := []struct{ rows, want string }{
		{"Bitmain,S1,sha256d,1,TH/s,0,K\n", `devices.csv:2: watts "0" is no number above 0`},
		{"Bitmain,S1,sha256d,x,TH/s,10,K\n", `devices.csv:2: rate "x" is no number above 0`},
		{"Bitmain,S1,sha256d,1,TB/s,10,K\n", `devices.csv:2: unit "TB/s" is not known, write for example TH/s`},
		{"Bitmain,S1,sha256d,1,TH/s,10,\n", "devices.csv:2: row"},
		{"A,S1,x11,1,H/s,10,K\nA,s 1,x11,1,H/s,10,K\n", "devices.csv:3: model A s 1 stands there twice"},
		{"A,S1\n", "devices.csv: record on line 2"},
	}
	for _, tt := range tests {
		if _, err := readDevices(strings.NewReader(head + tt.rows)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: error %v, want %q", tt.rows, err, tt.want)
		}
	}
}

// TestDeviceTablePlausible keeps typing errors out: an ASIC for SHA-256 lies
// between 9 and 2500 J/TH.
func TestDeviceTablePlausible(t *testing.T) {
	for name, d := range newMapper(t).devices.byName {
		if d.algorithm != "sha256d" || d.model == "NerdMiner" {
			continue
		}
		if jth := d.watts / d.rate * 1e12; jth < 9 || jth > 2500 {
			t.Errorf("%s: %.1f J/TH", name, jth)
		}
	}
}
