package fingerprints

import (
	"bytes"
	"maps"
	"regexp"
	"slices"
	"strings"
)

var reference = regexp.MustCompile(`\$\{(\w+)\}`)

// template is what a rule claims: a text in which groups may stand.
type template struct {
	claim  string
	pieces []piece
}

// piece is either a text or the name of a group.
type piece struct{ text, group string }

// templates cuts claims up, in order of their names.
func templates(claims map[string]string) []template {
	var list []template
	for _, claim := range slices.Sorted(maps.Keys(claims)) {
		list = append(list, template{claim, pieces(claims[claim])})
	}
	return list
}

func pieces(s string) []piece {
	var list []piece
	at := 0
	for _, m := range reference.FindAllStringSubmatchIndex(s, -1) {
		if m[0] > at {
			list = append(list, piece{text: s[at:m[0]]})
		}
		list = append(list, piece{group: s[m[2]:m[3]]})
		at = m[1]
	}
	if at < len(s) {
		list = append(list, piece{text: s[at:]})
	}
	return list
}

// expand puts groups in their places; with a group that matched nothing the
// text says nothing.
func expand(pieces []piece, groups []group) string {
	if len(pieces) == 1 && pieces[0].group == "" {
		return pieces[0].text
	}
	var b strings.Builder
	for _, p := range pieces {
		if p.group == "" {
			b.WriteString(p.text)
			continue
		}
		text := bytes.TrimSpace(groupText(groups, p.group))
		if len(text) == 0 {
			return ""
		}
		b.Write(text[:min(len(text), 4*maxText)])
	}
	return b.String()
}

// group is what a named group of a condition matched.
type group struct {
	name string
	text []byte
}

func groupText(groups []group, name string) []byte {
	for _, g := range slices.Backward(groups) {
		if g.name == name {
			return g.text
		}
	}
	return nil
}
