package minesweep_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"go4.org/netipx"

	"minesweep"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func grant(name string, prefixes ...string) minesweep.Grant {
	g := minesweep.Grant{Name: name}
	for _, p := range prefixes {
		g.Prefixes = append(g.Prefixes, netip.MustParsePrefix(p))
	}
	return g
}

func TestScopeDecides(t *testing.T) {
	wide, narrow := grant("wide", "10.0.0.0/8"), grant("narrow", "10.1.0.0/16", "2001:db8::/64", "224.0.0.0/8")
	old := grant("old", "192.0.2.0/24")
	old.ValidTo = noon
	night := grant("night", "198.51.100.0/24")
	night.Window, _ = minesweep.ParseWindow("00:30-06:30", "UTC")
	gone := grant("gone", "203.0.113.0/24")
	gone.RevokedAt = noon.Add(-time.Hour)
	scope, err := minesweep.NewScope([]minesweep.Grant{wide, narrow, old, night, gone},
		[]minesweep.Exclusion{{Prefix: netip.MustParsePrefix("10.1.2.0/24"), Reason: "hospital"}}, noon)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ addr, grant, refusal string }{
		{"10.9.9.9", "wide", ""},
		{"10.1.9.9", "narrow", ""},
		{"::ffff:10.1.9.9", "narrow", ""},
		{"2001:db8::7", "narrow", ""},
		{"10.1.2.3", "", "hospital"},
		{"224.0.0.1", "", "multicast"},
		{"0.1.2.3", "", "never probed"},
		{"127.0.0.1", "", "no grant"},
		{"192.0.2.1", "", "grant old is expired"},
		{"198.51.100.1", "", "allowed only 00:30-06:30 UTC"},
		{"203.0.113.1", "", "revoked"},
		{"8.8.8.8", "", "no grant covers 8.8.8.8"},
	} {
		g, err := scope.Decide(netip.MustParseAddr(c.addr))
		if c.refusal == "" {
			if err != nil || g.Name != c.grant {
				t.Errorf("%s: got %v, %v, want grant %s", c.addr, g, err, c.grant)
			}
			continue
		}
		if !errors.Is(err, minesweep.ErrRefused) || !strings.Contains(err.Error(), c.refusal) {
			t.Errorf("%s: got %v, want a refusal with %q", c.addr, err, c.refusal)
		}
	}
}

func TestZeroScopeRefuses(t *testing.T) {
	var scope minesweep.Scope
	if _, err := scope.Decide(netip.MustParseAddr("127.0.0.1")); !errors.Is(err, minesweep.ErrRefused) {
		t.Errorf("got %v", err)
	}
	allowed, refused, err := scope.Split(set(t, "127.0.0.0/30"))
	if err != nil || len(allowed.Ranges()) != 0 || len(refused.Ranges()) != 1 {
		t.Errorf("got %v, %v, %v", allowed, refused, err)
	}
}

func set(t *testing.T, prefixes ...string) *netipx.IPSet {
	t.Helper()
	var b netipx.IPSetBuilder
	for _, p := range prefixes {
		b.AddPrefix(netip.MustParsePrefix(p))
	}
	s, err := b.IPSet()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestSplitAgreesWithDecide holds the set that plans a sweep against the
// look-up that guards each packet.
func TestSplitAgreesWithDecide(t *testing.T) {
	scope, err := minesweep.NewScope([]minesweep.Grant{grant("a", "10.0.0.0/26", "10.0.0.128/25")},
		[]minesweep.Exclusion{{Prefix: netip.MustParsePrefix("10.0.0.160/27")}}, noon)
	if err != nil {
		t.Fatal(err)
	}
	allowed, refused, err := scope.Split(set(t, "10.0.0.0/24"))
	if err != nil {
		t.Fatal(err)
	}
	for a := netip.MustParseAddr("10.0.0.0"); a != netip.MustParseAddr("10.0.1.0"); a = a.Next() {
		_, err := scope.Decide(a)
		if allowed.Contains(a) != (err == nil) || refused.Contains(a) == (err == nil) {
			t.Errorf("%s: decided %v, planned %v", a, err, allowed.Contains(a))
		}
	}
}

func TestGrantValidate(t *testing.T) {
	for _, c := range []struct {
		change func(*minesweep.Grant)
		want   string
	}{
		{func(g *minesweep.Grant) { g.Name = "" }, "name is empty"},
		{func(g *minesweep.Grant) { g.Prefixes = nil }, "no prefix given"},
		{func(g *minesweep.Grant) { g.Prefixes = []netip.Prefix{netip.MustParsePrefix("10.0.0.7/8")} }, "write 10.0.0.0/8"},
		{func(g *minesweep.Grant) { g.Rate = -1 }, "below 0"},
		{func(g *minesweep.Grant) { g.Privacy = "none" }, `privacy "none"`},
		{func(g *minesweep.Grant) { g.ValidFrom, g.ValidTo = noon, noon }, "ends"},
	} {
		g := grant("g", "10.0.0.0/8")
		c.change(&g)
		if err := g.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
}

func TestWindow(t *testing.T) {
	for _, c := range []struct {
		hours, zone, at string
		want            bool
	}{
		{"", "", "12:00", true},
		{"00:30-06:30", "UTC", "00:29", false},
		{"00:30-06:30", "UTC", "00:30", true},
		{"00:30-06:30", "UTC", "06:30", false},
		{"22:00-02:00", "UTC", "23:59", true},
		{"22:00-02:00", "UTC", "01:59", true},
		{"22:00-02:00", "UTC", "12:00", false},
		{"00:30-06:30", "Asia/Shanghai", "17:00", true}, // 01:00 there
		{"00:30:01-06:30", "UTC", "00:30", false},
		{"00:30-06:30:30", "UTC", "06:30", true},
	} {
		w, err := minesweep.ParseWindow(c.hours, c.zone)
		if err != nil {
			t.Fatal(err)
		}
		at, _ := time.Parse("15:04", c.at)
		if got := w.Contains(time.Date(2026, 11, 21, at.Hour(), at.Minute(), 0, 0, time.UTC)); got != c.want {
			t.Errorf("%s %s at %s UTC: got %v", c.hours, c.zone, c.at, got)
		}
		if again, err := minesweep.ParseWindow(w.Hours(), w.ZoneName()); err != nil || again.String() != w.String() {
			t.Errorf("%s: read back as %v, %v", w, again, err)
		}
	}
	for _, bad := range []string{"25:00-02:00", "1-2", "00:30", "06:30-06:30", "00:30:00.5-06:30", "x"} {
		if _, err := minesweep.ParseWindow(bad, "UTC"); err == nil || !strings.Contains(err.Error(), "00:30-06:30") {
			t.Errorf("%q: got %v", bad, err)
		}
	}
	if _, err := minesweep.ParseWindow("00:30-06:30", "Asia/Nowhere"); err == nil {
		t.Error("a zone that does not exist was accepted")
	}
}
