package fingerprints

import (
	"cmp"
	"slices"
	"strings"
)

// index is the rules of a set in the form in which they are judged: found by
// the name of a question, their conditions shared.
type index struct {
	rules    []indexed
	tests    []Condition
	pointers int                // how many there are in tests
	exact    map[string][]int32 // rules by the name of a question
	prefixes []prefixed
}

// indexed is one rule. Rules stand in order of their fingerprint.
type indexed struct {
	fingerprint, rule int
	tests             []int32 // places in index.tests, the cheapest first
	claims            []template
}

type prefixed struct {
	prefix string
	rules  []int32
}

func newIndex(list []Fingerprint) index {
	x := index{exact: make(map[string][]int32)}
	places := placing{tests: make(map[string]int32), pointers: make(map[string]int32)}
	for i, f := range list {
		for j, r := range f.Rules {
			x.addProbes(r.Probe, int32(len(x.rules)))
			x.rules = append(x.rules, indexed{
				fingerprint: i, rule: j,
				tests:  x.addTests(r.When, places),
				claims: append(templates(f.Claims), templates(r.Claims)...),
			})
		}
	}
	x.pointers = len(places.pointers)
	return x
}

// placing finds again what already has a place.
type placing struct{ tests, pointers map[string]int32 }

func (p placing) pointer(text string) int32 {
	if _, ok := p.pointers[text]; !ok {
		p.pointers[text] = int32(len(p.pointers))
	}
	return p.pointers[text]
}

func (x *index) addProbes(probes Probes, rule int32) {
	for _, name := range probes {
		prefix, ok := strings.CutSuffix(name, "*")
		if !ok {
			x.exact[name] = append(x.exact[name], rule)
			continue
		}
		i := slices.IndexFunc(x.prefixes, func(p prefixed) bool { return p.prefix == prefix })
		if i < 0 {
			i = len(x.prefixes)
			x.prefixes = append(x.prefixes, prefixed{prefix: prefix})
		}
		x.prefixes[i].rules = append(x.prefixes[i].rules, rule)
	}
}

// addTests gives the places of the conditions, the cheapest first. A condition
// that another rule has too is one test: it is done once for a reply.
func (x *index) addTests(when []Condition, places placing) []int32 {
	var tests []int32
	for _, c := range when {
		key := c.key()
		place, ok := places.tests[key]
		if !ok {
			place = int32(len(x.tests))
			places.tests[key] = place
			if c.JSON != nil {
				c.place = places.pointer(c.JSON.String())
			}
			x.tests = append(x.tests, c)
		}
		tests = append(tests, place)
	}
	slices.SortStableFunc(tests, func(a, b int32) int { return cmp.Compare(x.tests[a].cost(), x.tests[b].cost()) })
	return tests
}

// key is a text that only the same condition has.
func (c Condition) key() string {
	parts := []string{c.Part, "", "", "", ""}
	if c.JSON != nil {
		parts[1] = "json " + c.JSON.String()
	}
	if c.Match != nil {
		parts[2] = "match " + c.Match.String()
	}
	if c.Not != nil {
		parts[3] = "not " + c.Not.String()
	}
	if c.Absent {
		parts[4] = "absent"
	}
	return strings.Join(parts, "\x00")
}

// cost orders the conditions of a rule: what is cheap and mostly false first.
func (c Condition) cost() int {
	cost := map[part]int{
		noPart: 1, statusPart: 0, lengthPart: 0, serverPart: 2, locationPart: 2, realmPart: 2, authPart: 2, titlePart: 3, headPart: 4, bodyPart: 5,
	}[c.name]
	if c.Absent || c.Not != nil {
		cost += 10
	}
	return cost
}

// candidates gives the rules that ask for answers to a question.
func (x *index) candidates(buf []int32, probe string) []int32 {
	rules := append(buf[:0], x.exact[probe]...)
	for i := range x.prefixes {
		if strings.HasPrefix(probe, x.prefixes[i].prefix) {
			rules = append(rules, x.prefixes[i].rules...)
		}
	}
	return rules
}
