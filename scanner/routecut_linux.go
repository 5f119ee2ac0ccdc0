package scanner

import (
	"net/netip"
	"slices"

	"go4.org/netipx"
)

// piece is a stretch of addresses between two borders of the routing tables,
// in which the kernel sends everything the same way.
type piece struct {
	from   netip.Addr     // where the stretch begins
	sample netipx.IPRange // the first targets in it
}

// cut returns the pieces that hold targets, in order. borders are the first
// addresses of stretches, in any order; each family begins one by itself. Two
// target ranges in one stretch make one piece, so that thousands of prefixes
// behind one route cost one question.
func cut(targets *netipx.IPSet, borders []netip.Addr) []piece {
	borders = append(borders, netip.IPv4Unspecified(), netip.IPv6Unspecified())
	slices.SortFunc(borders, netip.Addr.Compare)
	borders = slices.Compact(borders)
	var pieces []piece
	for _, r := range targets.Ranges() {
		at, exact := slices.BinarySearchFunc(borders, r.From(), netip.Addr.Compare)
		if !exact {
			at-- // the stretch that r begins in; the family's first address is a border
		}
		for ; at < len(borders) && borders[at].Compare(r.To()) <= 0; at++ {
			if n := len(pieces); n > 0 && pieces[n-1].from == borders[at] {
				continue
			}
			pieces = append(pieces, piece{borders[at], overlap(r, borders, at)})
		}
	}
	return pieces
}

// overlap is what r and the stretch that begins at borders[at] have in common.
func overlap(r netipx.IPRange, borders []netip.Addr, at int) netipx.IPRange {
	from, to := r.From(), r.To()
	if from.Less(borders[at]) {
		from = borders[at]
	}
	if at+1 < len(borders) && borders[at+1].Compare(to) <= 0 {
		to = borders[at+1].Prev()
	}
	return netipx.IPRangeFrom(from, to)
}

// bordersOf returns where p begins and where what follows it does.
func bordersOf(p netip.Prefix) []netip.Addr {
	r := netipx.RangeOfPrefix(p)
	if next := r.To().Next(); next.IsValid() {
		return []netip.Addr{r.From(), next}
	}
	return []netip.Addr{r.From()}
}

// nameRange writes r as an operator would: a prefix where it is one.
func nameRange(r netipx.IPRange) string {
	if p, ok := r.Prefix(); ok {
		if p.IsSingleIP() {
			return p.Addr().String()
		}
		return p.String()
	}
	return r.String()
}

// hopTable finds the hop of an address among sorted stretches.
type hopTable struct {
	starts4 []uint32 // IPv4 stretches, by first address
	hops4   []int32
	starts6 []netip.Addr
	hops6   []int32
}

// add appends the stretch that begins at from, in order of from. Neighbours
// with one hop are one stretch; the first of a family begins at its first address.
func (t *hopTable) add(from netip.Addr, hop int) {
	if from.Is4() {
		if n := len(t.hops4); n == 0 {
			from = netip.IPv4Unspecified()
		} else if t.hops4[n-1] == int32(hop) {
			return
		}
		t.starts4 = append(t.starts4, number4(from))
		t.hops4 = append(t.hops4, int32(hop))
		return
	}
	if n := len(t.hops6); n == 0 {
		from = netip.IPv6Unspecified()
	} else if t.hops6[n-1] == int32(hop) {
		return
	}
	t.starts6 = append(t.starts6, from)
	t.hops6 = append(t.hops6, int32(hop))
}

// of returns the hop of addr, or -1 where its family has none.
func (t *hopTable) of(addr netip.Addr) int {
	if addr.Is4() {
		if len(t.hops4) == 0 {
			return -1
		}
		return int(t.hops4[last4(t.starts4, number4(addr))])
	}
	low, high := 0, len(t.starts6)
	if high == 0 {
		return -1
	}
	for high-low > 1 {
		if mid := (low + high) / 2; t.starts6[mid].Compare(addr) <= 0 {
			low = mid
		} else {
			high = mid
		}
	}
	return int(t.hops6[low])
}

// last4 returns the index of the last of starts that is not above addr; the
// first one is 0.
func last4(starts []uint32, addr uint32) int {
	low, n := 0, len(starts)
	for n > 1 {
		half := n / 2
		if starts[low+half] <= addr {
			low += half
		}
		n -= half
	}
	return low
}

func number4(a netip.Addr) uint32 {
	b := a.As4()
	return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
}
