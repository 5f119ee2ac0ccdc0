package scanner

import "encoding/binary"

// Lengths of what a probe is made of, and its fixed words.
const (
	ip4Header  = 20
	ip6Header  = 40
	tcpHeader  = 24 // with one option, the MSS: some stacks ignore a SYN without any
	maxFrame   = etherLength + ip6Header + tcpHeader
	hopLimit   = 255
	windowSent = 1024
	mssSent    = 1460
	// probeID is in the ID field of each probe's IPv4 header, as ZMap does it:
	// whoever is probed can tell such packets, and filter them.
	probeID = 54321

	etherLength = 14
	flagSYN     = 0x02
	flagRST     = 0x04
	flagACK     = 0x10
	protoICMP   = 1
	protoTCP    = 6
	protoICMP6  = 58
)

// frame writes SYNs: everything that is the same in all of them is summed once.
type frame struct {
	ip4, tcp4, tcp6 uint32 // sums of the fixed words
}

func newFrame() frame {
	fixed := uint32(tcpHeader/4<<12|flagSYN) + windowSent + 0x0204 + mssSent // offset and flags, window, MSS option
	return frame{
		ip4:  0x4500 + ip4Header + tcpHeader + probeID + hopLimit<<8 + protoTCP,
		tcp4: fixed + protoTCP + tcpHeader,
		tcp6: fixed + protoTCP + tcpHeader,
	}
}

// write puts the IP packet of one SYN into b and returns its length.
func (f frame) write(b []byte, source, target address, own, port uint16, sequence uint32) int {
	if !target.is4() {
		return f.write6(b, source, target, own, port, sequence)
	}
	from, to := uint32(source.low), uint32(target.low)
	addresses := from>>16 + from&0xffff + to>>16 + to&0xffff
	be := binary.BigEndian
	b = b[:ip4Header+tcpHeader]
	be.PutUint64(b[0:], 0x4500<<48|(ip4Header+tcpHeader)<<32|probeID<<16)
	be.PutUint16(b[8:], hopLimit<<8|protoTCP)
	be.PutUint16(b[10:], fold(f.ip4+addresses))
	be.PutUint32(b[12:], from)
	be.PutUint32(b[16:], to)
	writeSYN(b[ip4Header:], f.tcp4+addresses, own, port, sequence)
	return len(b)
}

func (f frame) write6(b []byte, source, target address, own, port uint16, sequence uint32) int {
	be := binary.BigEndian
	b = b[:ip6Header+tcpHeader]
	be.PutUint32(b[0:], 6<<28)
	be.PutUint32(b[4:], tcpHeader<<16|protoTCP<<8|hopLimit)
	be.PutUint64(b[8:], source.high)
	be.PutUint64(b[16:], source.low)
	be.PutUint64(b[24:], target.high)
	be.PutUint64(b[32:], target.low)
	sum := f.tcp6 + words(source) + words(target)
	writeSYN(b[ip6Header:], sum, own, port, sequence)
	return len(b)
}

func writeSYN(b []byte, sum uint32, own, port uint16, sequence uint32) {
	be := binary.BigEndian
	be.PutUint16(b[0:], own)
	be.PutUint16(b[2:], port)
	be.PutUint32(b[4:], sequence)
	be.PutUint32(b[8:], 0)
	be.PutUint16(b[12:], tcpHeader/4<<12|flagSYN)
	be.PutUint16(b[14:], windowSent)
	be.PutUint16(b[16:], fold(sum+uint32(own)+uint32(port)+sequence>>16+sequence&0xffff))
	be.PutUint16(b[18:], 0)
	be.PutUint32(b[20:], 0x0204<<16|mssSent)
}

// words sums an address as the checksum does.
func words(a address) uint32 {
	sum := uint32(0)
	for _, v := range [2]uint64{a.high, a.low} {
		sum += uint32(v>>48) + uint32(v>>32&0xffff) + uint32(v>>16&0xffff) + uint32(v&0xffff)
	}
	return sum
}

// fold makes the checksum of RFC 1071 of a sum of words.
func fold(sum uint32) uint16 {
	sum = sum&0xffff + sum>>16
	return ^uint16(sum + sum>>16)
}
