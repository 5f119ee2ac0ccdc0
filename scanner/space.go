package scanner

import (
	"encoding/binary"
	"math/bits"
	"net/netip"
	"sort"

	"go4.org/netipx"

	"minesweep"
)

// space numbers the probes of a plan: addresses × ports.
type space struct {
	ranges []netipx.IPRange
	before []uint64 // addresses before each range
	ports  []uint16
}

// newSpace numbers a plan whose total fits 62 bits.
func newSpace(plan minesweep.Plan) *space {
	s := &space{ranges: plan.Targets.Ranges(), ports: plan.Ports}
	var sum uint64
	for _, r := range s.ranges {
		s.before = append(s.before, sum)
		sum += distance(r.From(), r.To()) + 1
	}
	return s
}

// target returns probe number index.
func (s *space) target(index uint64) netip.AddrPort {
	ports := uint64(len(s.ports))
	nth := index / ports
	i := sort.Search(len(s.before), func(i int) bool { return s.before[i] > nth }) - 1
	addr := advance(s.ranges[i].From(), nth-s.before[i])
	return netip.AddrPortFrom(addr, s.ports[index%ports])
}

// distance is to - from, which the caller knows to fit 62 bits.
func distance(from, to netip.Addr) uint64 {
	a, b := from.As16(), to.As16()
	return binary.BigEndian.Uint64(b[8:]) - binary.BigEndian.Uint64(a[8:])
}

// advance is addr + n.
func advance(addr netip.Addr, n uint64) netip.Addr {
	b := addr.As16()
	low, carry := bits.Add64(binary.BigEndian.Uint64(b[8:]), n, 0)
	binary.BigEndian.PutUint64(b[8:], low)
	binary.BigEndian.PutUint64(b[:8], binary.BigEndian.Uint64(b[:8])+carry)
	if addr.Is4() {
		return netip.AddrFrom16(b).Unmap()
	}
	return netip.AddrFrom16(b)
}
