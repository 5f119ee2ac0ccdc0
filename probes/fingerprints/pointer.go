package fingerprints

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Pointer is a JSON pointer (RFC 6901) whose token * stands for any element of
// an array or any member of an object.
type Pointer struct {
	text   string
	tokens []string
}

// maxHits bounds what one pointer may reach in one reply.
const maxHits = 4096

// UnmarshalYAML reads the pointer.
func (p *Pointer) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.ScalarNode || (n.Value != "" && n.Value[0] != '/') {
		return fmt.Errorf("line %d: json: %q is no pointer, write for example /VERSION/0/Type", n.Line, n.Value)
	}
	*p = parsePointer(n.Value)
	return nil
}

func parsePointer(s string) Pointer {
	p := Pointer{text: s}
	if s == "" {
		return p
	}
	unescape := strings.NewReplacer("~1", "/", "~0", "~")
	for token := range strings.SplitSeq(s[1:], "/") {
		p.tokens = append(p.tokens, unescape.Replace(token))
	}
	return p
}

// String returns the pointer as written.
func (p Pointer) String() string { return p.text }

// lastKey is the last token that names a member, for finding the bytes.
func (p Pointer) lastKey() string {
	for _, token := range slices.Backward(p.tokens) {
		if _, err := strconv.Atoi(token); err != nil && token != "*" {
			return token
		}
	}
	return ""
}

// hit is one value that a pointer reached.
type hit struct {
	value any
	elem  any // what the last * stood for; nil without one
}

func (p Pointer) find(docs []any) []hit {
	var hits []hit
	for _, doc := range docs {
		hits = p.walk(hits, doc, nil, p.tokens)
	}
	return hits
}

func (p Pointer) walk(hits []hit, at, elem any, tokens []string) []hit {
	if len(hits) >= maxHits {
		return hits
	}
	if len(tokens) == 0 {
		return append(hits, hit{at, elem})
	}
	token, rest := tokens[0], tokens[1:]
	switch v := at.(type) {
	case map[string]any:
		if token == "*" {
			for _, key := range slices.Sorted(maps.Keys(v)) {
				hits = p.walk(hits, v[key], v[key], rest)
			}
		} else if member, ok := v[token]; ok {
			hits = p.walk(hits, member, elem, rest)
		}
	case []any:
		if token == "*" {
			for _, e := range v {
				hits = p.walk(hits, e, e, rest)
			}
		} else if i, err := strconv.Atoi(token); err == nil && i >= 0 && i < len(v) {
			hits = p.walk(hits, v[i], elem, rest)
		}
	}
	return hits
}

// scalarText gives a string, number, boolean or null as text; an object or an
// array has none.
func scalarText(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		return strconv.FormatBool(v), true
	case nil:
		return "null", true
	}
	return "", false
}
