package minesweep

import (
	"iter"
	"net/netip"
	"slices"

	"go4.org/netipx"
)

// Stretch is a range of addresses that one grant allows by one of its prefixes.
type Stretch struct {
	Range  netipx.IPRange
	Grant  *Grant
	Prefix netip.Prefix
}

// Stretches yields what the scope allows, in order and without overlap:
// [Scope.Decide] allows an address exactly where a stretch holds it, and under
// the same grant. An engine that looks up each packet makes its table from it.
func (s *Scope) Stretches() iter.Seq[Stretch] {
	return func(yield func(Stretch) bool) {
		if s.allowed == nil {
			return
		}
		starts := s.grantStarts()
		for _, r := range s.allowed.Ranges() {
			for at := r.From(); at.IsValid(); {
				cut := s.stretchAt(at, r.To(), starts)
				if !yield(cut) {
					return
				}
				if at = cut.Range.To().Next(); r.To().Less(at) {
					break
				}
			}
		}
	}
}

// stretchAt returns the stretch that begins at from and ends at to at the latest.
func (s *Scope) stretchAt(from, to netip.Addr, starts []netip.Addr) Stretch {
	prefix, grant, _ := s.grants.LookupPrefixLPM(netip.PrefixFrom(from, from.BitLen()))
	if last := netipx.PrefixLastIP(prefix); last.Less(to) {
		to = last
	}
	// A longer prefix may begin before this one ends.
	if i, found := slices.BinarySearchFunc(starts, from.Next(), netip.Addr.Compare); i < len(starts) {
		if next := starts[i]; found || next.Compare(to) <= 0 {
			to = next.Prev()
		}
	}
	return Stretch{Range: netipx.IPRangeFrom(from, to), Grant: grant, Prefix: prefix}
}

// grantStarts returns where the prefixes of grants begin, in order.
func (s *Scope) grantStarts() []netip.Addr {
	var starts []netip.Addr
	for p := range s.grants.All() {
		starts = append(starts, p.Addr())
	}
	slices.SortFunc(starts, netip.Addr.Compare)
	return slices.Compact(starts)
}
