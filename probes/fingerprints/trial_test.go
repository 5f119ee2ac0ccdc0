package fingerprints_test

import (
	"io/fs"
	"os"
	"strings"
	"testing"

	"minesweep"
	"minesweep/probes/fingerprints"
	"minesweep/recordings"
)

// everyWay is what check says of testdata/check, a file for each way to be
// wrong, in order of file and line.
var everyWay = []struct{ begin, within string }{
	{"antminer.yaml:1: id: another fingerprint is named antminer already", ""},
	{"bad-pattern.yaml:7: pattern \"^Gizmo (\": error parsing regexp", ""},
	{"no-recording.yaml:1: id: no recording shows no-recording, add NAME.txtar with its answers and a want section", ""},
	{"other-make.yaml:9: rules: it fires on devices of another make, ", "asic-antminer-s9, "},
	{"over-broad.yaml:10: rules: no recording shows this rule", ""},
	{"over-broad.yaml:10: rules: too broad, it fires on innocent-nginx, ", "Welcome to nginx!"},
	{"over-broad.yaml:16: rules: too broad, it fires on innocent-nginx, ", "http/ answered HTTP/1.1 200 OK Server: nginx"},
	{"over-broad.yaml:16: rules: it fires on devices of another make, ", "Server: nginx"},
	{"rule-not-shown.yaml:9: rules: no recording shows this rule, add NAME.txtar on which it fires", ""},
	{"unasserted.yaml:5: match: no recording asserts the group firm of unasserted, write firmware: … into the want section", ""},
	{"unknown-key.yaml:8: unknown key colour; the keys of a Rule are in ARCHITECTURE.md, Fingerprints", ""},
}

func ownSamples(t *testing.T, fsys fs.FS) []fingerprints.Sample {
	t.Helper()
	own, err := recordings.ReadDir(fsys, "*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	return append(samples(recordedDevices(t)), samples(own)...)
}

func TestCheckNamesEachWayToBeWrong(t *testing.T) {
	dir := os.DirFS("testdata/check")
	errs := fingerprints.Check(dir, ownSamples(t, dir), fingerprints.Embedded())
	for _, err := range errs {
		t.Log(err)
	}
	if len(errs) != len(everyWay) {
		t.Fatalf("%d errors, want %d", len(errs), len(everyWay))
	}
	for i, want := range everyWay {
		if s := errs[i].Error(); !strings.HasPrefix(s, want.begin) || !strings.Contains(s, want.within) {
			t.Errorf("error %d is not: %s … %s", i, want.begin, want.within)
		}
	}
}

// TestCheckPassesWhatIsRight mends one file of testdata/check.
func TestCheckPassesWhatIsRight(t *testing.T) {
	all := os.DirFS("testdata/check")
	own := ownSamples(t, all)
	for i := range own {
		if own[i].Name == "gizmo-7" {
			own[i].Want.Firmware = "1.2"
		}
	}
	if errs := fingerprints.Check(only{all, "unasserted.yaml"}, own, fingerprints.Embedded()); len(errs) > 0 {
		t.Errorf("errors are %v", errs)
	}
	own[len(own)-1].Verdict = minesweep.Suspected
	own[len(own)-1].Want = minesweep.Claims{}
	if errs := fingerprints.Check(only{all, "unasserted.yaml"}, own[len(own)-1:], fingerprints.Embedded()); len(errs) == 0 {
		t.Error("a rule that confirms what is only suspected passes")
	}
}

// only is one file of a file system.
type only struct {
	fs.FS
	name string
}

func (o only) Glob(string) ([]string, error) { return []string{o.name}, nil }
