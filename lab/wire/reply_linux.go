package wire

import (
	"github.com/cilium/ebpf/asm"
)

// answer is a TCP segment that goes back.
type answer struct {
	label   string
	counter counter
	flags   uint8
	window  uint16
	options []byte
}

// replies assembles what decide jumped to.
func (p *program) replies(f family) {
	const synAck, rstAck = 0x12, 0x14
	for _, a := range []answer{
		{"open", openHits, synAck, Window, p.Options},
		{"refuse", refused, rstAck, 0, nil},
		{"proxy", pretended, synAck, 0, nil},
		{"allopen", pretended, synAck, Window, p.Options},
		{"middlebox", pretended, synAck, MiddleboxWindow, p.Options},
	} {
		if p.jumped[f.name+a.label] {
			p.label(f.name + a.label)
			p.reply(f, a)
		}
	}
	if p.jumped[f.name+"unreachable"] {
		p.label(f.name + "unreachable")
		p.unreachable()
	}
	if p.jumped[f.name+"handed"] {
		p.label(f.name + "handed")
		p.count(openHits)
		p.add(asm.Ja.Label("pass"))
	}
	p.label(f.name + "silent")
	p.count(silent)
	p.end(xdpDrop)
}

// reply turns the frame into its answer and sends it back.
func (p *program) reply(f family, a answer) {
	p.count(a.counter)
	length := tcpHeader + int16(len(a.options))
	p.resize(f.tcp + length)
	p.swap(0, 6, asm.Word, asm.Half)
	for i := int16(0); i < f.size; i += 4 {
		p.swap(f.src+i, f.dst+i, asm.Word)
	}
	p.swap(f.tcp, f.tcp+2, asm.Half)
	// Acknowledged is the SYN; a RST needs no sequence number of its own.
	p.add(asm.LoadMem(asm.R1, asm.R7, f.tcp+4, asm.Word), asm.HostTo(asm.BE, asm.R1, asm.Word),
		asm.Add.Imm32(asm.R1, 1), asm.HostTo(asm.BE, asm.R1, asm.Word),
		asm.StoreMem(asm.R7, f.tcp+8, asm.R1, asm.Word),
		asm.Mov.Imm(asm.R1, 0))
	if a.flags&0x02 != 0 {
		p.add(asm.LoadMem(asm.R1, asm.RFP, stackSeq, asm.Word))
	}
	p.add(asm.StoreMem(asm.R7, f.tcp+4, asm.R1, asm.Word),
		asm.StoreImm(asm.R7, f.tcp+12, int64(length/4)<<4, asm.Byte),
		asm.StoreImm(asm.R7, f.tcp+13, int64(a.flags), asm.Byte),
		asm.StoreImm(asm.R7, f.tcp+14, wire16(a.window), asm.Half),
		asm.StoreImm(asm.R7, f.tcp+16, 0, asm.Word))
	for i := 0; i < len(a.options); i += 4 {
		p.add(asm.StoreImm(asm.R7, f.tcp+tcpHeader+int16(i), word(a.options[i:]), asm.Word))
	}
	p.header(f, length)
	p.add(asm.Mov.Imm(asm.R1, int32(wire16(6)+wire16(uint16(length)))))
	p.sum(f.src, f.tcp+length)
	p.add(asm.StoreMem(asm.R7, f.tcp+16, asm.R1, asm.Half))
	p.end(xdpTx)
}

// header writes the IP header of an answer of length bytes of TCP.
func (p *program) header(f family, length int16) {
	if f == ipv6 {
		p.add(asm.StoreImm(asm.R7, 18, wire16(uint16(length)), asm.Half), asm.StoreImm(asm.R7, 21, 64, asm.Byte))
		return
	}
	p.header4(6, f.tcp-14+length)
}

// header4 writes an IPv4 header but for its addresses.
func (p *program) header4(protocol uint8, total int16) {
	p.add(asm.StoreImm(asm.R7, 14, wire16(0x4500), asm.Half),
		asm.StoreImm(asm.R7, 16, wire16(uint16(total)), asm.Half),
		asm.StoreImm(asm.R7, 18, wire32(0x4000), asm.Word), // do not fragment
		asm.StoreImm(asm.R7, 22, wire16(64<<8|uint16(protocol)), asm.Half),
		asm.StoreImm(asm.R7, 24, 0, asm.Half),
		asm.Mov.Imm(asm.R1, 0))
	p.sum(14, 34)
	p.add(asm.StoreMem(asm.R7, 24, asm.R1, asm.Half))
}

