package fingerprints

import (
	"slices"
	"strings"
)

func (c *checker) read(at []any, r Read) {
	kind := claimNames[r.Claim]
	switch {
	case kind == 0:
		c.fail(append(at, "claim"), "claim: unknown claim %q, write one of: %s", r.Claim, names(claimNames))
	case len(r.Probe) == 0:
		c.fail(at, "probe: is missing, write the name of a question, for example cgminer/summary")
	}
	if groups := c.conditions(at, r.When); len(groups) > 0 {
		c.fail(append(at, "when"), "when: a read uses no groups, write (?:…)")
	}
	c.origin(at, r)
	c.unit(at, r, kind)
	for _, g := range r.Match.groups() {
		if g != "value" && (g != "unit" || r.Claim != "hashrate") {
			c.fail(append(at, "match"), "match: the group of a read is named value, and unit for a hashrate, not %s", g)
		}
	}
}

// origin checks where the value comes from.
func (c *checker) origin(at []any, r Read) {
	switch {
	case r.Value == "":
		c.source(at, r.JSON, r.Part)
		if r.Claim == "state" || r.Claim == "locked" || r.Claim == "class" {
			c.fail(at, "claim: %s is a constant, write value and when", r.Claim)
		}
	case r.JSON != nil || r.Part != "" || r.Match != nil || r.Format != "":
		c.fail(at, "value: a constant needs no json, part, match or format; conditions go under when")
	case len(r.When) == 0:
		c.fail(at, "when: is missing, a constant needs a condition")
	default:
		c.constant(append(at, "value"), r.Claim, r.Value)
	}
	if _, ok := parseNumber(r.Value); r.Value != "" && !ok && claimNames[r.Claim] == numberClaim {
		c.fail(append(at, "value"), "value: %q is no number", r.Value)
	}
}

func (c *checker) unit(at []any, r Read, kind claimKind) {
	numeric := r.Unit != "" || r.UnitJSON != nil || r.Sum || r.Min != nil || r.Max != nil
	switch {
	case kind == textClaim && numeric:
		c.fail(at, "claim: %s is text; unit, unit_json, sum, min and max are for numbers", r.Claim)
	case kind == numberClaim && r.Format != "":
		c.fail(append(at, "format"), "format: %s is a number, format is for text", r.Claim)
	case r.Format != "" && !strings.Contains(r.Format, "${value}"):
		c.fail(append(at, "format"), "format: %q does not hold ${value}", r.Format)
	}
	if units, ok := plainUnits[r.Claim]; ok {
		if _, ok := units[r.Unit]; !ok {
			c.fail(append(at, "unit"), "unit: %q is not one of: %s", r.Unit, strings.TrimPrefix(names(units), ", "))
		}
	}
	if r.Claim != "hashrate" {
		return
	}
	if r.Unit == "" && r.UnitJSON == nil && !slices.Contains(r.Match.groups(), "unit") {
		c.fail(at, "unit: is missing, a hashrate needs unit, unit_json or a group unit")
	}
	if r.Unit != "" {
		if _, _, err := parseHashUnit(r.Unit); err != nil {
			c.fail(append(at, "unit"), "unit: %v", err)
		}
	}
}
