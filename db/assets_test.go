package db_test

import (
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"minesweep"
	"minesweep/db"
)

const (
	macA = "02:00:5e:00:53:0a"
	macB = "02:00:5e:00:53:0b"
)

// seen is one host in one sweep of a story; each sweep is a day after the one
// before.
type seen struct {
	sweep   int
	address string
	change  func(h *minesweep.Host) // of a miner without MAC
}

func mac(m string) func(*minesweep.Host) { return func(h *minesweep.Host) { h.MAC = m } }

func serial(s string) func(*minesweep.Host) { return func(h *minesweep.Host) { h.Serial = s } }

func plainHost(*minesweep.Host) {}

func whatsminer(h *minesweep.Host) { h.Vendor, h.Class = "MicroBT", minesweep.FarmController }

func verdict(v minesweep.Verdict) func(*minesweep.Host) {
	return func(h *minesweep.Host) { h.Verdict = v }
}

// assetStories are what sweeps saw, and the assets that must come of it.
var assetStories = map[string]struct {
	story []seen
	want  []string
}{
	"one device for three days": {
		[]seen{{1, "10.0.0.1", mac(macA)}, {2, "10.0.0.1", mac(macA)}, {3, "10.0.0.1", mac(macA)}},
		[]string{"mac:" + macA + " 1-3 10.0.0.1:1-3"},
	},
	"it moves": {
		[]seen{{1, "10.0.0.1", mac(macA)}, {2, "10.0.0.2", mac(macA)}},
		[]string{"mac:" + macA + " 1-2 10.0.0.1:1-1 10.0.0.2:2-2"},
	},
	"its address goes to another": {
		[]seen{{1, "10.0.0.1", mac(macA)}, {2, "10.0.0.1", mac(macB)}},
		[]string{"mac:" + macA + " 1-1 10.0.0.1:1-1", "mac:" + macB + " 2-2 10.0.0.1:2-2"},
	},
	"it moves and its address goes to another without a MAC, later in the sweep": {
		[]seen{{1, "10.0.0.1", mac(macA)}, {2, "10.0.0.2", mac(macA)}, {2, "10.0.0.1", plainHost}},
		[]string{"addr:10.0.0.1 2-2 10.0.0.1:2-2", "mac:" + macA + " 1-2 10.0.0.1:1-1 10.0.0.2:2-2"},
	},
	"and earlier in the sweep": {
		[]seen{{1, "10.0.0.1", mac(macA)}, {2, "10.0.0.1", plainHost}, {2, "10.0.0.2", mac(macA)}},
		[]string{"addr:10.0.0.1 2-2 10.0.0.1:2-2", "mac:" + macA + " 1-2 10.0.0.1:1-1 10.0.0.2:2-2"},
	},
	"one MAC on two addresses": {
		[]seen{{1, "10.0.0.1", mac(macA)}, {1, "10.0.0.2", mac(macA)}},
		[]string{"mac:" + macA + " 1-1 10.0.0.1:1-1 10.0.0.2:1-1"},
	},
	"its MAC becomes known": {
		[]seen{{1, "10.0.0.1", plainHost}, {2, "10.0.0.1", mac(macA)}},
		[]string{"mac:" + macA + " 1-2 10.0.0.1:1-2"},
	},
	"its MAC becomes known and was known elsewhere": {
		[]seen{{1, "10.0.0.2", mac(macA)}, {2, "10.0.0.1", plainHost}, {3, "10.0.0.1", mac(macA)}},
		[]string{"mac:" + macA + " 1-3 10.0.0.2:1-1 10.0.0.1:2-3"},
	},
	"its MAC is not shown any more": {
		[]seen{{1, "10.0.0.1", mac(macA)}, {2, "10.0.0.1", plainHost}, {3, "10.0.0.1", mac(macA)}},
		[]string{"mac:" + macA + " 1-3 10.0.0.1:1-3"},
	},
	"another kind of device on the address": {
		[]seen{{1, "10.0.0.1", mac(macA)}, {2, "10.0.0.1", whatsminer}},
		[]string{"addr:10.0.0.1 2-2 10.0.0.1:2-2", "mac:" + macA + " 1-1 10.0.0.1:1-1"},
	},
	"another kind of device without a MAC before": {
		[]seen{{1, "10.0.0.1", whatsminer}, {2, "10.0.0.1", mac(macA)}},
		[]string{"addr:10.0.0.1 1-1 10.0.0.1:1-1", "mac:" + macA + " 2-2 10.0.0.1:2-2"},
	},
	"the first port showed no MAC and no kind": {
		[]seen{
			{1, "10.0.0.1", whatsminer},
			{2, "10.0.0.1", func(h *minesweep.Host) { h.Vendor, h.Class, h.Verdict = "", "", minesweep.Suspected }},
			{2, "10.0.0.1", mac(macA)},
		},
		[]string{"addr:10.0.0.1 1-1 10.0.0.1:1-1", "mac:" + macA + " 2-2 10.0.0.1:2-2"},
	},
	"a serial, then a MAC": {
		[]seen{{1, "10.0.0.1", serial("SN-778")}, {2, "10.0.0.2", func(h *minesweep.Host) { h.Serial, h.MAC = "SN-778", macA }}},
		[]string{"mac:" + macA + " 1-2 10.0.0.1:1-1 10.0.0.2:2-2"},
	},
	"a MAC, then only a serial on its address": {
		[]seen{{1, "10.0.0.1", mac(macA)}, {2, "10.0.0.1", serial("SN-778")}},
		[]string{"mac:" + macA + " 1-2 10.0.0.1:1-2"},
	},
	"another serial on its address": {
		[]seen{{1, "10.0.0.1", func(h *minesweep.Host) { h.Serial, h.MAC = "SN-777", macA }}, {2, "10.0.0.1", serial("SN-778")}},
		[]string{"mac:" + macA + " 1-1 10.0.0.1:1-1", "serial:bitmain:SN-778 2-2 10.0.0.1:2-2"},
	},
	"too long ago": {
		[]seen{{1, "10.0.0.1", plainHost}, {152, "10.0.0.1", mac(macA)}},
		[]string{"addr:10.0.0.1 1-1 10.0.0.1:1-1", "mac:" + macA + " 152-152 10.0.0.1:152-152"},
	},
	"a later port takes the suspicion away": {
		[]seen{{1, "10.0.0.1", verdict(minesweep.Suspected)}, {1, "10.0.0.1", verdict(minesweep.Unidentified)}},
		nil,
	},
	"and the asset of yesterday stays as it was": {
		[]seen{{1, "10.0.0.1", mac(macA)}, {2, "10.0.0.1", plainHost}, {2, "10.0.0.1", verdict(minesweep.Silent)}},
		[]string{"mac:" + macA + " 1-1 10.0.0.1:1-1"},
	},
	"which hosts become assets": {
		[]seen{
			{1, "10.0.0.1", verdict(minesweep.Confirmed)}, {1, "10.0.0.2", verdict(minesweep.Suspected)},
			{1, "10.0.0.3", verdict(minesweep.DecoyHost)}, {1, "10.0.0.4", verdict(minesweep.Unidentified)},
			{1, "10.0.0.5", verdict(minesweep.Silent)},
		},
		[]string{"addr:10.0.0.1 1-1 10.0.0.1:1-1", "addr:10.0.0.2 1-1 10.0.0.2:1-1", "addr:10.0.0.3 1-1 10.0.0.3:1-1"},
	},
}

