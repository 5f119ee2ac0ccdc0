package fingerprints

import "minesweep"

// found is what fulfilled conditions: the named groups, and what to quote.
type found struct {
	groups []group
	needle []byte
	key    string
}

// holds tells whether all conditions hold on v.
func (v *view) holds(conditions []Condition) bool {
	for i := range conditions {
		if !conditions[i].holds(v) {
			return false
		}
	}
	return true
}

func (c *Condition) holds(v *view) bool {
	there, any := false, false
	v.visit(c.JSON, c.name, func(h hit) bool {
		there, any = true, c.takes(&h)
		return !any
	})
	return c.decide(v, there, any)
}

// takes tells whether a value is what the condition speaks of.
func (c *Condition) takes(h *hit) bool {
	switch {
	case c.Match != nil:
		return h.scalar && c.Match.matches(h)
	case c.Not != nil:
		return h.scalar && c.Not.matches(h)
	}
	return true
}

// decide tells whether the condition holds where there is something that it
// speaks of, or not, and it takes one of it, or none.
func (c *Condition) decide(v *view, there, any bool) bool {
	if c.Not == nil && !c.Absent {
		return any
	}
	if !there && c.JSON != nil && v.cut {
		return false // it may have stood behind the cut
	}
	return !any
}

// find gathers what made conditions hold that do.
func (v *view) find(conditions []Condition) found {
	var f found
	for i := range conditions {
		switch c := &conditions[i]; {
		case c.Match != nil:
			v.visit(c.JSON, c.name, func(h hit) bool { return !h.scalar || !f.take(c.Match, &h) })
		case c.Not == nil && !c.Absent && c.JSON != nil && f.key == "":
			f.key = c.JSON.quoted
		}
	}
	return f
}

// take keeps what re matches in a value; false where it does not match.
func (f *found) take(re *Regexp, h *hit) bool {
	if !re.literals.possible(h) {
		return false
	}
	s := h.text
	m := re.FindSubmatchIndex(s)
	if m == nil {
		return false
	}
	if len(f.needle) == 0 {
		f.needle = s[m[0]:m[1]]
	}
	if len(re.names) == 0 {
		return true
	}
	for i, name := range re.SubexpNames() {
		if name != "" && m[2*i] >= 0 && m[2*i] < m[2*i+1] {
			f.groups = append(f.groups, group{name, s[m[2*i]:m[2*i+1]]})
		}
	}
	return true
}

// fires tells whether a rule fires on the view whose answers are in d.memo.
func (d *desk) fires(x *index, rule int32, v *view) bool {
	for _, t := range x.rules[rule].tests {
		if d.memo[t] == unknown {
			d.memo[t] = no
			if d.holds(&x.tests[t], v) {
				d.memo[t] = yes
			}
		}
		if d.memo[t] == no {
			return false
		}
	}
	return true
}

// evidence says what a rule that fired on v claims.
func (x *index) evidence(id string, r *Rule, claims []template, v *view) minesweep.Evidence {
	got := v.find(r.When)
	e := minesweep.Evidence{
		Fingerprint: id, Probe: v.probe, Port: v.port,
		Strength: r.Strength, Weight: r.Weight,
		Quote: v.quote(got.needle, got.key),
	}
	for _, t := range claims {
		if s := expand(t.pieces, got.groups); s != "" {
			setText(&e.Claims, t.claim, s)
		}
	}
	return e
}
