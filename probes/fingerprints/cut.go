package fingerprints

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"strings"

	"minesweep"
)

// maxReply is the most of one reply that is read; probes stop there too.
const maxReply = 1 << 20

// maxJoined bounds the commands that one joined answer may hold.
const maxJoined = 16

// view is one reply, cut for judging.
type view struct {
	probe string
	port  uint16
	raw   []byte
	parts map[string]string
	docs  []any
	echo  bool
}

// cut turns replies into views, in an order that does not depend on the order
// in which the replies came.
func cut(replies []minesweep.Reply) []view {
	var views []view
	for _, r := range replies {
		views = append(views, cutReply(r)...)
	}
	slices.SortStableFunc(views, func(a, b view) int {
		return cmp.Or(cmp.Compare(a.port, b.port), cmp.Compare(a.probe, b.probe), bytes.Compare(a.raw, b.raw))
	})
	return views
}

func cutReply(r minesweep.Reply) []view {
	raw := bytes.Trim(r.Raw[:min(len(r.Raw), maxReply)], "\x00")
	if len(raw) == 0 {
		return nil
	}
	v := view{probe: r.Probe, port: r.Target.Port(), raw: raw}
	if v.echo = isEcho(r.Request, raw); v.echo {
		return []view{v}
	}
	parts, body, ok := cutHTTP(raw)
	if !ok {
		parts = make(map[string]string)
	}
	parts["body"] = bounded(body)
	v.parts, v.docs = parts, documents(body)
	return v.separate()
}

// separate cuts the answer to a joined command, {"version":[{…}],"pools":[{…}]},
// into one view a command.
func (v view) separate() []view {
	family, command, _ := strings.Cut(v.probe, "/")
	if !strings.Contains(command, "+") || len(v.docs) != 1 {
		return []view{v}
	}
	doc, _ := v.docs[0].(map[string]any)
	if doc == nil {
		return []view{v}
	}
	var views []view
	for _, name := range slices.Sorted(maps.Keys(doc)) {
		list, _ := doc[name].([]any)
		if len(list) == 0 || len(views) == maxJoined {
			continue
		}
		if _, ok := list[0].(map[string]any); ok && name == strings.ToLower(name) {
			one := v
			one.probe, one.docs = family+"/"+name, list[:1]
			views = append(views, one)
		}
	}
	if views == nil {
		return []view{v}
	}
	return views
}
