package fingerprints

import (
	"bytes"
	"cmp"
	"errors"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"minesweep/devices"
)

// Load reads every *.yaml of the file systems given, such as [Embedded] and a
// user's own directory; their order does not matter. Any fault refuses the
// whole, with file, line and key.
func Load(fsyses ...fs.FS) (*Set, error) {
	list, err := devices.Load()
	if err != nil {
		return nil, err
	}
	s := &Set{models: list}
	for _, fsys := range fsyses {
		own, errs := loadFiles(fsys)
		if own, errs = dropTaken(s.fingerprints, own, errs); len(errs) > 0 {
			return nil, errs[0]
		}
		s.add(own)
	}
	return s, nil
}

// add puts fingerprints in their places, and makes the index anew.
func (s *Set) add(list []Fingerprint) {
	s.fingerprints = append(s.fingerprints, list...)
	slices.SortFunc(s.fingerprints, func(a, b Fingerprint) int { return cmp.Compare(a.ID, b.ID) })
	s.index = newIndex(s.fingerprints)
}

// loadFiles reads what can be read, and says what is wrong with the rest.
func loadFiles(fsys fs.FS) (list []Fingerprint, errs []error) {
	names, err := fs.Glob(fsys, "*.yaml")
	if err != nil {
		return nil, []error{err}
	}
	for _, name := range names {
		f, err := loadFile(fsys, name)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		list = append(list, f)
	}
	return list, errs
}

// dropTaken leaves out of own what has the ID of one that is there already.
func dropTaken(there, own []Fingerprint, errs []error) ([]Fingerprint, []error) {
	var kept []Fingerprint
	for _, f := range own {
		if slices.ContainsFunc(there, func(t Fingerprint) bool { return t.ID == f.ID }) {
			errs = append(errs, located{f.file, f.line, "id: another fingerprint is named " + f.ID + " already, choose a name of its own"})
			continue
		}
		kept = append(kept, f)
	}
	return kept, errs
}

func loadFile(fsys fs.FS, name string) (Fingerprint, error) {
	data, err := fs.ReadFile(fsys, name)
	if err != nil {
		return Fingerprint{}, err
	}
	return parse(name, data)
}

// parse reads one fingerprint. It is decoded twice: into the struct, where a
// key that does not exist is an error, and into a tree, which knows lines.
func parse(name string, data []byte) (Fingerprint, error) {
	var f Fingerprint
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	if err := d.Decode(&f); err != nil {
		return f, yamlError(name, err)
	}
	var tree yaml.Node
	if err := yaml.Unmarshal(data, &tree); err != nil {
		return f, yamlError(name, err)
	}
	c := checker{file: name, tree: &tree}
	c.fingerprint(f, strings.TrimSuffix(path.Base(name), ".yaml"))
	f.prepare(name, &tree)
	return f, c.err
}

// prepare works out what judging would else work out anew each time, and keeps
// where things stand in the file.
func (f *Fingerprint) prepare(name string, tree *yaml.Node) {
	f.file, f.line = name, line(tree, []any{"id"})
	for i := range f.Rules {
		f.Rules[i].line = line(tree, []any{"rules", i})
		for j := range f.Rules[i].When {
			c := &f.Rules[i].When[j]
			c.name, c.line = partNames[c.Part], line(tree, []any{"rules", i, "when", j})
		}
	}
	for i := range f.Reads {
		r := &f.Reads[i]
		r.name = partNames[r.Part]
		for j := range r.When {
			r.When[j].name = partNames[r.When[j].Part]
		}
		if r.Format != "" {
			r.format = pieces(r.Format)
		}
		r.scale, r.base = r.ownUnit()
	}
}

var lineOf = regexp.MustCompile(`^(?:yaml: )?(?:unmarshal errors:\s*)?line (\d+): `)

// unknownKey is how package yaml puts it.
var unknownKey = regexp.MustCompile(`field (\S+) not found in type fingerprints\.(\w+)`)

// yamlError puts an error of package yaml into the form FILE:LINE: sentence.
func yamlError(name string, err error) error {
	text := err.Error()
	var many *yaml.TypeError
	if errors.As(err, &many) && len(many.Errors) > 0 {
		text = many.Errors[0]
	}
	line := 1
	if m := lineOf.FindStringSubmatch(text); m != nil {
		line, _ = strconv.Atoi(m[1])
		text = text[len(m[0]):]
	}
	text = unknownKey.ReplaceAllString(text, "unknown key $1; the keys of a ${2} are in ARCHITECTURE.md, Fingerprints")
	return located{name, line, text}
}
