package wire

import (
	"encoding/binary"
	"fmt"
	"iter"
	"net/netip"
)

// mostPairs is how many pairs are counted one by one.
const mostPairs = 1 << 23

// noPort marks what is not among Pairs.Ports.
const noPort = 0xffff

func (p Pairs) size() int {
	if len(p.Ports) == 0 {
		return 0
	}
	return len(p.Ports) << (32 - p.Base.Bits())
}

func (p Pairs) check() error {
	if len(p.Ports) == 0 {
		return nil
	}
	if !p.Base.Addr().Is4() || len(p.Ports) >= noPort || p.Base.Bits() < 9 || p.size() > mostPairs {
		return fmt.Errorf("pairs: %v × %d ports are more than %d pairs, or not IPv4", p.Base, len(p.Ports), mostPairs)
	}
	return nil
}

// table says where each port stands among Ports, as the program reads it.
func (p Pairs) table() []byte {
	b := make([]byte, 0, 2<<16)
	for range 1 << 16 {
		b = binary.NativeEndian.AppendUint16(b, noPort)
	}
	for i, port := range p.Ports {
		binary.NativeEndian.PutUint16(b[2*int(port):], uint16(i))
	}
	return b
}

// Seen is how many SYNs each pair got, up to 255.
type Seen struct {
	pairs  Pairs
	counts []byte
}

// All yields every pair, in the order of addresses, with its count.
func (s *Seen) All() iter.Seq2[netip.AddrPort, uint8] {
	return func(yield func(netip.AddrPort, uint8) bool) {
		addr := s.pairs.Base.Masked().Addr()
		for i := 0; i < len(s.counts); addr = addr.Next() {
			for _, port := range s.pairs.Ports {
				if !yield(netip.AddrPortFrom(addr, port), s.counts[i]) {
					return
				}
				i++
			}
		}
	}
}

// Times returns how many pairs got no SYN, one, and more.
func (s *Seen) Times() (none, once, more int) {
	for _, n := range s.counts {
		switch n {
		case 0:
			none++
		case 1:
			once++
		default:
			more++
		}
	}
	return none, once, more
}
