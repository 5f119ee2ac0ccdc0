package fingerprints

// reached is what a pointer reaches in one view. Many conditions ask for the
// same: it is looked up once.
type reached struct {
	view   int32 // one more than the place of the view that this is of
	count  int8  // 0, 1, or 2 for more, which must be looked up again
	scalar bool
	null   bool
	text   []byte
}

// holds is Condition.holds for a condition of the index.
func (d *desk) holds(c *Condition, v *view) bool {
	if c.JSON == nil {
		return c.holds(v)
	}
	if len(v.documents()) == 0 || !v.keys.may(c.JSON.bits) {
		return c.decide(v, false, false)
	}
	r := &d.reached[c.place]
	if r.view != d.view {
		*r = reached{view: d.view}
		v.visit(c.JSON, noPart, func(h hit) bool {
			r.text, r.scalar, r.null = h.text, h.scalar, h.null
			r.count++
			return r.count < 2
		})
	}
	switch r.count {
	case 0:
		return c.decide(v, false, false)
	case 1:
		return c.decide(v, true, c.takes(&hit{text: r.text, scalar: r.scalar, null: r.null}))
	}
	return c.holds(v)
}
