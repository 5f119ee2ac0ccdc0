package minesweep_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// folder says what one folder of the tree may import.
type folder struct {
	ours    []string // packages of this module
	without []string // standard packages that it must do without
}

// pure packages judge; they neither talk nor remember.
var pure = []string{"net", "net/http", "os", "os/exec", "database/sql", "syscall"}

// folders is ARCHITECTURE.md's table. A folder that is not here fails the test.
var folders = map[string]folder{
	".":                   {without: pure},
	"scanner":             {ours: []string{"minesweep"}},
	"probes":              {ours: []string{"minesweep"}, without: []string{"os", "os/exec", "database/sql"}},
	"probes/fingerprints": {ours: []string{"minesweep", "minesweep/devices"}, without: pure},
	"devices":             {without: pure},
	"pools":               {without: pure},
	"recordings":          {ours: []string{"minesweep", "minesweep/probes", "minesweep/devices"}, without: pure},
	"mapper":              {ours: []string{"minesweep", "minesweep/devices", "minesweep/pools"}, without: pure},
	"db":                  {ours: []string{"minesweep"}, without: []string{"os/exec"}},
	"lab":                 {ours: []string{"minesweep", "minesweep/recordings", "minesweep/probes", "minesweep/probes/fingerprints"}},
	"lab/wire":            {},
	"lab/postgres":        {},
	"schedules":           {ours: []string{"minesweep", "minesweep/db"}},
	"web":                 {ours: []string{"minesweep"}},
	"bench":               {ours: []string{"minesweep", "minesweep/scanner", "minesweep/probes", "minesweep/probes/fingerprints", "minesweep/mapper", "minesweep/lab", "minesweep/recordings", "minesweep/db"}},
	"bench/peers":         {ours: []string{"minesweep/lab/wire"}},
	"bench/chaos":         {ours: []string{"minesweep", "minesweep/lab", "minesweep/lab/wire", "minesweep/lab/postgres"}},
	"cmd/minesweep": {ours: []string{"minesweep", "minesweep/scanner", "minesweep/probes", "minesweep/probes/fingerprints",
		"minesweep/recordings", "minesweep/mapper", "minesweep/devices", "minesweep/pools", "minesweep/db", "minesweep/lab", "minesweep/schedules", "minesweep/web"}},
	"cmd/minesweep-naabu": {ours: []string{"minesweep", "minesweep/scanner"}},
}

// source is one parsed Go file that is not a test.
type source struct {
	path, dir string
	file      *ast.File
	set       *token.FileSet
}

func sources(t *testing.T) []source {
	t.Helper()
	var out []source
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && d.Name() != "." || d.Name() == "testdata") {
			return fs.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, nil, 0)
		if err != nil {
			return err
		}
		out = append(out, source{path, filepath.ToSlash(filepath.Dir(path)), file, set})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestImportsFollowTheTable(t *testing.T) {
	for _, s := range sources(t) {
		rule, known := folders[s.dir]
		if !known {
			t.Errorf("%s: folder %s has no rule; say in ARCHITECTURE.md what it is for and add it here", s.path, s.dir)
			continue
		}
		for _, spec := range s.file.Imports {
			path, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			ours := path == "minesweep" || strings.HasPrefix(path, "minesweep/")
			if ours && !slices.Contains(rule.ours, path) {
				t.Errorf("%s imports %s, which %s may not", s.path, path, s.dir)
			}
			if slices.Contains(rule.without, path) {
				t.Errorf("%s imports %s; %s does without it", s.path, path, s.dir)
			}
		}
	}
}

// opensSockets are the ways to reach another host that Go and our libraries offer.
var opensSockets = map[string][]string{
	"net":  {"Dial", "DialTimeout", "DialTCP", "DialUDP", "DialIP", "DialUnix", "Dialer"},
	"http": {"Get", "Head", "Post", "PostForm", "Client", "Transport", "DefaultClient", "DefaultTransport"},
	"tls":  {"Dial", "DialWithDialer", "Dialer"},
	"unix": {"Connect", "Sendto", "Sendmsg", "Socket"}, "syscall": {"Connect", "Sendto", "Sendmsg", "Socket"},
}

func TestOnlyTheGuardOpensSockets(t *testing.T) {
	allowed := []string{"scanner", "cmd/minesweep-naabu"}
	seen := 0
	for _, s := range sources(t) {
		ast.Inspect(s.file, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			pkg, ok := sel.X.(*ast.Ident)
			if !ok || !slices.Contains(opensSockets[pkg.Name], sel.Sel.Name) {
				return true
			}
			seen++
			if !slices.Contains(allowed, s.dir) {
				t.Errorf("%s: %s.%s opens a socket past the guard", s.set.Position(n.Pos()), pkg.Name, sel.Sel.Name)
			}
			return true
		})
	}
	if seen == 0 {
		t.Error("not even the guard was seen to open a socket: this test is blind")
	}
}
