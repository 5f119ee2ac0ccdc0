package devices

import (
	"strings"
	"testing"
)

func load(t testing.TB) *Table {
	t.Helper()
	table, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// findTests are spellings and the model they stand for; "" for none.
var findTests = []struct{ vendor, spelling, want string }{
	{"Bitmain", "Antminer S19 Pro", "Antminer S19 Pro"},
	{"Bitmain", "AntMiner S19 XP", "Antminer S19 XP"},
	{"Bitmain", "Antminer S19 XP Hyd.", "Antminer S19 XP Hyd"},
	{"Bitmain", "Bitmain Antminer S19j Pro", "Antminer S19j Pro"},
	{"bitmain", "antminer s19pro", "Antminer S19 Pro"},
	{"Bitmain", "S9 Hydro", "Antminer S9 Hydro"},
	{"Bitmain", "Antminer S19 Pro Hydro", "Antminer S19 Pro Hyd"},
	{"Bitmain", "Antminer Z9-Mini", "Antminer Z9-Mini"},
	{"Bitmain", "Antminer L9_I", "Antminer L9"},
	{"Bitmain", "Antminer S19 (Vnish 1.2.6)", "Antminer S19"},
	{"Bitmain", "Antminer S9\nV1.3.58", "Antminer S9"},
	{"Bitmain", "S19-88", "Antminer S19"},
	{"Bitmain", "Antminer BHB42XXX", "Antminer BHB42XXX"}, // the X are the device's own: a family of boards
	{"Bitmain", "Antminer S99", ""},
	{"Bitmain", "Antminer S19 Pro X", ""},
	{"Bitmain", "Antminer", ""},
	{"Bitmain", "", ""},
	{"Bitmain", strings.Repeat("Antminer S19 ", 40), ""},
	{"MicroBT", "M60S_VK40", "WhatsMiner M60S"},
	{"MicroBT", "WhatsMiner M30S++_VH93", "WhatsMiner M30S++"},
	{"MicroBT", "WhatsMiner M60S VK40", "WhatsMiner M60S"},
	{"MicroBT", "M60_VK6A", "WhatsMiner M60"},
	{"MicroBT", "M20V10", "WhatsMiner M20"},
	{"MicroBT", "M30S+VE100", "WhatsMiner M30S+"},
	{"MicroBT", "M3X", "WhatsMiner M3X"},
	{"MicroBT", "M60S_VZ99", "WhatsMiner M60S"},
	{"MicroBT", "M99_VK40", ""},
	{"Canaan", "AvalonMiner 1346-116", "AvalonMiner 1346"},
	{"Canaan", "1246-83-21072802_25462b2", "AvalonMiner 1246"},
	{"Canaan", "AvalonMiner 15-194", "AvalonMiner 15"},
	{"Canaan", "A1246I", "AvalonMiner 1246I"},
	{"Canaan", "AvalonMiner Nano3", "Avalon Nano3"},
	{"Canaan", "Avalon Q", "Avalon Q"},
	{"Goldshell", "Goldshell-CK5", "CK5"},
	{"Goldshell", "Goldshell-HSBox", "HS-BOX"},
	{"Goldshell", "Goldshell-KDBoxPro", "KDBoxPro"},
	{"IceRiver", "ks0ultraminer", "KS0 Ultra"},
	{"IceRiver", "8.2.1_240301_ks3lminer", "KS3L"},
	{"IceRiver", "V1_ks0promin", "KS0 Pro"},
	{"IceRiver", "x_10306", "AL3"},
	{"Innosilicon", "t3h+", "T3H+"},
	{"Innosilicon", "DT1", "T1"},
	{"StrongU", "u6", "STU-U6"},
	{"Bitaxe", "Gamma", "Bitaxe Gamma"},
	{"", "Bitaxe Gamma", "Bitaxe Gamma"},
	{"Open Source", "Bitaxe GT", "Bitaxe GT"},
	{"", "T1", ""},
	{"XMRig", "A10", ""},
	{"Goldshell", "Antminer S19", ""},
	{"NerdAxe", "NerdQAxe++", "NerdQaxe++"},
	{"NerdAxe", "NerdOCTAXE-γ", "NerdOctaxe"},
	{"", "", ""},
}

func TestFind(t *testing.T) {
	table := load(t)
	for _, tt := range findTests {
		d, ok := table.Find(tt.vendor, tt.spelling)
		if d.Model != tt.want || ok != (tt.want != "") {
			t.Errorf("Find(%q, %q) = %q, %t; want %q", tt.vendor, tt.spelling, d.Model, ok, tt.want)
		}
	}
}

// TestRows holds every row to what a device can be.
func TestRows(t *testing.T) {
	table := load(t)
	if len(table.List()) < 400 {
		t.Errorf("%d devices, the table was longer", len(table.List()))
	}
	for _, d := range table.List() {
		if got, ok := table.Find(d.Vendor, d.Model); !ok || got != d {
			t.Errorf("%s %s is not found by its own name", d.Vendor, d.Model)
		}
		if got, ok := table.Find(strings.ToUpper(d.Vendor), strings.ToUpper(d.Model)); !ok || got.Model != d.Model {
			t.Errorf("%s %s in upper case gives %q", d.Vendor, d.Model, got.Model)
		}
		low, high := joules(d.Algorithm)
		if d.Rate == 0 || d.Watts.Best == 0 || d.Model == "NerdMiner" {
			continue // NerdMiner: an ESP32 without a mining chip
		}
		if j := d.Watts.Best / d.Rate; j < low || j > high {
			t.Errorf("%s %s: %g J a hash, want %g to %g", d.Vendor, d.Model, j, low, high)
		}
	}
}

// joules gives the bounds of effort a hash: the first and the latest machines
// of each algorithm, and some room.
func joules(algorithm string) (low, high float64) {
	bounds := map[string][2]float64{
		"sha256d": {9e-12, 2500e-12}, "scrypt": {1e-7, 5e-6}, "x11": {1e-9, 1e-7},
		"ethash": {2e-7, 5e-6}, "equihash": {2e-3, 5e-2}, "kheavyhash": {5e-11, 2e-9},
		"blake2s": {1e-11, 2e-10}, "blake3": {1e-10, 1e-9}, "eaglesong": {3e-11, 2e-9},
	}
	if b, ok := bounds[algorithm]; ok {
		return b[0], b[1]
	}
	return 0, 1e6
}

func TestFaults(t *testing.T) {
	tests := []struct{ rows, want string }{
		{"A,S1,sha256d,1,TH/s,1,0,2,,K\n", `devices.csv:2: watts "0" is no number above 0`},
		{"A,S1,sha256d,1,TH/s,1,,2,,K\n", `devices.csv:2: watts "" is no number`},
		{"A,S1,sha256d,1,TH/s,3,2,4,,K\n", "devices.csv:2: watts 3, 2, 4 are out of order"},
		{"A,S1,sha256d,x,TH/s,1,1,1,,K\n", `devices.csv:2: rate "x" is no number above 0`},
		{"A,S1,sha256d,NaN,TH/s,1,1,1,,K\n", `devices.csv:2: rate "NaN" is no number above 0`},
		{"A,S1,sha256d,1,TB/s,1,1,1,,K\n", `devices.csv:2: unit "TB/s" is not known, write for example TH/s`},
		{"A,S1,sha256d,1,,1,1,1,,K\n", `devices.csv:2: unit "" is not known`},
		{"A,S1,SHA-256,1,TH/s,1,1,1,,K\n", `devices.csv:2: algorithm "SHA-256", write "sha256d"`},
		{"A,S1,,1,TH/s,1,1,1,,K\n", "devices.csv:2: S1 has a rate and no algorithm"},
		{"A,S1,sha256d,1,TH/s,1,1,1,,\n", "devices.csv:2: row"},
		{"A,S1,,,,,,,,K\nA,s 1,,,,,,,,K\n", `devices.csv:3: A s 1: "s 1" already stands for S1`},
		{"A,S1,,,,,,,,K\nA,S2,,,,,,,S3|s-1,K\n", `devices.csv:3: A S2: "s-1" already stands for S1`},
		{"A,S1,,,,,,,S2||S3,K\n", "devices.csv:2: S1: an alias is empty"},
		{"A,S1\n", "devices.csv:2: wrong number of fields, write vendor"},
	}
	for _, tt := range tests {
		if _, err := read(strings.NewReader(header + "\n" + tt.rows)); err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%q: error %v, want %q", tt.rows, err, tt.want)
		}
	}
	if _, err := read(strings.NewReader("vendor,model\n")); err == nil || !strings.HasPrefix(err.Error(), "devices.csv:1: write the header vendor,") {
		t.Errorf("a wrong header: %v", err)
	}
}

