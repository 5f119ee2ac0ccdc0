package schedules

import (
	"encoding/binary"
	"math/bits"
	"net/netip"
	"sort"

	"go4.org/netipx"
)

// addressCount counts addresses of a set quickly, whatever its size.
type addressCount struct {
	ranges []netipx.IPRange
	before []uint64 // addresses before each range
	total  uint64
}

// newAddressCount counts the addresses of set inside the prefixes.
func newAddressCount(set *netipx.IPSet, prefixes []netip.Prefix) *addressCount {
	c := &addressCount{ranges: intersect(set, prefixes).Ranges()}
	for _, r := range c.ranges {
		c.before = append(c.before, c.total)
		c.total += size(r.From(), r.To())
	}
	return c
}

// intersect returns the addresses of set inside the prefixes.
func intersect(set *netipx.IPSet, prefixes []netip.Prefix) *netipx.IPSet {
	var b netipx.IPSetBuilder
	for _, p := range prefixes {
		b.AddPrefix(p)
	}
	b.Intersect(set)
	out, err := b.IPSet()
	if err != nil { // of invalid prefixes, which no grant has
		return &netipx.IPSet{}
	}
	return out
}

// in counts the addresses inside p.
func (c *addressCount) in(p netip.Prefix) uint64 {
	r := netipx.RangeOfPrefix(p)
	return c.total - c.below(r.From()) - c.above(r.To())
}

func (c *addressCount) below(addr netip.Addr) uint64 {
	i := sort.Search(len(c.ranges), func(i int) bool { return !c.ranges[i].To().Less(addr) })
	if i == len(c.ranges) {
		return c.total
	}
	if r := c.ranges[i]; r.From().Less(addr) {
		return c.before[i] + size(r.From(), addr) - 1
	}
	return c.before[i]
}

func (c *addressCount) above(addr netip.Addr) uint64 {
	i := sort.Search(len(c.ranges), func(i int) bool { return addr.Less(c.ranges[i].To()) })
	if i == len(c.ranges) {
		return 0
	}
	n := c.total - c.before[i]
	if r := c.ranges[i]; !addr.Less(r.From()) {
		n -= size(r.From(), addr)
	}
	return n
}

// fullest returns the most addresses of one /24 (IPv6: /64).
func (c *addressCount) fullest() uint64 {
	var most, n uint64
	var last netip.Prefix
	for _, r := range c.ranges {
		first, end := neighbourhood(r.From()), neighbourhood(r.To())
		if first != last {
			n = 0
		}
		if first == end {
			n += size(r.From(), r.To())
			most, last = max(most, n), end
			continue
		}
		head := netipx.RangeOfPrefix(first)
		most = max(most, n+size(r.From(), head.To()))
		tail := netipx.RangeOfPrefix(end)
		if head.To().Next() != tail.From() {
			most = max(most, size(head.To().Next(), netipx.RangeOfPrefix(neighbourhood(head.To().Next())).To()))
		}
		n, last = size(tail.From(), r.To()), end
		most = max(most, n)
	}
	return most
}

// neighbourhood is what --rate-per-24 counts over.
func neighbourhood(addr netip.Addr) netip.Prefix {
	length := 24
	if addr.Is6() {
		length = 64
	}
	p, _ := addr.Prefix(length) // fails for an invalid address only
	return p
}

// size is how many addresses lie from one to the other, both included; what
// does not fit is the most that does.
func size(from, to netip.Addr) uint64 {
	a, b := from.As16(), to.As16()
	low, borrow := bits.Sub64(binary.BigEndian.Uint64(b[8:]), binary.BigEndian.Uint64(a[8:]), 0)
	high, _ := bits.Sub64(binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(a[:8]), borrow)
	if high > 0 || low == 1<<64-1 {
		return 1<<64 - 1
	}
	return low + 1
}
