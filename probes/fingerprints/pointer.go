package fingerprints

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Pointer is a JSON pointer (RFC 6901) whose token * stands for any element of
// an array or any member of an object.
type Pointer struct {
	text   string
	tokens []pointerStep
	quoted string   // the last token that names a member, in quotes, for finding the bytes
	bits   []uint16 // of the keys that it needs
}

// pointerStep is one step of a pointer.
type pointerStep struct {
	name  string
	index int // as the place in an array; -1 if it is no number
	any   bool
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
	p := Pointer{text: s, quoted: `""`}
	if s == "" {
		return p
	}
	unescape := strings.NewReplacer("~1", "/", "~0", "~")
	for name := range strings.SplitSeq(s[1:], "/") {
		name = unescape.Replace(name)
		index, err := strconv.Atoi(name)
		if err != nil {
			index = -1
		}
		p.tokens = append(p.tokens, pointerStep{name: name, index: index, any: name == "*"})
	}
	for _, t := range p.tokens {
		if t.index < 0 && !t.any {
			p.bits = append(p.bits, bitOf([]byte(t.name)))
		}
	}
	for _, t := range slices.Backward(p.tokens) {
		if t.index < 0 && !t.any {
			p.quoted = `"` + t.name + `"`
			break
		}
	}
	return p
}

// String returns the pointer as written.
func (p Pointer) String() string { return p.text }

// hit is one value that a pointer or a part stands for.
type hit struct {
	text   []byte
	scalar bool // it has a text
	null   bool
	listed bool   // it was reached through a *
	elem   cursor // what the last * stood for
	view   *view  // whose part it is; nil of what a pointer reached
	part   part
}

// lower gives the text in lower case, as far as it is ASCII.
func (h *hit) lower() []byte {
	if h.view != nil {
		return h.view.lower(h.part, h.text)
	}
	var few [256]byte
	return lowerASCII(few[:0], h.text)
}

// reach calls yield for what the pointer reaches in the documents, until yield
// says that it has enough.
func (p *Pointer) reach(t *tape, docs []document, yield func(hit) bool) {
	w := walker{yield: yield}
	for _, doc := range docs {
		at := cursor{t, doc.src, doc.root}
		if !w.walk(at, at, false, p.tokens) {
			return
		}
	}
}

type walker struct {
	yield func(hit) bool
	hits  int
}

// walk goes on from at; elem is what the last * stood for. It tells whether
// more is wanted.
func (w *walker) walk(at, elem cursor, listed bool, tokens []pointerStep) bool {
	if len(tokens) == 0 {
		h := hit{listed: listed, elem: elem, null: at.node().kind == nullKind}
		h.text, h.scalar = at.text()
		w.hits++
		return w.yield(h) && w.hits < maxHits
	}
	step, rest := tokens[0], tokens[1:]
	switch kind := at.node().kind; {
	case kind < objectKind:
		return true
	case step.any && kind == objectKind:
		return w.walkMembers(at, rest)
	case step.any:
		end := at.node().next
		for i := at.at + 1; i < end; i = at.tape.nodes[i].next {
			if next := at.to(i); !w.walk(next, next, true, rest) {
				return false
			}
		}
		return true
	}
	next, ok := at.child(step)
	return !ok || w.walk(next, elem, listed, rest)
}

func (w *walker) walkMembers(at cursor, rest []pointerStep) bool {
	mark := len(at.tape.stack)
	defer func() { at.tape.stack = at.tape.stack[:mark] }()
	for _, key := range at.keys() {
		if next := at.to(key + 1); !w.walk(next, next, true, rest) {
			return false
		}
	}
	return true
}

func (c cursor) child(t pointerStep) (cursor, bool) {
	if c.node().kind == objectKind {
		return c.member(t.name)
	}
	if t.index < 0 {
		return c, false
	}
	return c.element(t.index)
}