// tell lets a story happen and returns its assets as "key first-last
// address:first-last …", with days of the story for times.
func tell(t *testing.T, s *db.Store, c *clock, story []seen) []string {
	t.Helper()
	start := c.now()
	day := func(at time.Time) int { return int(at.Sub(start).Hours()/24) + 1 }
	var j *db.Journal
	for _, ev := range story {
		for day(c.now()) < ev.sweep || j == nil {
			if j != nil {
				must(t, j.Close(t.Context(), db.Done, ""))
				c.move(24 * time.Hour)
			}
			j = begin(t, s)
		}
		h := miner(ev.address, "", c)
		ev.change(&h)
		see(t, j, h, c)
	}
	var got []string
	for _, a := range assets(t, s, db.AssetFilter{}) {
		line := fmt.Sprintf("%s %d-%d", a.Key, day(a.FirstSeen), day(a.LastSeen))
		for _, d := range a.Addresses {
			line += fmt.Sprintf(" %s:%d-%d", d.Address, day(d.FirstSeen), day(d.LastSeen))
		}
		got = append(got, line)
	}
	slices.Sort(got)
	return got
}

func TestAssetsOverSweeps(t *testing.T) {
	skipInRace(t)
	for name, tt := range assetStories {
		t.Run(name, func(t *testing.T) {
			eachNew(t, func(t *testing.T, s *db.Store, c *clock) {
				if got := tell(t, s, c, tt.story); !reflect.DeepEqual(got, tt.want) {
					t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(tt.want, "\n\t"))
				}
			})
		})
	}
}

