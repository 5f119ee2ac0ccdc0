package scanner

import (
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// keep is how much of a packet the kernel hands over: headers with all options,
// and of an ICMP message what it quotes.
const keep = 160

// answerFilter lets through SYN-ACKs and RSTs to the ports of own, and ICMP
// messages that something is unreachable. It sees packets from their IP header
// on.
func answerFilter(own portSpan, is4 bool) ([]unix.SockFilter, error) {
	program := filter6(own)
	if is4 {
		program = filter4(own)
	}
	raw, err := bpf.Assemble(program)
	if err != nil {
		return nil, err
	}
	out := make([]unix.SockFilter, len(raw))
	for i, r := range raw {
		out[i] = unix.SockFilter{Code: r.Op, Jt: r.Jt, Jf: r.Jf, K: r.K}
	}
	return out, nil
}

func filter4(own portSpan) []bpf.Instruction {
	return append([]bpf.Instruction{
		bpf.LoadAbsolute{Off: 6, Size: 2},
		bpf.JumpIf{Cond: bpf.JumpBitsSet, Val: 0x1fff, SkipTrue: 13}, // a later fragment
		bpf.LoadAbsolute{Off: 9, Size: 1},
		bpf.LoadMemShift{Off: 0},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: protoTCP, SkipTrue: 3},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: protoICMP, SkipTrue: 9},
		bpf.LoadIndirect{Off: 0, Size: 1},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: 3, SkipTrue: 6, SkipFalse: 7},
	}, tcpFilter(own, bpf.LoadIndirect{Off: 2, Size: 2}, bpf.LoadIndirect{Off: 13, Size: 1})...)
}

// filter6 knows no extension headers: an answer to a SYN has none.
func filter6(own portSpan) []bpf.Instruction {
	return append([]bpf.Instruction{
		bpf.LoadAbsolute{Off: 6, Size: 1},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: protoTCP, SkipTrue: 3},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: protoICMP6, SkipTrue: 9},
		bpf.LoadAbsolute{Off: ip6Header, Size: 1},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: 1, SkipTrue: 6, SkipFalse: 7},
	}, tcpFilter(own, bpf.LoadAbsolute{Off: ip6Header + 2, Size: 2}, bpf.LoadAbsolute{Off: ip6Header + 13, Size: 1})...)
}

// tcpFilter is the end of both: eight instructions, of which the last two take
// and drop.
func tcpFilter(own portSpan, port, flags bpf.Instruction) []bpf.Instruction {
	return []bpf.Instruction{
		port,
		bpf.JumpIf{Cond: bpf.JumpLessThan, Val: uint32(own.from), SkipTrue: 5},
		bpf.JumpIf{Cond: bpf.JumpGreaterThan, Val: uint32(own.to), SkipTrue: 4},
		flags,
		bpf.JumpIf{Cond: bpf.JumpBitsNotSet, Val: flagACK, SkipTrue: 2},
		bpf.JumpIf{Cond: bpf.JumpBitsNotSet, Val: flagSYN | flagRST, SkipTrue: 1},
		bpf.RetConstant{Val: keep},
		bpf.RetConstant{Val: 0},
	}
}
