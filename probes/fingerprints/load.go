package fingerprints

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"minesweep/devices"
)

// Load reads every *.yaml of the file systems given, such as [Embedded] and a
// user's own directory. Any fault refuses the whole, with file, line and key.
func Load(fsyses ...fs.FS) (*Set, error) {
	list, err := devices.Load()
	if err != nil {
		return nil, err
	}
	s := &Set{models: list}
	files := make(map[string]string)
	for _, fsys := range fsyses {
		names, err := fs.Glob(fsys, "*.yaml")
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			f, err := loadFile(fsys, name)
			if err != nil {
				return nil, err
			}
			if _, taken := files[f.ID]; taken {
				return nil, fmt.Errorf("%s:1: id: another fingerprint is named %s already, choose a name of its own", name, f.ID)
			}
			files[f.ID] = name
			s.fingerprints = append(s.fingerprints, f)
		}
	}
	slices.SortFunc(s.fingerprints, func(a, b Fingerprint) int { return cmp.Compare(a.ID, b.ID) })
	s.index = newIndex(s.fingerprints)
	return s, nil
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
	line := "1"
	if m := lineOf.FindStringSubmatch(text); m != nil {
		line, text = m[1], text[len(m[0]):]
	}
	text = unknownKey.ReplaceAllString(text, "unknown key $1; the keys of a ${2} are in ARCHITECTURE.md, Fingerprints")
	return fmt.Errorf("%s:%s: %s", name, line, text)
}
