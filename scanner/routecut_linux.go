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
