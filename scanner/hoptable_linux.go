package scanner

import (
	"net/netip"
	"slices"
)

// hopTable finds the hop of an address among sorted stretches. IPv4 is found
// through an index by /16, since it is looked up for packets.
type hopTable struct {
	starts4 []uint32 // IPv4 stretches, by first address
	hops4   []int32
	index4  []uint32 // of each /16, and one more: the stretch that its first address is in
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

// seal makes the index; it comes after the last add and before the first of.
func (t *hopTable) seal() {
	if len(t.starts4) < 2 {
		return
	}
	t.index4 = make([]uint32, 1<<16+1)
	at := 0
	for high := range t.index4 {
		for at+1 < len(t.starts4) && uint64(t.starts4[at+1]) <= uint64(high)<<16 {
			at++
		}
		t.index4[high] = uint32(at)
	}
}

// of returns the hop of addr, which is no IPv4 address in IPv6 form, or -1 where
// its family has none.
func (t *hopTable) of(addr netip.Addr) int {
	if addr.Is4() {
		return t.of4(number4(addr))
	}
	if len(t.starts6) == 0 {
		return -1
	}
	at, exact := slices.BinarySearchFunc(t.starts6, addr, netip.Addr.Compare)
	if !exact {
		at--
	}
	return int(t.hops6[at])
}

func (t *hopTable) of4(addr uint32) int {
	if len(t.hops4) < 2 {
		if len(t.hops4) == 0 {
			return -1
		}
		return int(t.hops4[0])
	}
	low, high := t.index4[addr>>16], t.index4[addr>>16+1]
	for low < high {
		if mid := (low + high + 1) / 2; t.starts4[mid] <= addr {
			low = mid
		} else {
			high = mid - 1
		}
	}
	return int(t.hops4[low])
}

func number4(a netip.Addr) uint32 {
	b := a.As4()
	return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
}
