package scanner

import (
	"encoding/binary"

	"minesweep"
)

// heard is what one received packet says, not yet proved.
type heard struct {
	kind           answerKind
	target, source address // whom we probed, and from which address
	port, own      uint16  // that we probed, and from which port
	ack            uint32  // acknowledges our sequence number
	stack          minesweep.Stack
}

type answerKind uint8

const (
	saysOpen        answerKind = iota + 1 // SYN-ACK
	saysClosed                            // RST
	saysUnreachable                       // ICMP: somebody on the way, or the host, turns it away
)

// readAnswer reads an IP packet as a stranger sent it. What is nothing of ours
// gives false.
func readAnswer(b []byte) (heard, bool) {
	if len(b) < ip4Header {
		return heard{}, false
	}
	switch b[0] >> 4 {
	case 4:
		return readAnswer4(b)
	case 6:
		return readAnswer6(b)
	}
	return heard{}, false
}

func readAnswer4(b []byte) (heard, bool) {
	be := binary.BigEndian
	head := int(b[0]&15) * 4
	length := int(be.Uint16(b[2:]))
	if head < ip4Header || length < head || be.Uint16(b[6:])&0x1fff != 0 {
		return heard{}, false
	}
	b = b[:min(length, len(b))] // behind it lies Ethernet's padding
	if len(b) < head {
		return heard{}, false
	}
	a := heard{
		target: addressOf4(be.Uint32(b[12:])), source: addressOf4(be.Uint32(b[16:])),
		stack: minesweep.Stack{Heard: true, TTL: b[8]},
	}
	switch b[9] {
	case protoTCP:
		return a.readTCP(b[head:])
	case protoICMP:
		return readUnreachable(b[head:], 3, a.target)
	}
	return heard{}, false
}

func readAnswer6(b []byte) (heard, bool) {
	if len(b) < ip6Header {
		return heard{}, false
	}
	a := heard{target: address16(b[8:]), source: address16(b[24:]), stack: minesweep.Stack{Heard: true, TTL: b[7]}}
	switch b[6] {
	case protoTCP:
		return a.readTCP(b[ip6Header:])
	case protoICMP6:
		return readUnreachable(b[ip6Header:], 1, a.target)
	}
	return heard{}, false
}

func address16(b []byte) address {
	return address{binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:])}
}

func (a heard) readTCP(b []byte) (heard, bool) {
	const fixed = 20
	if len(b) < fixed {
		return heard{}, false
	}
	be := binary.BigEndian
	a.port, a.own, a.ack = be.Uint16(b), be.Uint16(b[2:]), be.Uint32(b[8:])
	a.stack.Window = be.Uint16(b[14:])
	switch flags := b[13]; {
	case flags&flagACK == 0:
		return heard{}, false // acknowledges nothing, hence proves nothing
	case flags&flagRST != 0:
		a.kind = saysClosed
		return a, true
	case flags&flagSYN != 0:
		a.kind = saysOpen
		head := min(int(b[12]>>4)*4, len(b))
		if head > fixed {
			a.stack.Options = optionLetters(b[fixed:head])
		}
		return a, true
	}
	return heard{}, false
}

// optionLetters names TCP options in their order, as nmap does.
func optionLetters(b []byte) string {
	letters := make([]byte, 0, 16)
	for len(b) > 0 && b[0] != 0 { // 0 ends the list
		letters = append(letters, optionLetter(b[0]))
		step := 1
		if b[0] != 1 { // all but no-op tell their length
			if len(b) < 2 || b[1] < 2 || int(b[1]) > len(b) {
				break
			}
			step = int(b[1])
		}
		b = b[step:]
	}
	return string(letters)
}

func optionLetter(kind byte) byte {
	switch kind {
	case 1:
		return 'N'
	case 2:
		return 'M'
	case 3:
		return 'W'
	case 4:
		return 'S'
	case 8:
		return 'T'
	}
	return '?'
}

// readUnreachable reads an ICMP message of the given type, which quotes the
// packet it is about: the addresses of that one are the other way round. One
// that this machine sent itself, because a neighbour gave no answer, says
// nothing about the target's network.
func readUnreachable(b []byte, kind byte, sender address) (heard, bool) {
	const head, quoted = 8, 8 // of TCP at least the ports and the sequence number (RFC 792)
	if len(b) < head+ip4Header+quoted || b[0] != kind {
		return heard{}, false
	}
	b = b[head:]
	a := heard{kind: saysUnreachable}
	tcp := int(b[0]&15) * 4
	switch {
	case b[0]>>4 == 4 && b[9] == protoTCP:
		a.source, a.target = addressOf4(binary.BigEndian.Uint32(b[12:])), addressOf4(binary.BigEndian.Uint32(b[16:]))
	case b[0]>>4 == 6 && b[6] == protoTCP && len(b) >= ip6Header:
		a.source, a.target, tcp = address16(b[8:]), address16(b[24:]), ip6Header
	default:
		return heard{}, false
	}
	if tcp < ip4Header || len(b) < tcp+quoted || sender == a.source {
		return heard{}, false
	}
	b = b[tcp:]
	a.own, a.port, a.ack = binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:]), binary.BigEndian.Uint32(b[4:])+1
	return a, true
}
