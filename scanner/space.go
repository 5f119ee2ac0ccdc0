package scanner

import (
	"encoding/binary"
	"math/bits"
	"net/netip"

	"minesweep"
)

// address is an IPv6 address as two numbers, or an IPv4 one mapped into IPv6
// (RFC 4291): what the sender computes with for each packet.
type address struct{ high, low uint64 }

const mapped4 = 0xffff << 32

func addressOf(a netip.Addr) address {
	b := a.As16()
	return address{binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])}
}

func addressOf4(v uint32) address { return address{0, mapped4 | uint64(v)} }

func (a address) is4() bool { return a.high == 0 && a.low>>32 == 0xffff }

func (a address) less(b address) bool {
	return a.high < b.high || a.high == b.high && a.low < b.low
}

func (a address) plus(n uint64) address {
	low, carry := bits.Add64(a.low, n, 0)
	return address{a.high + carry, low}
}

func (a address) addr() netip.Addr {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], a.high)
	binary.BigEndian.PutUint64(b[8:], a.low)
	return netip.AddrFrom16(b).Unmap()
}

// space numbers the probes of a plan: addresses × ports. It is a table of the
// plan's intervals, so its size does not follow the addresses.
type space struct {
	list  []interval
	ports []uint16
	// near[i] is the interval that holds address number i<<shift, so that the
	// look-up begins where it nearly ends, with one interval or 100,000.
	near      []uint32
	shift     uint
	addresses uint64 // of the plan
}

// interval is a row of addresses, and how many come before it in the plan.
type interval struct {
	first  address
	before uint64
}

// newSpace numbers a plan whose size fits 62 bits.
func newSpace(plan minesweep.Plan) *space {
	s := &space{ports: plan.Ports}
	var sum uint64
	for _, r := range plan.Targets.Ranges() {
		from := addressOf(r.From())
		s.list = append(s.list, interval{from, sum})
		sum += addressOf(r.To()).low - from.low + 1
	}
	s.addresses = sum
	for s.shift = 0; sum>>s.shift > 4*uint64(len(s.list)); s.shift++ {
	}
	for nth, i := uint64(0), 0; nth < sum; nth += 1 << s.shift {
		for i+1 < len(s.list) && s.list[i+1].before <= nth {
			i++
		}
		s.near = append(s.near, uint32(i))
	}
	return s
}

// probe returns probe number index.
func (s *space) probe(index uint64) (address, uint16) {
	ports := uint64(len(s.ports))
	nth := index / ports
	at := nth >> s.shift
	i := s.near[at]
	end := uint32(len(s.list) - 1)
	if at+1 < uint64(len(s.near)) {
		end = s.near[at+1]
	}
	for i < end { // the last interval that begins at nth or before
		if middle := (i + end + 1) / 2; s.list[middle].before <= nth {
			i = middle
		} else {
			end = middle - 1
		}
	}
	return s.list[i].first.plus(nth - s.list[i].before), s.ports[index-nth*ports]
}

// target is probe as the rest of the program writes it.
func (s *space) target(index uint64) netip.AddrPort {
	a, port := s.probe(index)
	return netip.AddrPortFrom(a.addr(), port)
}
