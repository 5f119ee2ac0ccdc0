package fingerprints

import "bytes"

// Bounds of what is read as JSON. The deepest real answer has 8 levels, the
// longest some 9000 values.
const (
	maxDepth     = 64
	maxDocuments = 64
	maxNodes     = 24 << 10 // keys and values of one answer
	maxHostNodes = 48 << 10
)

// fault is why an answer could not be read as JSON.
type fault uint8

const (
	fine fault = iota
	malformed
	tooDeep
	tooLarge
)

// parser reads strict JSON (RFC 8259) onto a tape.
type parser struct {
	tape  *tape
	src   []byte
	at    int
	limit int // nodes that the tape may hold
}

// readAll gives the values of src, until the first fault.
func (t *tape) readAll(src []byte) (docs []document, f fault) {
	t.keys = keySet{}
	p := parser{tape: t, src: src, limit: min(len(t.nodes)+maxNodes, maxHostNodes)}
	for n := 0; n < maxDocuments; n++ {
		if p.space(); p.at == len(p.src) {
			break
		}
		root := uint32(len(t.nodes))
		if f := p.value(0); f != fine {
			t.nodes = t.nodes[:root]
			return docs, f
		}
		docs = append(docs, document{src, root})
	}
	return docs, fine
}

func (p *parser) space() {
	for p.at < len(p.src) {
		switch p.src[p.at] {
		case ' ', '\t', '\r', '\n':
			p.at++
		default:
			return
		}
	}
}

// peek gives the next byte, 0 at the end, which no JSON holds outside strings.
func (p *parser) peek() byte {
	if p.at < len(p.src) {
		return p.src[p.at]
	}
	return 0
}

// push begins a node at the present byte.
func (p *parser) push(k kind) (at int, f fault) {
	t := p.tape
	at = len(t.nodes)
	if at >= p.limit {
		return 0, tooLarge
	}
	if at == cap(t.nodes) { // in large steps, so that little is thrown away
		grown := make([]node, at, max(1024, min(16*at, maxHostNodes)))
		copy(grown, t.nodes)
		t.nodes = grown
	}
	t.nodes = append(t.nodes, node{from: uint32(p.at), kind: k})
	return at, fine
}

// pop ends it.
func (p *parser) pop(at int) {
	n := &p.tape.nodes[at]
	n.to, n.next = uint32(p.at), uint32(len(p.tape.nodes))
}

func (p *parser) value(depth int) fault {
	switch c := p.peek(); {
	case c == '{':
		return p.object(depth + 1)
	case c == '[':
		return p.array(depth + 1)
	case c == '"':
		return p.str()
	case c == '-' || (c >= '0' && c <= '9'):
		return p.number()
	case c == 't':
		return p.word("true", boolKind)
	case c == 'f':
		return p.word("false", boolKind)
	case c == 'n':
		return p.word("null", nullKind)
	}
	return malformed
}

func (p *parser) object(depth int) fault {
	return p.list(objectKind, '}', depth, func() fault {
		if p.peek() != '"' {
			return malformed
		}
		key := len(p.tape.nodes)
		if f := p.str(); f != fine {
			return f
		}
		p.noteKey(&p.tape.nodes[key])
		if p.space(); p.peek() != ':' {
			return malformed
		}
		p.at++
		p.space()
		return p.value(depth)
	})
}

func (p *parser) noteKey(key *node) {
	if key.escaped {
		p.tape.keys.addAll()
		return
	}
	p.tape.keys.add(bitOf(p.src[key.from:key.to]))
}

func (p *parser) array(depth int) fault {
	return p.list(arrayKind, ']', depth, func() fault { return p.value(depth) })
}

// list reads what stands between two brackets, parted by commas.
func (p *parser) list(k kind, closing byte, depth int, item func() fault) fault {
	if depth > maxDepth {
		return tooDeep
	}
	at, f := p.push(k)
	if f != fine {
		return f
	}
	p.at++
	for first := true; ; first = false {
		p.space()
		if first && p.peek() == closing {
			break
		}
		if f := item(); f != fine {
			return f
		}
		p.space()
		if c := p.peek(); c == closing {
			break
		} else if c != ',' {
			return malformed
		}
		p.at++
	}
	p.at++
	p.pop(at)
	return fine
}

func (p *parser) word(w string, k kind) fault {
	if !bytes.HasPrefix(p.src[p.at:], []byte(w)) {
		return malformed
	}
	at, f := p.push(k)
	if f != fine {
		return f
	}
	p.at += len(w)
	p.pop(at)
	return fine
}

func (p *parser) number() fault {
	at, f := p.push(numberKind)
	if f != fine {
		return f
	}
	if p.peek() == '-' {
		p.at++
	}
	if p.peek() == '0' {
		p.at++
	} else if !p.digits() {
		return malformed
	}
	if p.peek() == '.' {
		p.at++
		if !p.digits() {
			return malformed
		}
	}
	if c := p.peek(); c == 'e' || c == 'E' {
		p.at++
		if c := p.peek(); c == '+' || c == '-' {
			p.at++
		}
		if !p.digits() {
			return malformed
		}
	}
	p.pop(at)
	return fine
}

func (p *parser) digits() bool {
	from := p.at
	for c := p.peek(); c >= '0' && c <= '9'; c = p.peek() {
		p.at++
	}
	return p.at > from
}

func (p *parser) str() fault {
	p.at++
	at, f := p.push(stringKind)
	if f != fine {
		return f
	}
	escaped := false
	for p.at < len(p.src) {
		switch c := p.src[p.at]; {
		case c == '"':
			p.pop(at)
			p.tape.nodes[at].escaped = escaped
			p.at++
			return fine
		case c < 0x20:
			return malformed
		case c == '\\':
			escaped = true
			if p.at++; p.at == len(p.src) || !escapes(p.src[p.at:]) {
				return malformed
			}
		}
		p.at++
	}
	return malformed
}
