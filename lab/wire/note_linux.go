package wire

import (
	"encoding/binary"

	"github.com/cilium/ebpf/asm"
)

// word is the first four bytes of b as a load sees them, signed.
func word(b []byte) int64 { return int64(int32(binary.NativeEndian.Uint32(b))) }

// key puts the packet's destination on the stack as a trie of prefixes wants it.
func (p *program) key(f family) {
	p.add(asm.Mov.Imm(asm.R1, int32(f.size)*8), asm.StoreMem(asm.RFP, stackKey, asm.R1, asm.Word))
	for i := int16(0); i < f.size; i += 4 {
		p.add(asm.LoadMem(asm.R1, asm.R7, f.dst+i, asm.Word), asm.StoreMem(asm.RFP, stackKey+4+i, asm.R1, asm.Word))
	}
}

// lookup leaves a pointer or 0 in R0.
func (p *program) lookup(mapFD int) {
	p.add(asm.LoadMapPtr(asm.R1, mapFD), asm.Mov.Reg(asm.R2, asm.RFP), asm.Add.Imm(asm.R2, stackKey),
		asm.FnMapLookupElem.Call())
}

// judge counts a packet to what is not in scope, and keeps the first addresses.
func (p *program) judge(f family) {
	if p.Scope == nil {
		return
	}
	allowed, counted := p.fresh(), p.fresh()
	trie := p.maps.scope4
	if f == ipv6 {
		trie = p.maps.scope6
	}
	p.key(f)
	p.lookup(trie.FD())
	p.add(asm.JNE.Imm(asm.R0, 0, allowed),
		asm.LoadMapValue(asm.R1, p.maps.state.FD(), uint32(outside)*8),
		asm.LoadMem(asm.R3, asm.R1, 0, asm.DWord),
		asm.JGE.Imm(asm.R3, keptOutside, counted),
		asm.LSh.Imm(asm.R3, 4),
		asm.LoadMapValue(asm.R2, p.maps.state.FD(), stateOutside),
		asm.Add.Reg(asm.R2, asm.R3))
	if f == ipv4 { // ::ffff:a.b.c.d
		p.add(asm.StoreImm(asm.R2, 10, 0xffff, asm.Half))
	}
	for i := int16(0); i < f.size; i += 4 {
		p.add(asm.LoadMem(asm.R3, asm.R7, f.dst+i, asm.Word), asm.StoreMem(asm.R2, 16-f.size+i, asm.R3, asm.Word))
	}
	p.label(counted)
	p.inc(asm.DWord)
	p.label(allowed)
}

// note writes down a SYN: how many, when, which pair. R4 is the time, R3 the
// offset of its slot.
func (p *program) note(f family) {
	p.count(syns)
	late, done := p.fresh(), p.fresh()
	p.add(asm.FnKtimeGetNs.Call(), asm.Mov.Reg(asm.R4, asm.R0))
	p.stamp(stateTimes, asm.R4)
	p.add(asm.Mov.Reg(asm.R3, asm.R4), asm.Sub.Reg(asm.R3, asm.R2),
		asm.Div.Imm(asm.R3, int32(Slot)),
		asm.JGE.Imm(asm.R3, slots, late),
		asm.LSh.Imm(asm.R3, 2))
	p.tick(0)
	if f == ipv4 {
		p.watched()
	}
	p.add(asm.Ja.Label(done))
	p.label(late)
	p.count(lateSYNs)
	p.label(done)
	if f == ipv4 && len(p.Pairs.Ports) > 0 {
		p.pair()
	}
}

// stamp keeps the times of the first and the last packet in the state at offset,
// and leaves the first in R2.
func (p *program) stamp(offset uint32, now asm.Register) {
	again := p.fresh()
	p.add(asm.LoadMapValue(asm.R1, p.maps.state.FD(), offset),
		asm.StoreMem(asm.R1, 8, now, asm.DWord),
		asm.LoadMem(asm.R2, asm.R1, 0, asm.DWord),
		asm.JNE.Imm(asm.R2, 0, again),
		asm.StoreMem(asm.R1, 0, now, asm.DWord),
		asm.Mov.Reg(asm.R2, now))
	p.label(again)
}

// tick counts into the slot at R3 of timeline n.
func (p *program) tick(n int) {
	p.add(asm.LoadMapValue(asm.R1, p.maps.timelines.FD(), uint32(n)*slots*4), asm.Add.Reg(asm.R1, asm.R3))
	p.inc(asm.Word)
}

func (p *program) watched() {
	for i, w := range p.Watch {
		hit, next := p.fresh(), p.fresh()
		p.inside(number(w.Addr()), w.Bits(), hit)
		p.add(asm.Ja.Label(next))
		p.label(hit)
		p.stamp(stateWatch+uint32(i)*24, asm.R4)
		p.add(asm.LoadMapValue(asm.R1, p.maps.state.FD(), stateWatch+uint32(i)*24+16))
		p.inc(asm.DWord)
		p.tick(1 + i)
		p.label(next)
	}
}

// pair counts what came for one address and port, up to 255.
func (p *program) pair() {
	done := p.fresh()
	size := uint32(p.Pairs.size())
	p.add(asm.Mov.Reg32(asm.R1, asm.R8),
		asm.Sub.Imm32(asm.R1, signed(number(p.Pairs.Base.Masked().Addr()))),
		asm.JGE.Imm32(asm.R1, signed(size/uint32(len(p.Pairs.Ports))), done),
		asm.LoadMapValue(asm.R2, p.maps.ports.FD(), 0),
		asm.Mov.Reg(asm.R3, asm.R9), asm.LSh.Imm(asm.R3, 1), asm.Add.Reg(asm.R2, asm.R3),
		asm.LoadMem(asm.R3, asm.R2, 0, asm.Half),
		asm.JEq.Imm(asm.R3, noPort, done),
		asm.Mul.Imm(asm.R1, int32(len(p.Pairs.Ports))), asm.Add.Reg(asm.R1, asm.R3),
		asm.JGE.Imm(asm.R1, signed(size), done),
		asm.LoadMapValue(asm.R2, p.maps.pairs.FD(), 0), asm.Add.Reg(asm.R2, asm.R1),
		asm.LoadMem(asm.R3, asm.R2, 0, asm.Byte), asm.JEq.Imm(asm.R3, 0xff, done),
		asm.Add.Imm(asm.R3, 1), asm.StoreMem(asm.R2, 0, asm.R3, asm.Byte))
	p.label(done)
}
