package fingerprints

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

// faulty pairs each file of testdata/invalid with what is said of it.
var faulty = map[string]string{
	"bad-pattern":                "7: pattern \"(unclosed\": error parsing regexp: missing closing ): `(unclosed`; write RE2 syntax, as package regexp takes it",
	"bad-pointer":                `6: json: "VERSION.Type" is no pointer, write for example /VERSION/0/Type`,
	"group-in-not":               "7: not: a group of what does not match is never filled, write (?:…)",
	"json-and-part":              "6: both json and part are given, keep one",
	"match-and-absent":           "6: when: match, not and absent exclude each other, keep one",
	"missing-probe":              "4: probe: is missing, write the name of a question, for example cgminer/version",
	"missing-when":               "4: when: is missing, write at least one condition",
	"no-about":                   "1: about: is missing, say in a sentence what this is",
	"no-rules":                   "1: rules: is missing, write at least one rule with probe, when, strength and weight",
	"not-yaml":                   "2: mapping values are not allowed in this context",
	"number-claim":               "8: claims: hashrate has a unit and comes from a read, move it under reads",
	"oversize":                   "1: id: oversize is a rule of the engine, choose another name",
	"other-name":                 `1: id: "some-name" is not the name of the file, write id: other-name`,
	"probe-object":               "4: probe: write a name or a list of names, for example cgminer/version",
	"read-bad-power-unit":        `12: unit: "hp" is not one of: W, kW`,
	"read-bad-state":             `12: state: "dreaming" is not one of: mining, idle, sleeping`,
	"read-bad-unit":              `12: unit: "parsec" is no unit of hashrate, write for example GH/s, kSol/s or g/s`,
	"read-constant-without-when": "9: when: is missing, a constant needs a condition",
	"read-format-without-value":  `12: format: "stock" does not hold ${value}`,
	"read-group-in-when":         "11: when: a read uses no groups, write (?:…)",
	"read-no-source":             "9: neither json nor part is given, write for example json: /VERSION/0/Type",
	"read-no-unit":               "9: unit: is missing, a hashrate needs unit, unit_json or a group unit",
	"read-other-group":           "12: match: the group of a read is named value, and unit for a hashrate, not version",
	"read-state-from-device":     "9: claim: state is a constant, write value and when",
	"read-unit-of-text":          "9: claim: pool is text; unit, unit_json, sum, min and max are for numbers",
	"read-unknown-claim":         `9: claim: unknown claim "temperature", write one of: algorithm, class, coin,`,
	"unknown-claim":              `4: claims: unknown claim "brand", write one of: algorithm, class, coin,`,
	"unknown-class":              `3: class: "toaster" is not one of: asic, gpu-miner, cpu-miner,`,
	"unknown-group":              "9: claims: no condition has a group named model, write (?P<model>…) in a match",
	"unknown-key":                "3: unknown key colour; the keys of a Fingerprint are in ARCHITECTURE.md, Fingerprints",
	"unknown-part":               `6: part: "cookie" is not one of: auth, body, head, length, location,`,
	"unknown-rule-key":           "8: unknown key heavy; the keys of a Rule are in ARCHITECTURE.md, Fingerprints",
	"unknown-strength":           `6: strength: "certain" is not one of: confirm, suspect, refute, decoy`,
	"unused-group":               "6: when: the group model stands in no claim; use it as ${model} or write (?:…)",
	"weight-large":               "7: weight: 101 is not in 1 to 100",
	"weight-zero":                "4: weight: 0 is not in 1 to 100",
}

func TestLoadRefuses(t *testing.T) {
	fsys := os.DirFS("testdata/invalid")
	entries, err := os.ReadDir("testdata/invalid")
	if err != nil || len(entries) != len(faulty) {
		t.Fatalf("%d files for %d faults, error %v", len(entries), len(faulty), err)
	}
	for name, want := range faulty {
		t.Run(name, func(t *testing.T) {
			_, err := loadFile(fsys, name+".yaml")
			want := name + ".yaml:" + want
			if err == nil || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("error is %v\nwant     %s", err, want)
			}
		})
	}
}

const good = `
about: A thing.
rules:
  - probe: cgminer/version
    when: [{json: /VERSION/0/Type, match: "^X"}]
    strength: confirm
    weight: 10
`

func TestLoadRefusesTheSameNameTwice(t *testing.T) {
	mine := fstest.MapFS{"x.yaml": {Data: []byte("id: x" + good)}}
	if _, err := Load(mine); err != nil {
		t.Fatal(err)
	}
	_, err := Load(mine, mine)
	if err == nil || !strings.HasPrefix(err.Error(), "x.yaml:1: id: another fingerprint is named x") {
		t.Errorf("error is %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("id: x" + good))
	entries, _ := os.ReadDir("testdata/invalid")
	for _, e := range entries {
		data, err := os.ReadFile("testdata/invalid/" + e.Name())
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		_, err := parse("x.yaml", data)
		if err != nil && !strings.HasPrefix(err.Error(), "x.yaml:") {
			t.Errorf("%v names no file", err)
		}
	})
}