func TestBins(t *testing.T) {
	table := load(t)
	tests := []struct {
		spelling, bin string
		known         bool
	}{
		{"M60S_VK40", "VK40", true},
		{"WhatsMiner M30S++_VH93", "VH90", true},
		{"m30s+_v10", "V10", true},
		{"M60_VK6A", "VK6A", true},
		{"M60S_VZ40", "VZ40", false},
		{"M60S_VA40", "VA40", false},
		{"M60S", "", false},
		{"Antminer S19", "", false},
	}
	for _, tt := range tests {
		if bin, known := table.Bin(tt.spelling); bin != tt.bin || known != tt.known {
			t.Errorf("Bin(%q) = %q, %t; want %q, %t", tt.spelling, bin, known, tt.bin, tt.known)
		}
	}
	if n := len(table.bins); n != 499 {
		t.Errorf("%d bins, want 499", n)
	}
	for key := range table.bins {
		if d, ok := table.Find("MicroBT", key.model+"_"+key.bin); !ok || unbranded("microbt", plain(d.Model)) != key.model {
			t.Errorf("%s_%s gives %q", key.model, key.bin, d.Model)
		}
	}
}

func TestBinFaults(t *testing.T) {
	for rows, want := range map[string]string{
		"WhatsMiner M20,V10 X9\n":  `whatsminer-bins.csv:2: "X9" is no bin of "WhatsMiner M20"`,
		"WhatsMiner M20,V10 V10\n": "whatsminer-bins.csv:2: bin V10 of WhatsMiner M20 stands there twice",
	} {
		if _, err := readBins(strings.NewReader("model,bins\n" + rows)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v", rows, err)
		}
	}
}