// unreachable prepends an IP and an ICMP header to the first 28 bytes of the
// packet (RFC 792).
func (p *program) unreachable() {
	const grown, icmp, quote = 28, 34, 42
	p.count(unreachables)
	p.add(asm.Mov.Reg(asm.R1, asm.R6), asm.Mov.Imm(asm.R2, -grown), asm.FnXdpAdjustHead.Call(),
		asm.JNE.Imm(asm.R0, 0, "drop"))
	p.resize(quote + grown)
	for i := int16(0); i < 6; i += 2 {
		p.add(asm.LoadMem(asm.R1, asm.R7, grown+6+i, asm.Half), asm.StoreMem(asm.R7, i, asm.R1, asm.Half),
			asm.LoadMem(asm.R1, asm.R7, grown+i, asm.Half), asm.StoreMem(asm.R7, 6+i, asm.R1, asm.Half))
	}
	p.add(asm.StoreImm(asm.R7, 12, wire16(0x0800), asm.Half),
		asm.StoreImm(asm.R7, ipv4.src, wire32(number(farEnd.v4.Addr())), asm.Word),
		asm.LoadMem(asm.R1, asm.R7, quote+12, asm.Word), asm.StoreMem(asm.R7, ipv4.dst, asm.R1, asm.Word))
	p.header4(1, quote+grown-14)
	p.add(asm.StoreImm(asm.R7, icmp, wire32(3<<24|13<<16), asm.Word),
		asm.StoreImm(asm.R7, icmp+4, 0, asm.Word),
		asm.Mov.Imm(asm.R1, 0))
	p.sum(icmp, quote+grown)
	p.add(asm.StoreMem(asm.R7, icmp+2, asm.R1, asm.Half))
	p.end(xdpTx)
}

// resize makes the frame size bytes long.
func (p *program) resize(size int16) {
	fits := p.fresh()
	p.add(asm.LoadMem(asm.R7, asm.R6, 0, asm.Word), asm.LoadMem(asm.R3, asm.R6, 4, asm.Word),
		asm.Mov.Imm(asm.R2, int32(size)), asm.Sub.Reg(asm.R3, asm.R7), asm.Sub.Reg(asm.R2, asm.R3),
		asm.JEq.Imm(asm.R2, 0, fits),
		asm.Mov.Reg(asm.R1, asm.R6), asm.FnXdpAdjustTail.Call(), asm.JNE.Imm(asm.R0, 0, "drop"))
	p.label(fits)
	p.add(asm.LoadMem(asm.R7, asm.R6, 0, asm.Word), asm.LoadMem(asm.R2, asm.R6, 4, asm.Word),
		asm.Mov.Reg(asm.R3, asm.R7), asm.Add.Imm(asm.R3, int32(size)), asm.JGT.Reg(asm.R3, asm.R2, "drop"))
}

// swap exchanges fields of the frame, each as long as sizes in a row.
func (p *program) swap(x, y int16, sizes ...asm.Size) {
	for _, size := range sizes {
		p.add(asm.LoadMem(asm.R1, asm.R7, x, size), asm.LoadMem(asm.R2, asm.R7, y, size),
			asm.StoreMem(asm.R7, x, asm.R2, size), asm.StoreMem(asm.R7, y, asm.R1, size))
		x, y = x+int16(size.Sizeof()), y+int16(size.Sizeof())
	}
}

// sum leaves the Internet checksum (RFC 1071) of R1 and the frame's bytes from
// begin to end, whole words, in R1.
func (p *program) sum(begin, end int16) {
	for i := begin; i < end; i += 4 {
		p.add(asm.LoadMem(asm.R2, asm.R7, i, asm.Word), asm.Add.Reg(asm.R1, asm.R2))
	}
	for range 3 {
		p.add(asm.Mov.Reg(asm.R2, asm.R1), asm.RSh.Imm(asm.R2, 16), asm.And.Imm(asm.R1, 0xffff),
			asm.Add.Reg(asm.R1, asm.R2))
	}
	p.add(asm.Xor.Imm(asm.R1, 0xffff))
}
