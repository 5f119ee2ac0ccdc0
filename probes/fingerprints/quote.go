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
func (v view) quote(needle, key string) string {
	at := 0
	for _, s := range []string{needle, key} {
		if i := strings.Index(string(v.raw), s); s != "" && i >= 0 {
			at = i
			needle = s
			break
		}
	}
	from := at - min(at, max(0, (maxQuote-len(needle))/2))
	return printable(v.raw[from:], maxQuote)
}

// printable gives at most n bytes of b as valid UTF-8 without control
// characters and without double spaces.
func printable(b []byte, n int) string {
	b = b[:min(len(b), 4*n)]
	s := strings.ToValidUTF8(string(b), "�")
	s = strings.Map(func(r rune) rune {
		if !unicode.IsGraphic(r) {
			return ' '
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if len(s) <= n {
		return s
	}
	cut := []byte(s[:n])
	return strings.TrimSpace(string(bytes.ToValidUTF8(cut, nil)))
}
