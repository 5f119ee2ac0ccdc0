//go:build root

package main_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// trixie unpacks a package of Debian 13 and all that it needs, down to its
// libc, into a folder. The machine's own packages stay as they are.
func trixie(name string) func(context.Context, string) error {
	return func(ctx context.Context, dir string) error {
		apt := filepath.Join(dir, "apt")
		defer func() { _ = os.RemoveAll(apt) }()
		sources, err := trixieSources(apt)
		if err != nil {
			return err
		}
		for _, d := range []string{"state/lists/partial", "cache/archives/partial"} {
			if err := os.MkdirAll(filepath.Join(apt, d), 0o755); err != nil {
				return err
			}
		}
		if err := os.WriteFile(filepath.Join(apt, "status"), nil, 0o644); err != nil {
			return err
		}
		get := []string{"apt-get", "-q", "-y",
			"-o", "Dir::Etc::SourceList=/dev/null", "-o", "Dir::Etc::SourceParts=" + sources,
			"-o", "Dir::State=" + apt + "/state", "-o", "Dir::State::status=" + apt + "/status",
			"-o", "Dir::Cache=" + apt + "/cache", "-o", "APT::Sandbox::User=root",
			"-o", "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false"}
		if err := command(ctx, dir, nil, append(slices.Clip(get), "update")...); err != nil {
			return err
		}
		if err := command(ctx, dir, nil, append(get, "install", "--download-only", "--no-install-recommends", name)...); err != nil {
			return err
		}
		return unpack(ctx, apt+"/cache/archives", dir)
	}
}

func unpack(ctx context.Context, archives, dir string) error {
	packages, err := filepath.Glob(archives + "/*.deb")
	if err != nil || len(packages) == 0 {
		return errors.Join(errors.New("apt-get downloaded no package"), err)
	}
	for _, p := range packages {
		if err := command(ctx, dir, nil, "dpkg", "-x", p, dir); err != nil {
			return err
		}
	}
	return nil
}

// trixieSources writes the sources of Debian 13 into apt: the machine's own
// for Debian 12, with the other name.
func trixieSources(apt string) (string, error) {
	dir := filepath.Join(apt, "sources")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	files, err := filepath.Glob("/etc/apt/sources.list.d/*")
	if err != nil {
		return "", err
	}
	for _, f := range append(files, "/etc/apt/sources.list") {
		text, err := os.ReadFile(f)
		if err != nil {
			continue // no such file, or one of the other kind
		}
		if found := renamed(string(text), filepath.Ext(f)); found != "" {
			return dir, os.WriteFile(filepath.Join(dir, "trixie"+filepath.Ext(f)), []byte(found), 0o644)
		}
	}
	return "", errors.New("no file of /etc/apt names the suite bookworm with the component main, from which trixie's source could be read")
}

var (
	comment = regexp.MustCompile(`(?m)^\s*#.*\n?`)
	stanza  = regexp.MustCompile(`\n[ \t]*\n+`)
	suites  = regexp.MustCompile(`(?mi)^Suites:.*\bbookworm( .*)?$`)
	main    = regexp.MustCompile(`(?mi)^Components:.*\bmain\b`)
	oneLine = regexp.MustCompile(`(?m)^deb( +\[[^\]]*\])? +\S+ +bookworm( +\S+)* +main\b.*$`)
)

// renamed returns the first source of Debian 12 in a file of apt, of either
// form, as one of Debian 13; "" where there is none.
func renamed(text, form string) string {
	text = comment.ReplaceAllString(text, "")
	if form == ".list" {
		return strings.Replace(oneLine.FindString(text), " bookworm ", " trixie ", 1)
	}
	if form == ".sources" {
		for _, s := range stanza.Split(text, -1) {
			if suites.MatchString(s) && main.MatchString(s) {
				return suites.ReplaceAllLiteralString(s, "Suites: trixie") + "\n"
			}
		}
	}
	return ""
}

// TestRootTrixieSources shows where the source of Debian 13 is read from.
func TestRootTrixieSources(t *testing.T) {
	for _, c := range []struct{ name, form, text, want string }{
		{"stanzas", ".sources", "Types: deb\n# bookworm\nURIs: x:y\nSuites: bookworm bookworm-updates\nComponents: main\nSigned-By: /k\n\nTypes: deb\nSuites: bookworm-security\nComponents: main\n",
			"Types: deb\nURIs: x:y\nSuites: trixie\nComponents: main\nSigned-By: /k\n"},
		{"security only", ".sources", "Types: deb\nURIs: x:y\nSuites: bookworm-security\nComponents: main\n", ""},
		{"lines", ".list", "# deb x:z bookworm main\ndeb x:s bookworm-security main\ndeb [signed-by=/k] x:y bookworm main contrib\n",
			"deb [signed-by=/k] x:y trixie main contrib"},
		{"another's", ".list", "deb x:y bookworm stable\n", ""},
		{"no source", ".disabled", "deb x:y bookworm main\n", ""},
	} {
		if got := renamed(c.text, c.form); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
