package db_test

import (
	"math"
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"minesweep"
	"minesweep/db"
)

var hostileStrings = map[string]string{
	"NUL":           "a\x00b\x00",
	"invalid UTF-8": "\xff\xfe\xc3\x28\xed\xa0\x80",
	"emoji":         "⛏️矿机",
	"SQL":           `'; DROP TABLE hosts; -- ? ?0 ?TableAlias "x" \`,
	"controls":      "\x1b[2J\r\n\t\x7f\u202e\u2028",
	"escape plane":  "\U0010FF41\U0010FFFF\ufffd",
	"a megabyte":    strings.Repeat("\x00é\xff7890abcdefgh", 1<<20/16),
	"cut mid-rune":  strings.Repeat("é", 99) + "a" + strings.Repeat("é", 99),
}

func TestDeviceStringsAreData(t *testing.T) {
	skipInRace(t)
	for name, evil := range hostileStrings {
		t.Run(name, func(t *testing.T) {
			eachNew(t, func(t *testing.T, s *db.Store, c *clock) {
				j := begin(t, s)
				want := minesweep.Host{
					Address: netip.MustParseAddr("10.0.0.1"), Verdict: minesweep.Confirmed, Class: minesweep.Class(evil),
					Vendor: evil, Model: evil, Firmware: evil, Algorithm: evil, Coin: evil, HashrateUnit: evil, State: evil,
					Pool: evil, Worker: evil, MAC: evil, Serial: evil, Hostname: evil,
					Ports:    []minesweep.HostPort{{Port: 4028, Protocol: evil}},
					Evidence: []minesweep.QuotedClaim{{Fingerprint: "x", Probe: evil, Port: 4028, Quote: evil}},
					Doubts:   []string{evil, ""}, FirstSeen: c.now(), LastSeen: c.now(),
				}
				if len(evil) > 1<<19 { // in a few fields is enough
					want = minesweep.Host{
						Address: want.Address, Verdict: want.Verdict, Vendor: evil, Model: "M30S",
						Doubts: []string{"", ""}, FirstSeen: want.FirstSeen, LastSeen: want.LastSeen,
					}
				}
				zero, nan := 0.0, math.NaN()
				want.Hashrate = &zero
				given := want
				given.PowerW = &nan
				see(t, j, given, c)
				if given.Vendor != evil || given.Doubts[0] != want.Doubts[0] {
					t.Error("the caller's host was changed")
				}
				got := hosts(t, s, 1)
				if len(got) != 1 || !reflect.DeepEqual(got[0], want) {
					t.Fatalf("%d hosts; the first differs", len(got))
				}
				if found := assets(t, s, db.AssetFilter{Vendor: evil, Model: want.Model}); len(found) != 1 || !reflect.DeepEqual(found[0].Host, want) {
					t.Fatalf("%d assets by vendor and model", len(found))
				} else if a, err := s.Asset(t.Context(), found[0].Key); err != nil || a.Key != found[0].Key {
					t.Errorf("asset by its key: %v", err)
				}
				must(t, j.Close(t.Context(), db.Failed, evil))
			})
		})
	}
}

func FuzzHostBody(f *testing.F) {
	for _, s := range hostileStrings {
		if len(s) < 1000 {
			f.Add(s)
		}
	}
	f.Fuzz(func(t *testing.T, s string) {
		want := minesweep.Host{Address: netip.MustParseAddr("10.0.0.1"), Vendor: s, Doubts: []string{s}}
		body, err := db.EncodeHost(want)
		must(t, err)
		if got, err := db.DecodeHost(body); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q came back as %q, %v", s, got.Vendor, err)
		}
	})
}

// A damaged row must not fill memory or panic.
func FuzzUnpack(f *testing.F) {
	packed, err := db.Pack([]byte("reply reply reply"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(packed, int64(17))
	f.Add(packed, int64(3))
	f.Add([]byte{1}, int64(-5))
	f.Fuzz(func(t *testing.T, packed []byte, size int64) {
		if raw, err := db.Unpack(packed, size); err == nil && int64(len(raw)) != size {
			t.Errorf("%d bytes, want %d", len(raw), size)
		}
	})
}
