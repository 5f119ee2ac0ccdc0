package fingerprints_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"sync"
	"testing"

	"minesweep"
	"minesweep/devices"
	"minesweep/probes/fingerprints"
	"minesweep/recordings"
)

// builtIn and recorded are the rules and recordings of the program, read once for
// all tests: reading them takes most of a test's time under the race detector.
var (
	builtIn  = sync.OnceValues(func() (*fingerprints.Set, error) { return fingerprints.Load(fingerprints.Embedded()) })
	recorded = sync.OnceValues(func() ([]recordings.Device, error) {
		return recordings.ReadDir(fingerprints.Recordings(), "testdata/*.txtar")
	})
)

func load(t testing.TB) *fingerprints.Set {
	t.Helper()
	set, err := builtIn()
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func recordedDevices(t testing.TB) []recordings.Device {
	t.Helper()
	devices, err := recorded()
	if err != nil {
		t.Fatal(err)
	}
	return devices
}

// TestDevices sets every recording before every fingerprint.
func TestDevices(t *testing.T) {
	set := load(t)
	for _, d := range recordedDevices(t) {
		t.Run(d.Name, func(t *testing.T) {
			if d.Want == nil {
				t.Fatal("no want section")
			}
			evidence := set.Judge(d.Replies)
			for _, fault := range faults(*d.Want, verdict(evidence), best(evidence)) {
				t.Error(fault)
			}
			if t.Failed() {
				for _, e := range evidence {
					t.Logf("%s %s %d: %s %s: %s", e.Strength, e.Fingerprint, e.Weight, e.Probe, show(e.Claims), e.Quote)
				}
			}
		})
	}
}

// verdict is the simple rule by which recordings are judged here; package
// mapper has the real one.
func verdict(evidence []minesweep.Evidence) minesweep.Verdict {
	has := func(s minesweep.Strength) bool {
		return slices.ContainsFunc(evidence, func(e minesweep.Evidence) bool { return e.Strength == s })
	}
	switch {
	case has(minesweep.Decoy):
		return minesweep.DecoyHost
	case has(minesweep.Refute):
		return minesweep.Unidentified
	case has(minesweep.Confirm):
		return minesweep.Confirmed
	case has(minesweep.Suspect):
		return minesweep.Suspected
	}
	return minesweep.Unidentified
}

// best takes the heaviest evidence and fills what it leaves open from lighter
// ones that name no other class, vendor or model.
func best(evidence []minesweep.Evidence) minesweep.Claims {
	if len(evidence) == 0 {
		return minesweep.Claims{}
	}
	c := evidence[0].Claims
	for _, e := range evidence[1:] {
		if (e.Claims.Class == "" || c.Class == "" || e.Claims.Class == c.Class) &&
			(e.Claims.Vendor == "" || c.Vendor == "" || e.Claims.Vendor == c.Vendor) {
			fill(reflect.ValueOf(&c).Elem(), reflect.ValueOf(e.Claims))
		}
	}
	return c
}

func fill(c, from reflect.Value) {
	for i := range c.NumField() {
		if c.Field(i).IsZero() {
			c.Field(i).Set(from.Field(i))
		}
	}
}

// faults compares what was asserted with what was found.
func faults(w recordings.Want, v minesweep.Verdict, c minesweep.Claims) []string {
	var list []string
	differ := func(name string, want, got any) {
		list = append(list, fmt.Sprintf("%s is %v, want %v", name, got, want))
	}
	if w.Verdict != v && (w.Verdict != minesweep.Silent || v != minesweep.Unidentified) {
		differ("verdict", w.Verdict, v)
	}
	want, got := reflect.ValueOf(w), reflect.ValueOf(c)
	for i := range want.NumField() {
		name := want.Type().Field(i).Name
		if name == "Verdict" || want.Field(i).IsZero() {
			continue
		}
		a, b := deref(want.Field(i)), deref(got.FieldByName(name))
		if !alike(a, b) {
			differ(name, a, b)
		}
	}
	return list
}

func deref(v reflect.Value) any {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return nil
		}
		v = v.Elem()
	}
	return v.Interface()
}

func alike(a, b any) bool {
	if x, ok := a.(float64); ok {
		y, ok := b.(float64)
		return ok && math.Abs(x-y) <= 1e-6*math.Max(math.Abs(x), math.Abs(y))
	}
	return a == b
}

func show(c minesweep.Claims) string {
	s := ""
	v := reflect.ValueOf(c)
	for i := range v.NumField() {
		if !v.Field(i).IsZero() {
			s += fmt.Sprintf("%s=%v ", v.Type().Field(i).Name, deref(v.Field(i)))
		}
	}
	return s
}

// TestEveryFingerprintIsShown holds the rules of the program to what check asks
// of a user's.
func TestEveryFingerprintIsShown(t *testing.T) {
	for _, err := range fingerprints.Check(fingerprints.Embedded(), samples(recordedDevices(t))) {
		t.Error(err)
	}
}

func samples(devices []recordings.Device) []fingerprints.Sample {
	var list []fingerprints.Sample
	for _, d := range devices {
		s := fingerprints.Sample{Name: d.Name, Replies: d.Replies}
		if d.Want != nil {
			s.Verdict, s.Want = d.Want.Verdict, d.Want.Claims()
		}
		list = append(list, s)
	}
	return list
}

func TestOrderDoesNotMatter(t *testing.T) {
	set := load(t)
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, d := range recordedDevices(t) {
		want := set.Judge(d.Replies)
		for range 2 {
			replies := slices.Clone(d.Replies)
			rnd.Shuffle(len(replies), func(i, j int) { replies[i], replies[j] = replies[j], replies[i] })
			if got := set.Judge(replies); !reflect.DeepEqual(got, want) {
				t.Errorf("%s: the order of replies changes the evidence", d.Name)
			}
		}
	}
}

// TestModelsAreListed keeps the recordings to the models of package devices.
func TestModelsAreListed(t *testing.T) {
	table, err := devices.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range recordedDevices(t) {
		w := d.Want
		if w == nil || w.Model == "" || (w.Class != minesweep.ASIC && w.Class != minesweep.HomeMiner) {
			continue
		}
		if found, _ := table.Find(w.Vendor, w.Model); found.Model != w.Model {
			t.Errorf("%s wants %s %s, which devices.csv does not list", d.Name, w.Vendor, w.Model)
		}
	}
}
