package scanner

import (
	"encoding/binary"

	"github.com/dchest/siphash"
)

// The slots of time that a probe's source port tells apart. An answer that
// comes more than slots × slotLength after its probe looks younger than it is.
const (
	slotBits   = 5
	slots      = 1 << slotBits
	slotLength = 32_000_000 // ns
)

// proof makes an answer show that it belongs to a probe, although nothing is
// remembered of a probe: sequence number and source port hold a keyed hash of
// the four-tuple, the port beside the time slot of sending. Nobody who has not
// seen the probe can guess both.
type proof struct {
	k0, k1 uint64
	ports  portSpan
	marks  uint64 // how many blocks of slots the source ports hold; the hash chooses one
}

func newProof(k0, k1 uint64, ports portSpan) *proof {
	return &proof{k0: k0, k1: k1, ports: ports, marks: max(1, (uint64(ports.to-ports.from)+1)/slots)}
}

// own returns source port and sequence number of a probe that leaves in slot.
func (p *proof) own(source, target address, port uint16, slot uint64) (own uint16, sequence uint32) {
	h := p.hash(source, target, port)
	own = p.ports.from + uint16(h>>32%p.marks*slots+slot%slots)
	return own, sequenceOf(h, own)
}

// proves reports whether an answer that acknowledges ack on port own is one to
// a probe of ours, and the slot in which that left.
func (p *proof) proves(source, target address, port, own uint16, ack uint32) (slot uint64, ok bool) {
	if own < p.ports.from || own > p.ports.to {
		return 0, false
	}
	h := p.hash(source, target, port)
	mark, slot := uint64(own-p.ports.from)/slots, uint64(own-p.ports.from)%slots
	return slot, mark == h>>32%p.marks && sequenceOf(h, own) == ack-1
}

func sequenceOf(hash uint64, own uint16) uint32 { return uint32(hash) + uint32(own)*0x9e3779b1 }

// hash is SipHash-2-4 (Aumasson and Bernstein) of what both ends agree on.
func (p *proof) hash(source, target address, port uint16) uint64 {
	var b [34]byte
	if target.is4() {
		binary.LittleEndian.PutUint32(b[0:], uint32(source.low))
		binary.LittleEndian.PutUint32(b[4:], uint32(target.low))
		binary.LittleEndian.PutUint16(b[8:], port)
		return siphash.Hash(p.k0, p.k1, b[:10])
	}
	binary.LittleEndian.PutUint64(b[0:], source.high)
	binary.LittleEndian.PutUint64(b[8:], source.low)
	binary.LittleEndian.PutUint64(b[16:], target.high)
	binary.LittleEndian.PutUint64(b[24:], target.low)
	binary.LittleEndian.PutUint16(b[32:], port)
	return siphash.Hash(p.k0, p.k1, b[:])
}
