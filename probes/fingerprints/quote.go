package fingerprints

import (
	"bytes"
	"strings"
	"unicode"
)

// maxQuote is the length of a quote in bytes.
const maxQuote = 160

// quote gives the bytes around what made a rule fire: needle, failing that
// key, failing that the beginning.
func (v *view) quote(needle []byte, key string) string {
	at, size := 0, len(needle)
	if i := bytes.Index(v.raw, needle); size > 0 && i >= 0 {
		at = i
	} else if i := bytes.Index(v.raw, []byte(key)); key != "" && i >= 0 {
		at, size = i, len(key)
	}
	from := at - min(at, max(0, (maxQuote-size)/2))
	return printable(v.raw[from:], maxQuote)
}

// printable gives at most n bytes of b as valid UTF-8 without control
// characters and without double spaces.
func printable(b []byte, n int) string { return printableText(string(b[:min(len(b), 4*n)]), n) }

func printableText(s string, n int) string {
	if head := strings.TrimRight(s[:min(len(s), n)], " "); isPlain(head) {
		return head
	}
	s = s[:min(len(s), 4*n)]
	if !isPlain(s) {
		s = strings.ToValidUTF8(s, "�")
		s = strings.Map(func(r rune) rune {
			if !unicode.IsGraphic(r) {
				return ' '
			}
			return r
		}, s)
		s = strings.Join(strings.Fields(s), " ")
	}
	if len(s) <= n {
		return s
	}
	return strings.TrimSpace(strings.ToValidUTF8(s[:n], ""))
}

// isPlain tells whether s is words of printable ASCII, parted by one space.
func isPlain(s string) bool {
	space := true
	for i := range len(s) {
		switch c := s[i]; {
		case c == ' ' && space, c < ' ', c > '~':
			return false
		default:
			space = c == ' '
		}
	}
	return !space || s == ""
}
