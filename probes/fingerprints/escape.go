package fingerprints

import (
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// undoEscapes appends s, the inside of a well-formed JSON string, without its
// escapes.
func undoEscapes(out, s []byte) []byte {
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			out = append(out, s[i])
			continue
		}
		i++
		if s[i] != 'u' {
			out = append(out, plainEscape(s[i]))
			continue
		}
		r := hex4(s[i+1:])
		i += 4
		if utf16.IsSurrogate(r) {
			low := rune(-1)
			if i+6 < len(s) && s[i+1] == '\\' && s[i+2] == 'u' {
				low = hex4(s[i+3:])
			}
			if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
				i += 6
			}
		}
		out = utf8.AppendRune(out, r)
	}
	return out
}

func plainEscape(c byte) byte {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return c
}

func hex4(s []byte) rune {
	n, err := strconv.ParseUint(string(s[:min(4, len(s))]), 16, 32)
	if err != nil {
		return utf8.RuneError
	}
	return rune(n)
}
