package fingerprints

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"minesweep"
)

// Bounds of what is judged of one host. Probes keep no more of it either; a
// file may hold anything.
const (
	maxReply = 256 << 10 // bytes of one reply
	maxHost  = 512 << 10 // bytes of all replies
	maxViews = 512       // replies, joined ones counted apart
)

// maxJoined bounds the commands that one joined answer may hold.
const maxJoined = 16

// view is one reply, cut for judging.
type view struct {
	desk  *desk
	probe string
	port  uint16
	raw   []byte
	page  page
	docs  []document
	keys  keySet // of docs

	lowerHead, lowerBody []byte // when first asked for

	read bool // docs were read
	cut  bool // the end of the JSON is missing
	echo bool
}

// cut lays the replies out as views, in an order that does not depend on the
// order in which they came.
func (d *desk) cut(replies []minesweep.Reply) {
	order := d.choose(replies)
	slices.SortFunc(order, func(i, j int) int {
		a, b := &replies[i], &replies[j]
		return cmp.Or(cmp.Compare(a.Target.Port(), b.Target.Port()), cmp.Compare(a.Probe, b.Probe), bytes.Compare(a.Raw, b.Raw))
	})
	d.views = slices.Grow(d.views, len(order))
	for _, i := range order {
		d.cutReply(&replies[i])
	}
	byName := func(a, b view) int {
		return cmp.Or(cmp.Compare(a.port, b.port), cmp.Compare(a.probe, b.probe), bytes.Compare(a.raw, b.raw))
	}
	if d.separated { // views are large to move
		slices.SortStableFunc(d.views, byName)
	}
}

// choose gives the places of the replies that are judged: all, or the smallest
// if all are too many. What names a device is short, and one long page must
// not hide it.
func (d *desk) choose(replies []minesweep.Reply) []int {
	d.order = d.order[:0]
	total := 0
	for i := range replies {
		d.order = append(d.order, i)
		total += min(len(replies[i].Raw), maxReply)
		if len(replies[i].Raw) > maxReply {
			d.longReplies++
		}
	}
	if total <= maxHost && len(replies) <= maxViews {
		return d.order
	}
	slices.SortStableFunc(d.order, func(i, j int) int {
		a, b := &replies[i], &replies[j]
		return cmp.Or(cmp.Compare(len(a.Raw), len(b.Raw)), cmp.Compare(a.Target.Port(), b.Target.Port()),
			cmp.Compare(a.Probe, b.Probe), bytes.Compare(a.Raw, b.Raw))
	})
	total = 0
	for n, i := range d.order {
		if total += min(len(replies[i].Raw), maxReply); total > maxHost || n == maxViews {
			d.leftOut = len(d.order) - n
			return d.order[:n]
		}
	}
	return d.order
}

func (d *desk) cutReply(r *minesweep.Reply) {
	raw := bytes.Trim(r.Raw[:min(len(r.Raw), maxReply)], "\x00")
	if len(raw) == 0 {
		return
	}
	v := view{desk: d, probe: r.Probe, port: r.Target.Port(), raw: raw}
	if v.echo = isEcho(r.Request, raw); v.echo {
		d.views = append(d.views, v)
		return
	}
	page, isHTTP := cutPage(raw)
	if v.page = page; !isHTTP {
		v.page.trimmed = min(len(r.Raw), maxReply) - len(raw)
	}
	if v.separate() {
		d.separated = true
		return
	}
	d.views = append(d.views, v)
}

// documents gives the reply as JSON; it is read when a rule first asks for it.
func (v *view) documents() []document {
	if !v.read {
		var f fault
		v.docs, v.cut, f = v.desk.tape.documents(v.page.body)
		v.read, v.keys = true, v.desk.tape.keys
		if f == tooLarge {
			v.desk.largeJSON++
		}
	}
	return v.docs
}

// separate cuts the answer to a joined command, {"version":[{…}],"pools":[{…}]},
// into one view a command. It is false for all other answers.
func (v *view) separate() bool {
	family, command, _ := strings.Cut(v.probe, "/")
	if !strings.Contains(command, "+") || len(v.documents()) != 1 {
		return false
	}
	doc := cursor{&v.desk.tape, v.docs[0].src, v.docs[0].root}
	if doc.node().kind != objectKind {
		return false
	}
	before := len(v.desk.views)
	defer func() { v.desk.tape.stack = v.desk.tape.stack[:0] }()
	for _, key := range doc.keys() {
		if len(v.desk.views) == before+maxJoined || len(v.desk.views) >= maxViews {
			break
		}
		name, _ := doc.to(key).text()
		first, ok := doc.to(key + 1).firstObject()
		if ok && isCommand(name) {
			one := *v
			one.probe, one.docs = family+"/"+string(name), []document{{doc.src, first.at}}
			v.desk.views = append(v.desk.views, one)
		}
	}
	return len(v.desk.views) > before
}

// isCommand keeps what is no command's name out of the names of questions.
func isCommand(name []byte) bool {
	for _, c := range name {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' && c != '-' {
			return false
		}
	}
	return len(name) > 0 && len(name) <= 32
}

// firstObject gives the first element of an array, if that is an object.
func (c cursor) firstObject() (cursor, bool) {
	if c.node().kind != arrayKind {
		return c, false
	}
	first, ok := c.element(0)
	return first, ok && first.node().kind == objectKind
}

// visit calls yield for the values that a pointer or a part stands for, until
// yield says that it has enough.
func (v *view) visit(p *Pointer, name part, yield func(hit) bool) {
	if p != nil {
		if docs := v.documents(); v.keys.may(p.bits) {
			p.reach(&v.desk.tape, docs, yield)
		}
		return
	}
	if s := v.page.part(name); len(s) > 0 {
		yield(hit{text: s, scalar: true, view: v, part: name})
	}
}

// lower gives a part in lower case. Head and body are kept so: many patterns
// ask for them.
func (v *view) lower(name part, s []byte) []byte {
	kept := &v.lowerHead
	switch name {
	case bodyPart:
		kept = &v.lowerBody
	case headPart:
	default:
		return lowerASCII(nil, s)
	}
	if *kept == nil {
		from := len(v.desk.low)
		v.desk.low = lowerASCII(slices.Grow(v.desk.low, len(s)), s)
		*kept = v.desk.low[from:]
	}
	return *kept
}
