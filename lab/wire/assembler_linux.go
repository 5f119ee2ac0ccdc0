package wire

import (
	"encoding/binary"
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
)

// The verdicts of an XDP program, linux/bpf.h.
const (
	xdpDrop, xdpPass, xdpTx = 1, 2, 3
)

// assembler gathers instructions. It knows which labels were jumped to, for the
// kernel refuses a program with parts that nothing reaches.
type assembler struct {
	out    asm.Instructions
	next   string // label of the instruction to come
	jumped map[string]bool
	labels int
}

func (a *assembler) add(instructions ...asm.Instruction) {
	for _, in := range instructions {
		if a.next != "" {
			in, a.next = in.WithSymbol(a.next), ""
		}
		if label := in.Reference(); label != "" && !in.IsLoadFromMap() {
			a.jumped[label] = true
		}
		a.out = append(a.out, in)
	}
}

// label names the next instruction, which is a jump to the one after it where
// it has a name already.
func (a *assembler) label(name string) {
	if a.next != "" {
		a.add(asm.Instruction{OpCode: asm.OpCode(asm.JumpClass).SetJumpOp(asm.Ja)})
	}
	a.next = name
}

// fresh returns a label that nothing else has.
func (a *assembler) fresh() string {
	a.labels++
	return fmt.Sprintf("l%d", a.labels)
}

// inc adds one to the number of size that R1 points to; it overwrites R2.
func (a *assembler) inc(size asm.Size) {
	a.add(asm.LoadMem(asm.R2, asm.R1, 0, size),
		asm.Add.Imm(asm.R2, 1),
		asm.StoreMem(asm.R1, 0, asm.R2, size))
}

// mix leaves fmix(R1) in R1 and overwrites R2.
func (a *assembler) mix() {
	turn := func(shift int32) {
		a.add(asm.Mov.Reg32(asm.R2, asm.R1), asm.RSh.Imm32(asm.R2, shift), asm.Xor.Reg32(asm.R1, asm.R2))
	}
	turn(16)
	a.add(asm.Mul.Imm32(asm.R1, signed(0x85ebca6b)))
	turn(13)
	a.add(asm.Mul.Imm32(asm.R1, signed(0xc2b2ae35)))
	turn(16)
}

// inside goes to label where the address in R8 is in the IPv4 network; it
// overwrites R1.
func (a *assembler) inside(network uint32, bits int, label string) {
	mask := uint32(0)
	if bits > 0 {
		mask = ^uint32(0) << (32 - bits)
	}
	a.add(asm.Mov.Reg32(asm.R1, asm.R8), asm.And.Imm32(asm.R1, signed(mask)),
		asm.JEq.Imm32(asm.R1, signed(network&mask), label))
}

func signed(n uint32) int32 { return int32(n) }

// wire16 is n as a load of two bytes in network order sees it.
func wire16(n uint16) int64 {
	var b [2]byte
	binary.BigEndian.PutUint16(b[:], n)
	return int64(binary.NativeEndian.Uint16(b[:]))
}

// wire32 is n as a load of four bytes in network order sees it. It is signed,
// as what it is compared with or stored from is.
func wire32(n uint32) int64 {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], n)
	return int64(int32(binary.NativeEndian.Uint32(b[:])))
}

func load(name string, code asm.Instructions) (*ebpf.Program, error) {
	p, err := ebpf.NewProgram(&ebpf.ProgramSpec{Name: name, Type: ebpf.XDP, License: "GPL", Instructions: code})
	if err != nil {
		return nil, fmt.Errorf("program %s: %w", name, err)
	}
	return p, nil
}

func passProgram() asm.Instructions {
	return asm.Instructions{asm.Mov.Imm(asm.R0, xdpPass), asm.Return()}
}
