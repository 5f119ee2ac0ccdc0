package mapper

import (
	"math/rand/v2"
	"net/netip"
	"reflect"
	"slices"
	"testing"
	"time"

	"minesweep"
)

var (
	addr = netip.MustParseAddr("10.0.0.7")
	at   = time.Date(2026, 3, 1, 2, 0, 0, 0, time.UTC)
)

func newMapper(t testing.TB) *Mapper {
	t.Helper()
	m, err := New(Config{Key: []byte("0123456789abcdef")})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func reply(port uint16, probe, request, raw string) minesweep.Reply {
	return minesweep.Reply{
		Target: netip.AddrPortFrom(addr, port), Probe: probe, At: at,
		Request: []byte(request), Raw: []byte(raw), End: minesweep.EndEOF,
	}
}

func opened(ports ...uint16) []minesweep.OpenPort {
	var out []minesweep.OpenPort
	for _, p := range ports {
		out = append(out, minesweep.OpenPort{Target: netip.AddrPortFrom(addr, p), At: at, Engine: "connect"})
	}
	return out
}

func evidence(id string, port uint16, s minesweep.Strength, weight int, c minesweep.Claims) minesweep.Evidence {
	return minesweep.Evidence{
		Fingerprint: id, Probe: "cgminer/version", Port: port, Strength: s, Weight: weight, Quote: "q " + id, Claims: c,
	}
}

func ptr[T any](v T) *T { return &v }

func TestNewRefusesShortKey(t *testing.T) {
	_, err := New(Config{Key: []byte("short")})
	if err == nil || err.Error() != "mapper: key has 5 bytes, give at least 16" {
		t.Errorf("New with a key of 5 bytes: %v", err)
	}
}

func TestAssessNeverLeavesNulls(t *testing.T) {
	h := newMapper(t).Assess(minesweep.Observation{Address: addr, At: at})
	if h.Ports == nil || h.Evidence == nil || h.Doubts == nil {
		t.Errorf("a host of nothing has nil lists: %+v", h)
	}
	if h.Verdict != minesweep.Silent || h.LastSeen != at {
		t.Errorf("verdict %s, last seen %s", h.Verdict, h.LastSeen)
	}
}

// TestOrderNeverDecides shuffles ports, replies and evidence of each host in
// the tables of this package.
func TestOrderNeverDecides(t *testing.T) {
	m := newMapper(t)
	r := rand.New(rand.NewPCG(1, 2))
	var all []minesweep.Observation
	for _, tt := range verdictTests() {
		all = append(all, tt.saw)
	}
	for _, tt := range decoyTests() {
		all = append(all, tt.saw)
	}
	for i, o := range all {
		o.Grant = &minesweep.Grant{}
		want := m.Assess(o)
		for range 20 {
			s := o
			s.Ports, s.Replies, s.Evidence = slices.Clone(o.Ports), slices.Clone(o.Replies), slices.Clone(o.Evidence)
			r.Shuffle(len(s.Ports), reflect.Swapper(s.Ports))
			r.Shuffle(len(s.Replies), reflect.Swapper(s.Replies))
			r.Shuffle(len(s.Evidence), reflect.Swapper(s.Evidence))
			if got := m.Assess(s); !reflect.DeepEqual(got, want) {
				t.Fatalf("observation %d: order decided:\n got %+v\nwant %+v", i, got, want)
			}
		}
	}
}
