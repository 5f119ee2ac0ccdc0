package fingerprints

import (
	"regexp"
	"strings"

	"minesweep"
)

// reach gives the values that a pointer or the name of a part stands for.
func (v view) reach(p *Pointer, part string) []hit {
	if p != nil {
		return p.find(v.docs)
	}
	if s := v.parts[part]; s != "" {
		return []hit{{value: s}}
	}
	return nil
}

// found is what fulfilled conditions: the named groups, and what to quote.
type found struct {
	groups      map[string]string
	needle, key string
}

// holds tells whether all conditions hold on v.
func (v view) holds(conditions []Condition) (found, bool) {
	f := found{groups: make(map[string]string)}
	for _, c := range conditions {
		if !c.holds(v, &f) {
			return f, false
		}
	}
	return f, true
}

func (c Condition) holds(v view, f *found) bool {
	hits := v.reach(c.JSON, c.Part)
	switch {
	case c.Absent:
		return len(hits) == 0
	case c.Not != nil:
		return !matchAny(c.Not, hits, nil)
	case c.Match != nil:
		return matchAny(c.Match, hits, f)
	}
	if c.JSON != nil && f.key == "" {
		f.key = `"` + c.JSON.lastKey() + `"`
	}
	return len(hits) > 0
}

// matchAny tells whether re matches one of the values, and puts what it
// matched first into f.
func matchAny(re *Regexp, hits []hit, f *found) bool {
	for _, h := range hits {
		s, ok := scalarText(h.value)
		if !ok {
			continue
		}
		m := re.FindStringSubmatch(s)
		if m == nil {
			continue
		}
		if f != nil {
			f.take(re, m)
		}
		return true
	}
	return false
}

func (f *found) take(re *Regexp, m []string) {
	if f.needle == "" {
		f.needle = m[0]
	}
	for i, name := range re.SubexpNames() {
		if name != "" && m[i] != "" {
			f.groups[name] = m[i]
		}
	}
}

// fire tells whether the rule fires on v, and gives its evidence.
func (r Rule) fire(f Fingerprint, v view) (minesweep.Evidence, bool) {
	got, ok := v.holds(r.When)
	if !ok {
		return minesweep.Evidence{}, false
	}
	e := minesweep.Evidence{
		Fingerprint: f.ID, Probe: v.probe, Port: v.port,
		Strength: r.Strength, Weight: r.Weight,
		Quote: v.quote(got.needle, got.key),
	}
	for _, claims := range []map[string]string{f.Claims, r.Claims} {
		for claim, s := range claims {
			if s = expand(s, got.groups); s != "" {
				setText(&e.Claims, claim, s)
			}
		}
	}
	return e, true
}

var reference = regexp.MustCompile(`\$\{(\w+)\}`)

// expand puts groups in the place of ${group}; with a group that matched
// nothing the text says nothing.
func expand(s string, groups map[string]string) string {
	empty := false
	s = reference.ReplaceAllStringFunc(s, func(ref string) string {
		g := strings.TrimSpace(groups[ref[2:len(ref)-1]])
		empty = empty || g == ""
		return g
	})
	if empty {
		return ""
	}
	return s
}
