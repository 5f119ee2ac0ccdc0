package scanner

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"

	"go4.org/netipx"
)

// Loopback needs no privilege, and has a way on every machine.
func TestRoutesOfLoopback(t *testing.T) {
	targets, err := ParseTargets([]string{"127.77.0.0/24"})
	if err != nil {
		t.Fatal(err)
	}
	r, err := findRoutes(t.Context(), targets, routeConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	if changed, err := r.refresh(t.Context()); changed || err != nil {
		t.Errorf("refresh: %v, %v", changed, err)
	}
	hops := r.hops()
	if len(hops) != 1 || hops[0].name != "lo" || hops[0].ether || hops[0].header() != nil || hops[0].gateway.IsValid() {
		t.Fatalf("hops are %+v", hops)
	}
	if got, want := r.sources(), hops[0].sources; !slices.Equal(got, want) || !want[0].IsLoopback() {
		t.Errorf("sources are %v, those of the hop %v", got, want)
	}
	if n := r.of(netip.MustParseAddr("127.77.0.9")); n != 0 {
		t.Errorf("a target has hop %d", n)
	}
	if n := r.of(netip.MustParseAddr("::1")); n != -1 {
		t.Errorf("an IPv6 address has hop %d", n)
	}
}

// randomPrefix lies around 10.0.255.0, 10.1.254.0 and their like, or in
// 2001:db8::/112; it has at most 512 addresses.
func randomPrefix(rng *rand.Rand) netip.Prefix {
	low, last := byte(rng.IntN(3)), byte(rng.IntN(256))
	if rng.IntN(3) == 0 {
		a := netip.MustParseAddr("2001:db8::").As16()
		a[14], a[15] = low, last
		return netip.PrefixFrom(netip.AddrFrom16(a), 119+rng.IntN(10)).Masked()
	}
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, low, 254 + low%2, last}), 23+rng.IntN(10)).Masked()
}

// randomRoute is one of these, or a short one.
func randomRoute(rng *rand.Rand) netip.Prefix {
	p := randomPrefix(rng)
	if rng.IntN(4) == 0 {
		return netip.PrefixFrom(p.Addr(), rng.IntN(p.Bits())).Masked()
	}
	return p
}

// naive is the longest prefix of the table that holds addr, by looking at all;
// its way is the number that it was given.
func naive(table map[netip.Prefix]int, addr netip.Addr) int {
	best, way := -1, 0
	for p, w := range table {
		if p.Contains(addr) && p.Bits() > best {
			best, way = p.Bits(), w
		}
	}
	return way
}

// For random routing tables, every target has the way of the naive look-up,
// however the pieces were cut and merged.
func TestCutAndLookUpAgreeWithTheNaiveWay(t *testing.T) {
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 4))
		table := map[netip.Prefix]int{}
		var borders []netip.Addr
		for range rng.IntN(40) {
			p := randomRoute(rng)
			table[p] = rng.IntN(4)
			borders = append(borders, bordersOf(p)...)
		}
		var b netipx.IPSetBuilder
		for range 1 + rng.IntN(30) {
			b.AddPrefix(randomPrefix(rng))
		}
		targets, err := b.IPSet()
		if err != nil {
			t.Fatal(err)
		}
		var lookup hopTable
		for _, p := range cut(targets, borders) {
			if !targets.ContainsRange(p.sample) {
				t.Fatalf("seed %d: %v is no range of targets", seed, p.sample)
			}
			if a, z := naive(table, p.sample.From()), naive(table, p.sample.To()); a != z {
				t.Fatalf("seed %d: %v has the ways %d and %d", seed, p.sample, a, z)
			}
			lookup.add(p.from, naive(table, p.sample.From()))
		}
		lookup.seal()
		for _, r := range targets.Ranges() {
			for addr := r.From(); addr.IsValid() && addr.Compare(r.To()) <= 0; addr = addr.Next() {
				if got, want := lookup.of(addr), naive(table, addr); got != want {
					t.Fatalf("seed %d: %s has way %d, want %d", seed, addr, got, want)
				}
			}
		}
	}
}

func TestCutAsksOnceForAStretch(t *testing.T) {
	var b netipx.IPSetBuilder
	for i := range 10_000 {
		b.AddPrefix(netip.MustParsePrefix(fmt.Sprintf("100.%d.%d.0/28", 64+i/256, i%256)))
	}
	targets, err := b.IPSet()
	if err != nil {
		t.Fatal(err)
	}
	borders := slices.Concat(bordersOf(netip.MustParsePrefix("100.80.0.0/16")), bordersOf(netip.MustParsePrefix("255.255.0.0/16")))
	var samples []string
	for _, p := range cut(targets, borders) {
		samples = append(samples, p.from.String()+" "+nameRange(p.sample))
	}
	want := []string{"0.0.0.0 100.64.0.0/28", "100.80.0.0 100.80.0.0/28", "100.81.0.0 100.81.0.0/28"}
	if !slices.Equal(samples, want) {
		t.Errorf("pieces are %q", samples)
	}
	whole := netipx.MustParseIPRange("0.0.0.0-255.255.255.255")
	b = netipx.IPSetBuilder{}
	b.AddRange(whole)
	if targets, err = b.IPSet(); err != nil {
		t.Fatal(err)
	}
	if pieces := cut(targets, borders); len(pieces) != 4 || pieces[3].sample.String() != "255.255.0.0-255.255.255.255" {
		t.Errorf("pieces of everything are %v", pieces)
	}
}

// tenThousandStretches is the worst case of the look-up: no two neighbours alike.
func tenThousandStretches() *hopTable {
	var table hopTable
	for i := range uint32(10_000) {
		n := i * 400_000
		table.add(netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}), int(i%2))
	}
	table.add(netip.MustParseAddr("2001:db8::"), 0)
	table.seal()
	return &table
}

func TestLookUpAllocatesNothing(t *testing.T) {
	table, addr := tenThousandStretches(), netip.MustParseAddr("100.64.1.2")
	if n := testing.AllocsPerRun(100, func() { table.of(addr) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if n := testing.AllocsPerRun(100, func() { table.of(netip.IPv6Loopback()) }); n != 0 {
		t.Errorf("%v allocations of IPv6", n)
	}
}

func BenchmarkLookUp(b *testing.B) {
	table := tenThousandStretches()
	n, sum := uint32(1), 0
	for b.Loop() {
		n = n*1664525 + 1013904223
		sum += table.of(netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}))
	}
	_ = sum
}
