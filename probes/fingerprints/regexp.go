package fingerprints

import (
	"fmt"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Regexp is a pattern that is compiled while it is read, so that a bad one is
// an error of the file and never of a sweep.
type Regexp struct {
	*regexp.Regexp
	literals literals
	names    []string // of its named groups
}

// matches tells whether the pattern matches a value.
func (r *Regexp) matches(h *hit) bool {
	return r.literals.possible(h) && (r.literals.whole || r.Match(h.text))
}

// UnmarshalYAML compiles the pattern.
func (r *Regexp) UnmarshalYAML(n *yaml.Node) error {
	var s string
	if err := n.Decode(&s); err != nil {
		return fmt.Errorf("line %d: a pattern is a string, for example '^Antminer (?P<model>.+)'", n.Line)
	}
	if err := r.compile(s); err != nil {
		return fmt.Errorf("line %d: pattern %q: %w; write RE2 syntax, as package regexp takes it", n.Line, s, err)
	}
	return nil
}

func (r *Regexp) compile(s string) error {
	re, err := regexp.Compile(s)
	if err != nil {
		return err
	}
	*r = Regexp{Regexp: re, literals: findLiterals(s)}
	for _, name := range re.SubexpNames() {
		if name != "" {
			r.names = append(r.names, name)
		}
	}
	return nil
}

// groups returns the names of the named groups.
func (r *Regexp) groups() []string {
	if r == nil {
		return nil
	}
	return r.names
}

// Probes are names of questions; one that ends in * stands for all names that
// begin so.
type Probes []string

// UnmarshalYAML takes one name or a list of names.
func (p *Probes) UnmarshalYAML(n *yaml.Node) error {
	switch n.Kind {
	case yaml.ScalarNode:
		*p = Probes{n.Value}
		return nil
	case yaml.SequenceNode:
		var list []string
		if err := n.Decode(&list); err != nil {
			return fmt.Errorf("line %d: probe: write names, for example [cgminer/version, cgminer/stats]", n.Line)
		}
		*p = list
		return nil
	}
	return fmt.Errorf("line %d: probe: write a name or a list of names, for example cgminer/version", n.Line)
}

func probeMatches(pattern, probe string) bool {
	if prefix, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(probe, prefix)
	}
	return pattern == probe
}
