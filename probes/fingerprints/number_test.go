package fingerprints

import (
	"math"
	"testing"

	"minesweep"
	"minesweep/devices"
)

func TestParseNumber(t *testing.T) {
	for s, want := range map[string]float64{
		"12": 12, "  6.0000": 6, "4.591157e+06": 4591157, "0x1f": 31, "18446744073709551615": math.MaxUint64, "0": 0,
	} {
		if got, ok := parseNumber(s); !ok || got != want {
			t.Errorf("%q is %v, %v; want %v", s, got, ok, want)
		}
	}
	for _, s := range []string{"", "nan", "-1", "1e999", "inf", "98G", "0x", "1,5", "null", "true"} {
		if got, ok := parseNumber(s); ok {
			t.Errorf("%q is %v, want no number", s, got)
		}
	}
}

func TestParseHashUnit(t *testing.T) {
	for _, c := range []struct {
		in, base string
		scale    float64
	}{
		{"GH", "H/s", 1e9}, {"GH/s", "H/s", 1e9}, {"MH/s", "H/s", 1e6}, {"TH/s", "H/s", 1e12}, {"H/s", "H/s", 1},
		{"kH/s", "H/s", 1e3}, {"KHS", "H/s", 1e3}, {"KSol/s", "Sol/s", 1e3}, {"Sol/s", "Sol/s", 1}, {"sol/s", "Sol/s", 1},
		{"g/s", "g/s", 1}, {"G/s", "g/s", 1}, {"G", "H/s", 1e9}, {"T", "H/s", 1e12}, {"Mh/s", "H/s", 1e6},
	} {
		scale, base, err := parseHashUnit(c.in)
		if err != nil || scale != c.scale || base != c.base {
			t.Errorf("%s is %v %s, %v", c.in, scale, base, err)
		}
	}
	for _, s := range []string{"", "parsec", "GB/s", "XH/s", "H/s/s"} {
		if _, _, err := parseHashUnit(s); err == nil {
			t.Errorf("%q is a unit", s)
		}
	}
}

func TestParseUptime(t *testing.T) {
	for s, want := range map[string]float64{"86400": 86400, "02:03:04:05": 183845, "01:00:00": 3600, "4:05": 245} {
		if got, ok := parseUptime(s); !ok || got != want {
			t.Errorf("%q is %v, %v; want %v", s, got, ok, want)
		}
	}
	if _, ok := parseUptime("1:2:3:4:5"); ok {
		t.Error("five fields were read")
	}
}

func TestMACAddress(t *testing.T) {
	for in, want := range map[string]string{
		"C4:08:28:00:00:01": "c4:08:28:00:00:01", "b4a2eb304050": "b4:a2:eb:30:40:50", "00-BF-11-22-33-D6": "00:bf:11:22:33:d6",
		"00:00:00:00:00:00": "", "ff:ff:ff:ff:ff:ff": "", "hello": "", "c4:08:28:00:00": "", "": "",
	} {
		if got := macAddress(in); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}

func TestPoolURLHidesWhoMines(t *testing.T) {
	for in, want := range map[string]string{
		"stratum+tcp://a.example:3333":               "stratum+tcp://a.example:3333",
		"stratum1+ssl://0xwallet.rig:x@a.example:44": "stratum1+ssl://a.example:44",
		"wallet@a.example:3333":                      "a.example:3333",
		"stratum+tcp://a.example:9999#xnsub":         "stratum+tcp://a.example:9999#xnsub",
	} {
		if got := poolURL(in); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}

func TestPoolsInUse(t *testing.T) {
	v := cutOne(reply("cgminer/pools", "", `{"POOLS":[
		{"URL":"fee","Priority":9998,"Status":"Alive","Stratum Active":true},
		{"URL":"DevFee","Priority":1,"Status":"Alive","Stratum Active":true},
		{"URL":"dead","Priority":2,"Status":"Dead"},
		{"URL":"alive","Priority":3,"Status":"Alive"},
		{"URL":"active","Priority":4,"Status":"Alive","Stratum Active":true}]}`))[0]
	var got []string
	for _, h := range poolsInUse(&v, &Read{JSON: parse1("/POOLS/*/URL")}) {
		got = append(got, string(h.text))
	}
	if len(got) != 3 || got[0] != "active" || got[1] != "alive" || got[2] != "dead" {
		t.Errorf("pools in use are %v", got)
	}
}

func TestCanonicalModels(t *testing.T) {
	table, err := devices.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ vendor, in, want, algorithm string }{
		{"Bitmain", "Antminer S19 XP Hyd.", "Antminer S19 XP Hyd", "sha256d"},
		{"Bitmain", "Antminer L7_I", "Antminer L7", "scrypt"},
		{"MicroBT", "WhatsMiner M30S++_VH90", "WhatsMiner M30S++", "sha256d"},
		{"Bitmain", "Antminer S99", "Antminer S99", ""},
	} {
		claims := minesweep.Claims{Vendor: c.vendor, Model: c.in}
		if canonical(table, &claims); claims.Model != c.want || claims.Algorithm != c.algorithm {
			t.Errorf("%s %s is %q, %q; want %q, %q", c.vendor, c.in, claims.Model, claims.Algorithm, c.want, c.algorithm)
		}
	}
	said := minesweep.Claims{Vendor: "Bitmain", Model: "Antminer L7", Algorithm: "x11"}
	if canonical(table, &said); said.Algorithm != "x11" {
		t.Errorf("the table overruled the device: %q", said.Algorithm)
	}
}
