package fingerprints

import (
	"bytes"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode/utf8"
)

// literals are texts of which one must stand in whatever a pattern matches.
// Looking for them is some ten times faster than the pattern.
type literals struct {
	texts [][]byte // none: nothing is known
	whole bool     // the pattern is ^text$
	begin bool     // the pattern begins ^text
	fold  bool     // the texts are lower case, and case does not count
	first *firstBytes
}

// Bounds within which looking for literals pays.
const (
	maxLiterals = 8
	minLiteral  = 3
)

// possible is false for a value that the pattern cannot match.
func (l *literals) possible(h *hit) bool {
	switch s := h.text; {
	case l.whole:
		return bytes.Equal(s, l.texts[0])
	case l.begin:
		return bytes.HasPrefix(s, l.texts[0])
	case l.first != nil:
		return len(s) > 0 && l.first.has(s[0])
	case len(l.texts) == 0:
		return true
	case l.fold:
		return containsAny(h.lower(), l.texts)
	}
	return containsAny(h.text, l.texts)
}

func containsAny(s []byte, texts [][]byte) bool {
	for _, text := range texts {
		if bytes.Contains(s, text) {
			return true
		}
	}
	return false
}

// findLiterals finds what a pattern cannot match without.
func findLiterals(pattern string) literals {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return literals{}
	}
	re = re.Simplify()
	if text, whole, ok := anchored(re); ok {
		return literals{texts: [][]byte{[]byte(text)}, begin: true, whole: whole}
	}
	if first := findFirst(re); first != nil {
		return literals{first: first}
	}
	texts, fold := required(re)
	if len(texts) > maxLiterals || shortest(texts) < minLiteral {
		return literals{}
	}
	l := literals{fold: fold}
	for _, s := range texts {
		if fold {
			s = string(lowerASCII(nil, []byte(s)))
		}
		l.texts = append(l.texts, []byte(s))
	}
	return l
}

// anchored tells whether a pattern begins ^text, and whether it is ^text$.
func anchored(re *syntax.Regexp) (text string, whole, ok bool) {
	if re.Op != syntax.OpConcat || len(re.Sub) < 2 || re.Sub[0].Op != syntax.OpBeginText || !isLiteral(re.Sub[1]) {
		return "", false, false
	}
	// $ without (?m) is the end of the text, as in package regexp.
	whole = len(re.Sub) == 3 && re.Sub[2].Op == syntax.OpEndText
	return string(re.Sub[1].Rune), whole, true
}

// isLiteral tells whether re is a text in exact case. A pattern takes bytes
// that are no UTF-8 for U+FFFD, a text does not.
func isLiteral(re *syntax.Regexp) bool {
	return re.Op == syntax.OpLiteral && re.Flags&syntax.FoldCase == 0 && !slices.Contains(re.Rune, utf8.RuneError)
}

// required gives texts of which one stands in every match, and whether their
// case does not count; nil is not known.
func required(re *syntax.Regexp) (texts []string, fold bool) {
	switch re.Op {
	case syntax.OpLiteral:
		if isLiteral(re) {
			return []string{string(re.Rune)}, false
		}
		return []string{foldable(re.Rune)}, true
	case syntax.OpCapture, syntax.OpPlus:
		return required(re.Sub[0])
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			if t, f := required(sub); shortest(t) > shortest(texts) {
				texts, fold = t, f
			}
		}
	case syntax.OpAlternate:
		for _, sub := range re.Sub {
			t, f := required(sub)
			if t == nil {
				return nil, false
			}
			texts, fold = append(texts, t...), fold || f
		}
	}
	return texts, fold
}

// foldable gives the longest run of a text without regard to case that only
// ASCII matches: k and s have a sister each beyond it (U+212A, U+017F).
func foldable(text []rune) string {
	runs := strings.FieldsFunc(string(text), func(r rune) bool { return r >= utf8.RuneSelf || strings.ContainsRune("kKsS", r) })
	best := ""
	for _, run := range runs {
		if len(run) > len(best) {
			best = run
		}
	}
	return best
}

// lowerASCII appends s in lower case; what is not ASCII stays.
func lowerASCII(out, s []byte) []byte {
	for _, c := range s {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		out = append(out, c)
	}
	return out
}

func shortest(texts []string) int {
	if len(texts) == 0 {
		return 0
	}
	n := len(texts[0])
	for _, s := range texts[1:] {
		n = min(n, len(s))
	}
	return n
}
