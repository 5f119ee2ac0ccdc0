package wire

import "github.com/cilium/ebpf/asm"

// decide goes to the reply that R8 and R9 get.
func (p *program) decide(f family) {
	p.add(asm.StoreMem(asm.RFP, stackSeq, asm.R8, asm.Word))
	if f == ipv4 && p.maps.places != nil {
		p.place(f)
	}
	proxy, allOpen := p.bars()
	if allOpen > 0 {
		p.add(asm.Mov.Reg32(asm.R1, asm.R8), asm.Mul.Imm32(asm.R1, signed(0x9E3779B1)),
			asm.Xor.Imm32(asm.R1, signed(addrSalt^p.Seed)))
		p.mix()
	}
	if proxy > 0 {
		p.add(asm.JLE.Imm32(asm.R1, signed(uint32(proxy-1)), f.name+"proxy"))
	}
	if allOpen > proxy {
		p.add(asm.JLE.Imm32(asm.R1, signed(uint32(allOpen-1)), f.name+"allopen"))
	}
	p.label(f.name + "plain")
	p.hashed(f, f.name+"open")
	if p.jumped[f.name+"real"] {
		p.label(f.name + "real")
		p.hashed(f, f.name+"handed")
	}
}

// hashed decides by the hash of address and port; open is where what is open
// goes.
func (p *program) hashed(f family, open string) {
	p.add(asm.Mov.Reg32(asm.R1, asm.R8), asm.Mul.Imm32(asm.R1, signed(0x9E3779B1)),
		asm.Mov.Reg32(asm.R2, asm.R9), asm.Mul.Imm32(asm.R2, signed(0x85EBCA77)),
		asm.Xor.Reg32(asm.R1, asm.R2), asm.Xor.Imm32(asm.R1, signed(p.Seed)))
	p.mix()
	p.add(asm.StoreMem(asm.RFP, stackSeq, asm.R1, asm.Word))
	if p.OpenOneIn > 0 {
		p.add(asm.Mov.Reg32(asm.R2, asm.R1), asm.Mod.Imm32(asm.R2, signed(p.OpenOneIn)),
			asm.JEq.Imm(asm.R2, 0, open))
	}
	if p.RefusePercent > 0 {
		p.add(asm.RSh.Imm32(asm.R1, 8), asm.Mod.Imm32(asm.R1, 100),
			asm.JLT.Imm(asm.R1, signed(p.RefusePercent), f.name+"refuse"))
	}
	p.add(asm.Ja.Label(f.name + "silent"))
}

// place goes where the prefix of R8 says, and falls through where none does.
func (p *program) place(f family) {
	none, storm := p.fresh(), p.fresh()
	p.key(f)
	p.lookup(p.maps.places.FD())
	p.add(asm.JEq.Imm(asm.R0, 0, none), asm.LoadMem(asm.R1, asm.R0, 0, asm.Word),
		asm.JEq.Imm(asm.R1, int32(Silent), f.name+"silent"),
		asm.JEq.Imm(asm.R1, int32(Proxy), f.name+"proxy"),
		asm.JEq.Imm(asm.R1, int32(AllOpen), f.name+"allopen"),
		asm.JEq.Imm(asm.R1, int32(Middlebox), f.name+"middlebox"),
		asm.JEq.Imm(asm.R1, int32(Unreachable), f.name+"unreachable"),
		asm.JEq.Imm(asm.R1, int32(Passed), "pass"),
		asm.JEq.Imm(asm.R1, int32(Real), f.name+"real"),
		asm.JEq.Imm(asm.R1, int32(Storm), storm),
		asm.Ja.Label(f.name+"plain"))
	p.label(storm)
	p.add(asm.LoadMem(asm.R1, asm.R0, 8, asm.DWord), asm.LoadMem(asm.R2, asm.R0, 4, asm.Word),
		asm.JGE.Reg(asm.R1, asm.R2, f.name+"refuse"),
		asm.Add.Imm(asm.R1, 1), asm.StoreMem(asm.R0, 8, asm.R1, asm.DWord),
		asm.Ja.Label(f.name+"plain"))
	p.label(none)
}