func TestBoards(t *testing.T) {
	table := load(t)
	tests := []struct {
		version, chip, model string
		capW                 float64
	}{
		{"601", "BM1370", "Bitaxe Gamma", 40},
		{"604", "BM1370", "Bitaxe Gamma", 40},
		{"0.11", "", "Bitaxe Ultra", 25},
		{"2.2", "BM1397", "Bitaxe Max", 25},
		{"801", "BM1370", "Bitaxe GammaTurbo", 60},
		{"601", "BM1366", "", 0},
		{"604", "", "", 0},
		{"999", "BM1370", "", 0},
		{"", "BM1370", "", 0},
	}
	for _, tt := range tests {
		d, watts, ok := table.Board(tt.version, tt.chip)
		if d.Model != tt.model || watts != tt.capW || ok != (tt.model != "") {
			t.Errorf("Board(%q, %q) = %q, %g W, %t", tt.version, tt.chip, d.Model, watts, ok)
		}
	}
	_, err := readBoards(strings.NewReader("board,chips,chip,model,cap_w\n1,1,BM1,Bitaxe None,5\n"), table)
	if err == nil || !strings.HasPrefix(err.Error(), `boards.csv:2: devices.csv knows no "Bitaxe None"`) {
		t.Errorf("an unknown model: %v", err)
	}
}

func TestAlgorithm(t *testing.T) {
	for in, want := range map[string]string{
		"SHA-256": "sha256d", "sha256d": "sha256d", "SHA256": "sha256d", "DaggerHashimoto": "ethash", "rx/0": "randomx",
		"RandomX (rx/0)": "randomx", "kaspa": "kheavyhash", "kHeavyHash": "kheavyhash", "Etchash": "etchash",
		"equihash 200,9": "equihash", "Equihash 144/5": "equihash144_5", "lyra2v2": "lyra2rev2", "Autolykos v2": "autolykos2",
		"cn/r": "cn/r", "X16Rv2": "X16Rv2", "": "", "=cmd|": "=cmd|",
	} {
		if got := Algorithm(in); got != want {
			t.Errorf("Algorithm(%q) = %q, want %q", in, got, want)
		}
		if again := Algorithm(Algorithm(in)); again != Algorithm(in) {
			t.Errorf("%q: doing it again gives %q", in, again)
		}
	}
}

// FuzzFind: whatever a device calls itself, the search ends, and what it finds
// is found again under its own name.
func FuzzFind(f *testing.F) {
	for _, s := range []string{"M60S_VK40", "1346-116", "Antminer S19 (x)", "x_ks0miner", "\x1b[31m", "601"} {
		f.Add("MicroBT", s)
		f.Add("Canaan", s)
	}
	table := load(f)
	f.Fuzz(func(t *testing.T, vendor, s string) {
		if d, ok := table.Find(vendor, s); ok {
			if again, ok := table.Find(d.Vendor, d.Model); !ok || again != d {
				t.Errorf("%q is %s %s, and that is %+v", s, d.Vendor, d.Model, again)
			}
		}
		table.Bin(s)
		table.Board(s, vendor)
		Algorithm(s)
	})
}

func BenchmarkFind(b *testing.B) {
	table := load(b)
	b.ReportAllocs()
	for range b.N {
		table.Find("Bitmain", "Antminer S19 Pro")
		table.Find("MicroBT", "WhatsMiner M30S++_VH90")
	}
}
