package fingerprints

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"minesweep"
)

// checker finds the first fault of a fingerprint that is well-formed YAML.
type checker struct {
	file string
	tree *yaml.Node
	err  error
}

// fail keeps the first fault. path leads to the node whose line is named:
// keys as strings and list positions as ints.
func (c *checker) fail(path []any, format string, args ...any) {
	if c.err == nil {
		c.err = located{c.file, line(c.tree, path), fmt.Sprintf(format, args...)}
	}
}

// line finds the line of the node at path, or of the nearest one above it.
func line(n *yaml.Node, path []any) int {
	if n.Kind == yaml.DocumentNode && len(n.Content) > 0 {
		n = n.Content[0]
	}
	at := n.Line
	for _, step := range path {
		next := child(n, step)
		if next == nil {
			return max(at, 1)
		}
		n, at = next, next.Line
	}
	return max(at, 1)
}

func child(n *yaml.Node, step any) *yaml.Node {
	switch step := step.(type) {
	case string:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Kind == yaml.MappingNode && n.Content[i].Value == step {
				return n.Content[i+1]
			}
		}
	case int:
		if n.Kind == yaml.SequenceNode && step < len(n.Content) {
			return n.Content[step]
		}
	}
	return nil
}

func (c *checker) fingerprint(f Fingerprint, base string) {
	switch {
	case f.ID != base:
		c.fail([]any{"id"}, "id: %q is not the name of the file, write id: %s", f.ID, base)
	case f.ID == echoID || f.ID == oversizeID:
		c.fail([]any{"id"}, "id: %s is a rule of the engine, choose another name", f.ID)
	case f.About == "":
		c.fail([]any{"about"}, "about: is missing, say in a sentence what this is")
	case len(f.Rules) == 0:
		c.fail([]any{"rules"}, "rules: is missing, write at least one rule with probe, when, strength and weight")
	}
	c.claims([]any{"claims"}, f.Claims, nil)
	for i, r := range f.Rules {
		c.rule([]any{"rules", i}, r)
	}
	for i, r := range f.Reads {
		c.read([]any{"reads", i}, r)
	}
}

func (c *checker) rule(at []any, r Rule) {
	switch r.Strength {
	case minesweep.Confirm, minesweep.Suspect, minesweep.Refute, minesweep.Decoy:
	default:
		c.fail(append(at, "strength"), "strength: %q is not one of: confirm, suspect, refute, decoy", r.Strength)
	}
	switch {
	case len(r.Probe) == 0:
		c.fail(at, "probe: is missing, write the name of a question, for example cgminer/version")
	case len(r.When) == 0:
		c.fail(at, "when: is missing, write at least one condition")
	case r.Weight < 1 || r.Weight > 100:
		c.fail(append(at, "weight"), "weight: %d is not in 1 to 100", r.Weight)
	}
	groups := c.conditions(at, r.When)
	c.claims(append(at, "claims"), r.Claims, groups)
	for _, g := range slices.Sorted(maps.Keys(groups)) {
		if !groups[g] {
			c.fail(append(at, "when"), "when: the group %s stands in no claim; use it as ${%s} or write (?:…)", g, g)
		}
	}
}

// conditions checks them and returns their named groups, none of them used yet.
func (c *checker) conditions(at []any, when []Condition) map[string]bool {
	groups := make(map[string]bool)
	for i, w := range when {
		at := append(slices.Clone(at), "when", i)
		c.source(at, w.JSON, w.Part)
		if n := btoi(w.Match != nil) + btoi(w.Not != nil) + btoi(w.Absent); n > 1 {
			c.fail(at, "when: match, not and absent exclude each other, keep one")
		}
		if len(w.Not.groups()) > 0 {
			c.fail(append(at, "not"), "not: a group of what does not match is never filled, write (?:…)")
		}
		for _, g := range w.Match.groups() {
			groups[g] = false
		}
	}
	return groups
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (c *checker) source(at []any, p *Pointer, part string) {
	switch {
	case p == nil && part == "":
		c.fail(at, "neither json nor part is given, write for example json: /VERSION/0/Type")
	case p != nil && part != "":
		c.fail(at, "both json and part are given, keep one")
	case part != "" && partNames[part] == noPart:
		c.fail(append(at, "part"), "part: %q is not one of: %s", part, names(partNames))
	}
}

// claims checks the claims of a rule and marks the groups they use.
func (c *checker) claims(at []any, claims map[string]string, groups map[string]bool) {
	for _, claim := range slices.Sorted(maps.Keys(claims)) {
		at := append(slices.Clone(at), claim)
		s := claims[claim]
		switch claimNames[claim] {
		case 0:
			c.fail(at, "claims: unknown claim %q, write one of: %s", claim, names(claimNames))
		case numberClaim:
			c.fail(at, "claims: %s has a unit and comes from a read, move it under reads", claim)
		}
		c.constant(at, claim, s)
		for _, m := range reference.FindAllStringSubmatch(s, -1) {
			if _, ok := groups[m[1]]; !ok {
				c.fail(at, "claims: no condition has a group named %s, write (?P<%s>…) in a match", m[1], m[1])
				continue
			}
			groups[m[1]] = true
		}
	}
}

// constant checks a claim's value where only a few are possible.
func (c *checker) constant(at []any, claim, s string) {
	allowed := map[string][]string{
		"state":  {"mining", "idle", "sleeping", "tuning"},
		"locked": {"true"},
		"class":  {"asic", "gpu-miner", "cpu-miner", "home-miner", "pool", "proxy", "node", "farm-controller"},
	}[claim]
	if allowed != nil && !slices.Contains(allowed, s) {
		c.fail(at, "%s: %q is not one of: %s", claim, s, strings.Join(allowed, ", "))
	}
}

func names[V any](m map[string]V) string {
	return strings.Join(slices.Sorted(maps.Keys(m)), ", ")
}
