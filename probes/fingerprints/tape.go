package fingerprints

import (
	"bytes"
	"slices"
)

// kind is what a node is.
type kind uint8

const (
	nullKind kind = iota
	boolKind
	numberKind
	stringKind
	objectKind
	arrayKind
)

// node is one value or one key of a document. The members of an object follow
// it, key and value in turn; the elements of an array follow it.
type node struct {
	from, to uint32 // its text in the source; of a string what stands between the quotes
	next     uint32 // the node behind this one and all that it holds
	kind     kind
	escaped  bool // a string with a backslash in it
	undone   bool // from and to are in the tape's text, where the escapes are gone
}

// tape is all documents of one host, flat: 16 bytes a value and no pointer, so
// that what a peer may send bounds what it costs.
type tape struct {
	nodes []node
	text  []byte
	stack []uint32 // keys that are being walked
	keys  keySet   // of the documents last read
	spent int      // bytes that repair and reading of plain text made anew
}

// document is one JSON value on the tape.
type document struct {
	src  []byte
	root uint32
}

// cursor is one value of a document.
type cursor struct {
	tape *tape
	src  []byte
	at   uint32
}

func (c cursor) node() *node { return &c.tape.nodes[c.at] }

func (c cursor) to(at uint32) cursor { c.at = at; return c }

// text gives a string, number, boolean or null as text; an object or an array
// has none.
func (c cursor) text() ([]byte, bool) {
	n := c.node()
	switch {
	case n.kind >= objectKind:
		return nil, false
	case n.undone:
		return c.tape.text[n.from:n.to], true
	case n.escaped:
		from := len(c.tape.text)
		c.tape.text = undoEscapes(c.tape.text, c.src[n.from:n.to])
		n.from, n.to, n.undone = uint32(from), uint32(len(c.tape.text)), true
		return c.tape.text[n.from:n.to], true
	}
	return c.src[n.from:n.to], true
}

// member finds a member of an object. Of two with one name the last counts, as
// miners' own clients have it.
func (c cursor) member(name string) (cursor, bool) {
	nodes := c.tape.nodes
	found, end := uint32(0), nodes[c.at].next
	for key := c.at + 1; key < end; key = nodes[key+1].next {
		k := &nodes[key]
		if !k.escaped {
			if int(k.to-k.from) == len(name) && string(c.src[k.from:k.to]) == name {
				found = key + 1
			}
		} else if s, _ := c.to(key).text(); string(s) == name {
			found = key + 1
		}
	}
	return c.to(found), found != 0
}

// element finds the i-th element of an array.
func (c cursor) element(i int) (cursor, bool) {
	nodes := c.tape.nodes
	end := nodes[c.at].next
	for at := c.at + 1; at < end; at = nodes[at].next {
		if i == 0 {
			return c.to(at), true
		}
		i--
	}
	return c, false
}

// maxMembers bounds how many members of one object a * stands for.
const maxMembers = 1024

// keys gives the keys of an object in order of their text, each once. They lie
// on the tape's stack, until the caller gives it its former length.
func (c cursor) keys() []uint32 {
	nodes, from := c.tape.nodes, len(c.tape.stack)
	keys, end := c.tape.stack, nodes[c.at].next
	for key := c.at + 1; key < end && len(keys)-from < maxMembers; key = nodes[key+1].next {
		keys = append(keys, key)
	}
	c.tape.stack = keys
	keys = keys[from:]
	if !slices.IsSortedFunc(keys, c.compareKeys) {
		slices.SortStableFunc(keys, c.compareKeys)
	}
	kept := keys[:0]
	for i, key := range keys {
		if i+1 == len(keys) || c.compareKeys(key, keys[i+1]) != 0 {
			kept = append(kept, key)
		}
	}
	return kept
}

func (c cursor) compareKeys(a, b uint32) int {
	x, y := &c.tape.nodes[a], &c.tape.nodes[b]
	if x.escaped || y.escaped {
		s, _ := c.to(a).text()
		t, _ := c.to(b).text()
		return bytes.Compare(s, t)
	}
	return bytes.Compare(c.src[x.from:x.to], c.src[y.from:y.to])
}
