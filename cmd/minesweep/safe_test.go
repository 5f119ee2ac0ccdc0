package main

import (
	"strings"
	"testing"
	"unicode"
)

// hostile is what devices could call themselves.
var hostile = []string{
	"Antminer S19\x1b[2J\x1b]0;owned\x07", "a\rb", "a\x00b", "\u202egnp.exe", "\xff\xfe", "line\nline",
	"=HYPERLINK(\"http://x\")", "+1", "-1", "@SUM(A1)", "\t=1+1", " =1+1", "'; DROP TABLE assets;--", "<script>",
}

func TestPrintable(t *testing.T) {
	for _, s := range hostile {
		checkPrintable(t, s)
	}
	if got := printable("KS3 用户界面 – µ"); got != "KS3 用户界面 – µ" {
		t.Errorf("harmless text became %q", got)
	}
}

func TestCell(t *testing.T) {
	for in, want := range map[string]string{
		"=1+1": "'=1+1", " =1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@x": "'@x", "Antminer S9": "Antminer S9", "": "",
	} {
		if got := cell(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func checkPrintable(t *testing.T, s string) {
	t.Helper()
	for _, r := range printable(s) {
		if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) {
			t.Errorf("%q keeps %U", s, r)
		}
	}
	if strings.ContainsAny(oneLine(s), "\n\r\t") {
		t.Errorf("%q is not one line", s)
	}
	if c := cell(s); c != "" && strings.ContainsRune("=+-@", rune(c[0])) {
		t.Errorf("%q is a formula: %q", s, c)
	}
}

func FuzzPrintable(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { checkPrintable(t, s) })
}
