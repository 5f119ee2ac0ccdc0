//go:build root

package wire

import (
	"bytes"
	"net/netip"
	"slices"
	"testing"
	"time"
)

func newLab(t *testing.T, o Options) *Lab {
	t.Helper()
	l, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// zoo has every kind.
func zoo() Responder {
	place := func(p string, k Kind, after uint32) Place { return Place{netip.MustParsePrefix(p), k, after} }
	return Responder{Seed: 7, OpenOneIn: 10, RefusePercent: 30, Options: []byte{2, 4, 5, 180, 1, 1, 4, 2},
		ProxyPercent: 5, AllOpenPercent: 5,
		Places: []Place{place("10.1.0.0/16", Plain, 0), place("10.1.1.0/24", Middlebox, 0), place("10.1.1.9/32", Silent, 0),
			place("10.1.2.0/24", Unreachable, 0), place("10.1.5.0/24", Silent, 0), place("10.1.6.0/25", Proxy, 0),
			place("10.1.6.128/25", AllOpen, 0)},
		Scope: prefixes("10.0.0.0/8", "100.64.0.0/10", "fd00:2::/97"),
		Watch: prefixes("10.1.1.0/24", "10.1.3.7/32"),
		Pairs: Pairs{netip.MustParsePrefix("10.1.0.0/20"), []uint16{80, 4028, 3333}},
	}
}

// want is what r says that target answers; ok is whether it answers at all.
func want(r *Responder, target netip.AddrPort) (h heard, ok bool) {
	kind, h := r.Kind(target.Addr()), heard{from: target, options: []byte{}}
	synAck := heard{from: target, flags: 0x12, window: Window, options: r.Options}
	switch {
	case kind == Proxy:
		h.flags = 0x12
		return h, true
	case kind == AllOpen, r.Open(target.Addr(), target.Port()):
		return synAck, true
	case kind == Middlebox:
		synAck.window = MiddleboxWindow
		return synAck, true
	case kind == Unreachable:
		return heard{from: target, icmp: true}, true
	case r.Refuses(target.Addr(), target.Port()):
		h.flags = 0x14
		return h, true
	}
	return heard{}, false
}

func targets(ports []uint16, nets ...string) (out []netip.AddrPort) {
	for _, p := range prefixes(nets...) {
		for a := p.Addr(); p.Contains(a); a = a.Next() {
			for _, port := range ports {
				out = append(out, netip.AddrPortFrom(a, port))
			}
		}
	}
	return out
}

func TestRootWireAnswersByTheTruth(t *testing.T) {
	l := newLab(t, Options{})
	r := zoo()
	if err := l.Answer(r); err != nil {
		t.Fatal(err)
	}
	p := newProber(t, l)
	var wanted []heard
	sent := targets(r.Pairs.Ports, "10.1.0.0/20", "100.64.3.0/22", "10.255.255.0/24", "fd00:2::a01:0/118")
	for _, target := range sent {
		p.send(target)
		if h, ok := want(&r, target); ok {
			wanted = append(wanted, h)
		}
	}
	got := p.hear(len(wanted))
	order := func(a, b heard) int { return a.from.Compare(b.from) }
	slices.SortFunc(got, order)
	slices.SortFunc(wanted, order)
	kinds := map[byte]int{}
	for i, w := range wanted {
		g := got[i]
		if g.from != w.from || g.flags != w.flags || g.window != w.window || g.icmp != w.icmp || !bytes.Equal(g.options, w.options) {
			t.Fatalf("%s answered %+v, want %+v", w.from, g, w)
		}
		kinds[g.flags]++
	}
	if len(kinds) != 3 {
		t.Errorf("answers by TCP flags: %v; want SYN-ACK, RST-ACK and ICMP", kinds)
	}
	tally := l.Tally()
	answers := tally.OpenHits + tally.Pretended + tally.Refused + tally.Unreachables
	if tally.SYNs != uint64(len(sent)) || answers != uint64(len(wanted)) || tally.Silent != tally.SYNs-answers {
		t.Errorf("%d sent, %d wanted: %+v", len(sent), len(wanted), tally)
	}
	if tally.Outside != 0 || tally.Unreachables != 3*256 || tally.ScannerRSTs == 0 {
		t.Errorf("%+v; want nothing outside, 768 unreachables, and the near kernel's RSTs", tally)
	}
}

func TestRootWireTruthIsWhatIsOpen(t *testing.T) {
	l := newLab(t, Options{NoGRO: true})
	r := Responder{Seed: 9, OpenOneIn: 50}
	if err := l.Answer(r); err != nil {
		t.Fatal(err)
	}
	p := newProber(t, l)
	ports := []uint16{1, 2, 65535}
	truth := slices.Collect(r.Truth(prefixes("10.9.0.0/22"), ports))
	for _, target := range targets(ports, "10.9.0.0/22") {
		p.send(target)
	}
	var got []netip.AddrPort
	for _, h := range p.hear(len(truth)) {
		if h.flags != 0x12 || len(h.options) != 0 {
			t.Errorf("%s: flags %#x, options %x; want a bare SYN-ACK", h.from, h.flags, h.options)
		}
		got = append(got, h.from)
	}
	if !slices.Equal(got, truth) {
		t.Errorf("open %v\nwant %v", got, truth)
	}
	if tally := l.Tally(); tally.OpenHits != uint64(len(truth)) || len(truth) == 0 {
		t.Errorf("%d are open: %+v", len(truth), tally)
	}
}

func TestRootWireCountsWhatComes(t *testing.T) {
	l := newLab(t, Options{})
	r := zoo()
	if err := l.Answer(r); err != nil {
		t.Fatal(err)
	}
	p := newProber(t, l)
	begin := Now()
	send := func(texts ...string) {
		for _, s := range texts {
			p.send(netip.MustParseAddrPort(s))
		}
	}
	send("10.1.3.7:80", "10.1.3.7:80", "10.1.3.7:4028", "10.1.1.1:81", "10.1.15.255:3333", "10.2.0.0:80")
	send("8.8.8.8:53", "100.128.0.1:1", "[fd00:2::8000:2]:1", "[2001:db8::1]:1")
	tally := l.Tally()
	outsiders := []netip.Addr{netip.MustParseAddr("8.8.8.8"), netip.MustParseAddr("100.128.0.1"),
		netip.MustParseAddr("fd00:2::8000:2"), netip.MustParseAddr("2001:db8::1")}
	if tally.Outside != 4 || !slices.Equal(tally.OutsideFirst, outsiders) {
		t.Errorf("outside: %d, %v; want %v", tally.Outside, tally.OutsideFirst, outsiders)
	}
	for range 2 * keptOutside {
		send("9.9.9.9:9")
	}
	if tally := l.Tally(); tally.Outside != 4+2*keptOutside || len(tally.OutsideFirst) != keptOutside {
		t.Errorf("outside: %d, of which %d are kept", tally.Outside, len(tally.OutsideFirst))
	}
	seen, err := l.Seen()
	if err != nil {
		t.Fatal(err)
	}
	wanted := map[string]uint8{"10.1.3.7:80": 2, "10.1.3.7:4028": 1, "10.1.15.255:3333": 1}
	for target, n := range seen.All() {
		if n != wanted[target.String()] {
			t.Errorf("%s got %d SYNs, want %d", target, n, wanted[target.String()])
		}
	}
	if none, once, more := seen.Times(); none != 3*4096-3 || once != 2 || more != 1 {
		t.Errorf("%d pairs never, %d once, %d more often", none, once, more)
	}
	all, middlebox, one := l.Timeline(), l.Watched(0), l.Watched(1)
	if all.Count != 9+2*keptOutside || middlebox.Count != 1 || one.Count != 3 || one.Max(time.Hour) != 3 {
		t.Errorf("timelines count %d, %d, %d", all.Count, middlebox.Count, one.Count)
	}
	if all.First < begin || all.First != one.First || one.Last <= one.First || one.Last > middlebox.First || middlebox.First > all.Last || all.Last > Now() {
		t.Errorf("times begin %v; all %v–%v, one %v–%v, middlebox %v", begin, all.First, all.Last, one.First, one.Last, middlebox.First)
	}
	if err := l.Answer(r); err != nil {
		t.Fatal(err)
	}
	if tally := l.Tally(); tally.Frames != 0 || l.Timeline().Count != 0 {
		t.Errorf("a new responder begins with %+v", tally)
	}
}

func TestRootWireStormBegins(t *testing.T) {
	l := newLab(t, Options{})
	r := Responder{Seed: 1, OpenOneIn: 4, Places: []Place{{netip.MustParsePrefix("10.7.0.0/24"), Storm, 100}}}
	if err := l.Answer(r); err != nil {
		t.Fatal(err)
	}
	p := newProber(t, l)
	open := 0
	for i, target := range targets([]uint16{80}, "10.7.0.0/24") {
		p.send(target)
		if i < 100 && r.Open(target.Addr(), 80) {
			open++
		}
	}
	p.hear(open + 156)
	if tally := l.Tally(); tally.Refused != 156 || tally.OpenHits != uint64(open) || open == 0 {
		t.Errorf("%d are open among the first 100: %+v", open, tally)
	}
}
