package fingerprints

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"minesweep"
)

// Check holds the rules of a file system against recorded hosts, and returns
// each fault as an error of the form FILE:LINE: sentence, in order of file and
// line: what [Load] refuses; a fingerprint or a rule that no sample shows; a
// named group that no sample asserts; a rule that fires on an innocent host or
// on a device of another make. The rules beside are loaded too, and not checked.
func Check(rules fs.FS, samples []Sample, beside ...fs.FS) []error {
	s, err := Load(beside...)
	if err != nil {
		return []error{err}
	}
	own, errs := loadFiles(rules)
	own, errs = dropTaken(s.fingerprints, own, errs)
	s.add(own)
	t := trial{set: s, own: make(map[string]bool), rules: make(map[place]*showing), faults: errs}
	for _, f := range own {
		t.own[f.ID] = true
	}
	for i := range samples {
		t.judge(&samples[i])
	}
	for _, f := range own {
		t.report(f)
	}
	slices.SortStableFunc(t.faults, byPlace)
	return t.faults
}

// byPlace sorts errors by file and line; one without a place comes first.
func byPlace(a, b error) int {
	var x, y located
	errors.As(a, &x)
	errors.As(b, &y)
	return cmp.Or(cmp.Compare(x.file, y.file), cmp.Compare(x.line, y.line))
}

// located is a fault and where it stands.
type located struct {
	file string
	line int
	text string
}

// Error gives FILE:LINE: sentence.
func (l located) Error() string { return fmt.Sprintf("%s:%d: %s", l.file, l.line, l.text) }

// trial gathers what the samples show of the rules under test.
type trial struct {
	set    *Set
	own    map[string]bool // by ID of the fingerprint
	rules  map[place]*showing
	faults []error
}

// place is one rule: the ID of its fingerprint, and the how-manieth it is.
type place struct {
	id   string
	rule int
}

// showing is what the samples show of one rule.
type showing struct {
	shown    bool
	asserted []string // claims that a sample wants as the rule says them
	innocent []string // names of samples on which it must not fire
	foreign  []string
	quote    map[string]string // by sample
}

// judge sets one sample before the rules.
func (t *trial) judge(sample *Sample) {
	if sample.Verdict == "" {
		return
	}
	all := t.set.Judge(sample.Replies)
	d := t.set.desk()
	defer t.set.desks.Put(d)
	t.set.fire(d, sample.Replies)
	for _, fired := range d.fired {
		rule := &t.set.index.rules[fired.rule]
		f := &t.set.fingerprints[rule.fingerprint]
		if t.own[f.ID] {
			t.showing(place{f.ID, rule.rule}).note(sample, t.set.evidence(f, d, fired), all)
		}
	}
}

func (t *trial) showing(at place) *showing {
	if t.rules[at] == nil {
		t.rules[at] = &showing{quote: make(map[string]string)}
	}
	return t.rules[at]
}

// note keeps what one firing shows of its rule; all is the evidence of the
// sample.
func (s *showing) note(sample *Sample, e minesweep.Evidence, all []minesweep.Evidence) {
	// With what the reads of the file say.
	file := all[slices.IndexFunc(all, func(x minesweep.Evidence) bool { return x.Fingerprint == e.Fingerprint })]
	s.shown = s.shown || sample.shows(e.Strength)
	switch {
	case sample.forbids(e.Strength):
		s.innocent = appendOnce(s.innocent, sample.Name)
	case sample.isForeign(&e) && sample.isForeign(&file) && !sample.outweighs(&e, all):
		s.foreign = appendOnce(s.foreign, sample.Name)
	}
	s.quote[sample.Name] = e.Probe + " answered " + e.Quote
	for claim := range claimNames {
		want, own := textClaimOf(&sample.Want, claim), textClaimOf(&e.Claims, claim)
		// A read of the same file may say it better than the rule does.
		if want != "" && own != "" && (want == own || want == textClaimOf(&file.Claims, claim)) {
			s.asserted = appendOnce(s.asserted, claim)
		}
	}
}

func appendOnce(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

// report says what is wrong with one fingerprint.
func (t *trial) report(f Fingerprint) {
	shown := 0
	for i := range f.Rules {
		if s := t.rules[place{f.ID, i}]; s != nil && s.shown {
			shown++
		}
	}
	if shown == 0 {
		t.fail(f, f.line, "id: no recording shows %s, add NAME.txtar with its answers and a want section", f.ID)
	}
	for i, r := range f.Rules {
		s := t.rules[place{f.ID, i}]
		if s == nil {
			s = &showing{}
		}
		if shown > 0 && !s.shown {
			t.fail(f, r.line, "rules: no recording shows this rule, add NAME.txtar on which it fires")
		}
		t.reportGroups(f, r, s)
		t.reportBroad(f, r, s)
	}
}

// reportGroups names the groups whose claim no sample asserts.
func (t *trial) reportGroups(f Fingerprint, r Rule, s *showing) {
	for _, claim := range templates(r.Claims) {
		for _, p := range claim.pieces {
			if p.group != "" && s.shown && !slices.Contains(s.asserted, claim.claim) {
				t.fail(f, r.line, "match: no recording asserts the group %s of %s, write %s: … into the want section of one on which the rule fires",
					p.group, f.ID, claim.claim)
			}
		}
	}
}

func (t *trial) reportBroad(f Fingerprint, r Rule, s *showing) {
	if len(s.innocent) > 0 {
		first, names := someNames(s.innocent)
		t.fail(f, r.line, "rules: too broad, it fires on %s: %s; add a condition that only %s fulfils", names, s.quote[first], f.ID)
	}
	if len(s.foreign) > 0 {
		first, names := someNames(s.foreign)
		t.fail(f, r.line, "rules: it fires on devices of another make, %s: %s; add a condition that only %s fulfils", names, s.quote[first], f.ID)
	}
}

// someNames lists names, the plainest first, and gives the first.
func someNames(names []string) (first, list string) {
	const most = 4
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) })
	list = strings.Join(names[:min(len(names), most)], ", ")
	if n := len(names) - most; n > 0 {
		list += fmt.Sprintf(" and %d more", n)
	}
	return names[0], list
}

func (t *trial) fail(f Fingerprint, line int, format string, args ...any) {
	t.faults = append(t.faults, located{f.file, line, fmt.Sprintf(format, args...)})
}
