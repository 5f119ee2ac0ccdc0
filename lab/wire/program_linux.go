package wire

import (
	"github.com/cilium/ebpf/asm"
)

// program assembles the responder. What a Responder does not ask for costs no
// instruction. Registers that stay: R6 the context, R7 the frame, R8 the
// destination (the last four bytes of an IPv6 one) and R9 the port, both in
// host order.
type program struct {
	assembler
	*Responder
	maps maps
}

// Where things lie on the stack.
const (
	stackSeq = -8  // what a SYN-ACK's sequence number is
	stackKey = -32 // of a look-up of a prefix: its length, 4 to 16 bytes of address
)

// family is where an IP version keeps things, in bytes from the frame's start.
type family struct {
	name                     string
	protocol, src, dst, size int16 // size of an address
	tcp                      int16
}

var (
	ipv4 = family{"v4.", 23, 26, 30, 4, 34}
	ipv6 = family{"v6.", 20, 22, 38, 16, 54}
)

const tcpHeader = 20

func (r *Responder) assemble(m maps) asm.Instructions {
	p := &program{assembler{jumped: map[string]bool{}}, r, m}
	p.add(asm.Mov.Reg(asm.R6, asm.R1),
		asm.LoadMem(asm.R7, asm.R6, 0, asm.Word),
		asm.LoadMem(asm.R8, asm.R6, 4, asm.Word))
	p.count(frames)
	p.reaches(ipv4.tcp + tcpHeader)
	p.add(asm.LoadMem(asm.R1, asm.R7, 12, asm.Half),
		asm.JEq.Imm(asm.R1, int32(wire16(0x0800)), "v4"),
		asm.JNE.Imm(asm.R1, int32(wire16(0x86dd)), "pass"))
	p.admit6()
	p.segment(ipv6)
	p.label("v4")
	p.admit4()
	p.segment(ipv4)
	p.label("pass")
	p.count(passed)
	p.end(xdpPass)
	p.label("drop")
	p.end(xdpDrop)
	return p.out
}

func (p *program) end(verdict int32) { p.add(asm.Mov.Imm(asm.R0, verdict), asm.Return()) }

// reaches passes frames that are shorter than size; R8 is the frame's end.
func (p *program) reaches(size int16) {
	p.add(asm.Mov.Reg(asm.R3, asm.R7), asm.Add.Imm(asm.R3, int32(size)), asm.JGT.Reg(asm.R3, asm.R8, "pass"))
}

// count overwrites R1 and R2.
func (p *program) count(c counter) {
	p.add(asm.LoadMapValue(asm.R1, p.maps.state.FD(), uint32(c)*8))
	p.inc(asm.DWord)
}

// admit4 goes on with TCP packets that have no IP options.
func (p *program) admit4() {
	p.add(asm.LoadMem(asm.R1, asm.R7, 14, asm.Byte), asm.JNE.Imm(asm.R1, 0x45, "pass"),
		asm.LoadMem(asm.R8, asm.R7, ipv4.dst, asm.Word), asm.HostTo(asm.BE, asm.R8, asm.Word),
		asm.JEq.Imm32(asm.R8, signed(number(farEnd.v4.Addr())), "pass"))
	p.judge(ipv4)
	p.add(asm.LoadMem(asm.R1, asm.R7, ipv4.protocol, asm.Byte), asm.JNE.Imm(asm.R1, 6, "pass"))
}

// admit6 goes on with TCP packets to the targets. ICMP and what hops by hop are
// the kernels' own talk of neighbours and groups.
func (p *program) admit6() {
	p.reaches(ipv6.tcp + tcpHeader)
	p.add(asm.LoadMem(asm.R1, asm.R7, ipv6.protocol, asm.Byte),
		asm.JEq.Imm(asm.R1, 58, "pass"), asm.JEq.Imm(asm.R1, 0, "pass"))
	other, link := p.fresh(), farEnd.v6.Addr().As16()
	p.unlike(ipv6.dst, link[:8], other)
	p.add(asm.Ja.Label("pass"))
	p.label(other)
	p.judge(ipv6)
	p.add(asm.LoadMem(asm.R1, asm.R7, ipv6.protocol, asm.Byte), asm.JNE.Imm(asm.R1, 6, "pass"))
	targets := farOwns[2].Addr().As16()
	p.unlike(ipv6.dst, targets[:12], "pass")
	p.add(asm.LoadMem(asm.R8, asm.R7, ipv6.dst+12, asm.Word), asm.HostTo(asm.BE, asm.R8, asm.Word))
}

// segment answers a TCP segment to R8.
func (p *program) segment(f family) {
	syn := f.name + "syn"
	p.add(asm.LoadMem(asm.R3, asm.R7, f.tcp+13, asm.Byte),
		asm.Mov.Reg(asm.R1, asm.R3), asm.And.Imm(asm.R1, 0x12), asm.JEq.Imm(asm.R1, 0x02, syn),
		asm.JSet.Imm(asm.R3, 0x04, f.name+"rst"))
	p.count(otherTCP)
	p.add(asm.Ja.Label(f.name + "stray"))
	p.label(f.name + "rst")
	p.count(scannerRSTs)
	p.label(f.name + "stray")
	p.foreign(f)
	if f == ipv4 && p.maps.places != nil {
		p.key(f)
		p.lookup(p.maps.places.FD())
		p.add(asm.JEq.Imm(asm.R0, 0, "drop"), asm.LoadMem(asm.R1, asm.R0, 0, asm.Word),
			asm.JEq.Imm(asm.R1, int32(Passed), "pass"), asm.JEq.Imm(asm.R1, int32(Real), "pass"))
	}
	p.add(asm.Ja.Label("drop"))

	p.label(syn)
	p.add(asm.LoadMem(asm.R9, asm.R7, f.tcp+2, asm.Half), asm.HostTo(asm.BE, asm.R9, asm.Half),
		asm.And.Imm(asm.R9, 0xffff))
	p.note(f)
	p.foreign(f)
	p.decide(f)
	p.replies(f)
}

// foreign passes what is for other networks than the targets'.
func (p *program) foreign(f family) {
	if f != ipv4 {
		return // seen to already
	}
	own := p.fresh()
	for _, o := range farOwns[:2] {
		p.inside(number(o.Addr()), o.Bits(), own)
	}
	p.add(asm.Ja.Label("pass"))
	p.label(own)
}

// unlike goes to label where the frame does not have want, whole words, at
// offset.
func (p *program) unlike(offset int16, want []byte, label string) {
	for i := 0; i < len(want); i += 4 {
		p.add(asm.LoadMem(asm.R1, asm.R7, offset+int16(i), asm.Word),
			asm.JNE.Imm32(asm.R1, int32(word(want[i:])), label))
	}
}