func TestAssetFilters(t *testing.T) {
	eachNew(t, func(t *testing.T, s *db.Store, c *clock) {
		j := begin(t, s)
		see(t, j, miner("10.0.0.1", macA, c), c)
		c.move(time.Hour)
		later := c.now()
		b := miner("10.0.1.1", macB, c)
		b.Vendor, b.Model, b.Algorithm, b.Class, b.Pool = "MicroBT", "WhatsMiner M30S++", "scrypt", minesweep.HomeMiner, "100%_pool"
		see(t, j, b, c)
		six := miner("2001:db8::1", "", c)
		six.Verdict = minesweep.Suspected
		see(t, j, six, c)
		for name, tt := range map[string]struct {
			filter db.AssetFilter
			want   string
		}{
			"all":           {db.AssetFilter{}, "10.0.0.1 10.0.1.1 2001:db8::1"},
			"limit":         {db.AssetFilter{Limit: 2}, "10.0.0.1 10.0.1.1"},
			"verdict":       {db.AssetFilter{Verdict: "suspected"}, "2001:db8::1"},
			"class":         {db.AssetFilter{Class: "home-miner"}, "10.0.1.1"},
			"vendor":        {db.AssetFilter{Vendor: "BITMAIN"}, "10.0.0.1 2001:db8::1"},
			"model":         {db.AssetFilter{Model: "whatsminer m30s++"}, "10.0.1.1"},
			"algorithm":     {db.AssetFilter{Algorithm: "sha256d"}, "10.0.0.1 2001:db8::1"},
			"pool":          {db.AssetFilter{Pool: "Pool.Example"}, "10.0.0.1 2001:db8::1"},
			"pool wildcard": {db.AssetFilter{Pool: "0%_p"}, "10.0.1.1"},
			"pool no wild":  {db.AssetFilter{Pool: "s%m"}, ""},
			"prefix":        {db.AssetFilter{Prefix: netip.MustParsePrefix("10.0.0.0/24")}, "10.0.0.1"},
			"prefix all v4": {db.AssetFilter{Prefix: netip.MustParsePrefix("0.0.0.0/0")}, "10.0.0.1 10.0.1.1"},
			"prefix v6":     {db.AssetFilter{Prefix: netip.MustParsePrefix("2001:db8::/32")}, "2001:db8::1"},
			"since":         {db.AssetFilter{SeenSince: later}, "10.0.1.1 2001:db8::1"},
			"two":           {db.AssetFilter{Vendor: "bitmain", SeenSince: later}, "2001:db8::1"},
			"quote":         {db.AssetFilter{Vendor: "' OR 1=1 --"}, ""},
			"nul":           {db.AssetFilter{Vendor: "a\x00"}, ""},
		} {
			var got []string
			for _, a := range assets(t, s, tt.filter) {
				got = append(got, a.Host.Address.String())
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("%s: %v, want %s", name, got, tt.want)
			}
		}
		for _, name := range []string{"10.0.1.1", "mac:" + macB} {
			if a, err := s.Asset(t.Context(), name); err != nil || a.Host.Model != b.Model || len(a.Addresses) != 1 {
				t.Errorf("asset %s: %+v, %v", name, a, err)
			}
		}
		for _, name := range []string{"10.0.9.9", "mac:nobody", "", "a\x00"} {
			if _, err := s.Asset(t.Context(), name); !errors.Is(err, db.ErrNotFound) {
				t.Errorf("asset %q: %v", name, err)
			}
		}
	})
}

func TestAssetLeavesItsOldAddress(t *testing.T) {
	eachNew(t, func(t *testing.T, s *db.Store, c *clock) {
		j := begin(t, s)
		see(t, j, miner("10.0.0.1", macA, c), c)
		must(t, j.Close(t.Context(), db.Done, ""))
		c.move(time.Hour)
		see(t, begin(t, s), miner("10.0.0.2", macA, c), c)
		if _, err := s.Asset(t.Context(), "10.0.0.1"); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("the address that it left: %v", err)
		}
		if a, err := s.Asset(t.Context(), "10.0.0.2"); err != nil || len(a.Addresses) != 2 {
			t.Errorf("%+v, %v", a, err)
		}
	})
}

func TestPagesAndFirstSight(t *testing.T) {
	eachNew(t, func(t *testing.T, s *db.Store, c *clock) {
		first := c.now()
		many := fewer(130, 20)
		for range 2 {
			j := begin(t, s)
			for i := many - 1; i >= 0; i-- {
				see(t, j, miner(fmt.Sprintf("10.0.0.%d", i), "", c), c)
			}
			must(t, j.Close(t.Context(), db.Done, ""))
			c.move(time.Hour)
		}
		next := netip.MustParseAddr("10.0.0.0")
		must(t, s.Hosts(t.Context(), 2, func(h minesweep.Host) error {
			if h.Address != next || !h.FirstSeen.Equal(first) || !h.LastSeen.Equal(first.Add(time.Hour)) {
				t.Errorf("host %s %s-%s, want %s", h.Address, h.FirstSeen, h.LastSeen, next)
			}
			next = next.Next()
			_, err := s.Asset(t.Context(), h.Address.String()) // yield may use the store
			return err
		}))
		if int(next.As4()[3]) != many || len(assets(t, s, db.AssetFilter{})) != many {
			t.Errorf("ended before %s", next)
		}
		enough := errors.New("enough")
		if err := s.Hosts(t.Context(), 2, func(minesweep.Host) error { return enough }); !errors.Is(err, enough) {
			t.Errorf("a broken pipe: %v", err)
		}
	})
}
