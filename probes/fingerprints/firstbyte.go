package fingerprints

import (
	"regexp/syntax"
	"unicode"
	"unicode/utf8"
)

// firstBytes are the bytes with which what a pattern matches can begin.
type firstBytes [256]bool

func (f *firstBytes) has(c byte) bool { return f[c] }

// findFirst gives the bytes with which a text must begin that an anchored
// pattern matches; nil where any may, or none need.
func findFirst(re *syntax.Regexp) *firstBytes {
	prog, err := syntax.Compile(re)
	if err != nil || prog.StartCond()&syntax.EmptyBeginText == 0 {
		return nil
	}
	var first firstBytes
	seen := make(map[uint32]bool)
	todo := []uint32{uint32(prog.Start)}
	for len(todo) > 0 {
		pc := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if seen[pc] {
			continue
		}
		seen[pc] = true
		inst := &prog.Inst[pc]
		switch inst.Op {
		case syntax.InstMatch:
			return nil // nothing at all matches
		case syntax.InstAlt, syntax.InstAltMatch:
			todo = append(todo, inst.Out, inst.Arg)
		case syntax.InstCapture, syntax.InstEmptyWidth, syntax.InstNop:
			todo = append(todo, inst.Out)
		case syntax.InstFail:
		default:
			first.add(inst)
		}
	}
	return &first
}

// add takes the bytes with which the characters of one instruction begin.
func (f *firstBytes) add(inst *syntax.Inst) {
	for c := range rune(utf8.RuneSelf) {
		if inst.MatchRune(c) {
			f[c] = true
		}
	}
	if !beyondASCII(inst) {
		return
	}
	for c := utf8.RuneSelf; c < 256; c++ {
		f[c] = true
	}
}

// beyondASCII tells whether an instruction takes a character that is not
// ASCII; a byte that is no UTF-8 counts as U+FFFD.
func beyondASCII(inst *syntax.Inst) bool {
	if inst.Op != syntax.InstRune && inst.Op != syntax.InstRune1 {
		return true
	}
	if len(inst.Rune) == 1 {
		for r := unicode.SimpleFold(inst.Rune[0]); r != inst.Rune[0]; r = unicode.SimpleFold(r) {
			if r >= utf8.RuneSelf {
				return true
			}
		}
	}
	return len(inst.Rune) == 0 || inst.Rune[len(inst.Rune)-1] >= utf8.RuneSelf
}
