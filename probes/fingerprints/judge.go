package fingerprints

import (
	"cmp"
	"slices"
	"sync"

	"minesweep"
	"minesweep/devices"
)

// Set is fingerprints that were loaded together. It is safe for concurrent use.
type Set struct {
	fingerprints []Fingerprint // by ID
	models       *devices.Table
	index        index
	desks        sync.Pool
}

var _ minesweep.Judge = (*Set)(nil)

// List returns the fingerprints, sorted by ID. They must not be changed.
func (s *Set) List() []Fingerprint { return slices.Clone(s.fingerprints) }

// maxFirings bounds how often one rule may fire on one host.
const maxFirings = 16

// Judge says what the replies of one host prove: every rule that fires, the
// strongest and heaviest first. The order of the replies does not matter. At
// most 256 KiB of one reply and 512 KiB of a host are judged; where there is
// more, evidence named oversize, of strength [minesweep.Note], says so.
func (s *Set) Judge(replies []minesweep.Reply) []minesweep.Evidence {
	d := s.desk()
	defer s.desks.Put(d)
	s.fire(d, replies)
	all := make([]minesweep.Evidence, 0, len(d.fired)+1)
	for i := range d.views {
		if d.views[i].echo {
			all = append(all, d.views[i].echoEvidence())
		}
	}
	for fired := range s.families(d.fired) {
		all = s.judgeOne(all, d, fired)
	}
	all = append(all, d.notes()...)
	if len(all) == 0 {
		return nil
	}
	slices.SortStableFunc(all, heaviestFirst)
	return unlock(all)
}

func (s *Set) desk() *desk {
	d, ok := s.desks.Get().(*desk)
	if !ok {
		d = &desk{memo: make([]answer, len(s.index.tests)), reached: make([]reached, s.index.pointers)}
	}
	d.clear()
	return d
}

// fire finds the rules that fire, in order of fingerprint, rule and view.
func (s *Set) fire(d *desk, replies []minesweep.Reply) {
	d.cut(replies)
	for i := range d.views {
		v := &d.views[i]
		if v.echo {
			continue
		}
		clear(d.memo)
		d.view = int32(i) + 1
		d.rules = s.index.candidates(d.rules, v.probe)
		for _, rule := range d.rules {
			if d.fires(&s.index, rule, v) {
				d.fired = append(d.fired, firing{rule, int32(i)})
			}
		}
	}
	slices.SortFunc(d.fired, func(a, b firing) int { return cmp.Or(cmp.Compare(a.rule, b.rule), cmp.Compare(a.view, b.view)) })
	d.fired = slices.Compact(d.fired) // a rule may name a question and its prefix
}

// families parts the firings by fingerprint.
func (s *Set) families(fired []firing) func(yield func([]firing) bool) {
	return func(yield func([]firing) bool) {
		for len(fired) > 0 {
			id := s.index.rules[fired[0].rule].fingerprint
			n := 1
			for n < len(fired) && s.index.rules[fired[n].rule].fingerprint == id {
				n++
			}
			if !yield(fired[:n]) {
				return
			}
			fired = fired[n:]
		}
	}
}

// unlock takes the word locked back where a rate was read all the same: the
// web page asks for a password and the API next to it does not.
func unlock(all []minesweep.Evidence) []minesweep.Evidence {
	open := slices.ContainsFunc(all, func(e minesweep.Evidence) bool {
		return e.Strength == minesweep.Confirm && e.Claims.Hashrate != nil
	})
	for i := range all {
		all[i].Claims.Locked = all[i].Claims.Locked && !open
	}
	return all
}

// judgeOne appends the evidence of one fingerprint.
func (s *Set) judgeOne(all []minesweep.Evidence, d *desk, family []firing) []minesweep.Evidence {
	from := len(all)
	f := &s.fingerprints[s.index.rules[family[0].rule].fingerprint]
	for i, fired := range family {
		if i >= maxFirings && family[i-maxFirings].rule == fired.rule {
			continue
		}
		all = append(all, s.evidence(f, d, fired))
	}
	fired := all[from:]
	slices.SortStableFunc(fired, func(a, b minesweep.Evidence) int {
		return cmp.Or(heaviestFirst(a, b), cmp.Compare(a.Claims.Model, b.Claims.Model), cmp.Compare(a.Quote, b.Quote))
	})
	fired = slices.Compact(fired) // the same answer to a question asked twice
	if fired[0].Strength == minesweep.Confirm {
		s.readAll(f, d, fired)
	}
	return all[:from+len(fired)]
}

func (s *Set) evidence(f *Fingerprint, d *desk, fired firing) minesweep.Evidence {
	rule := &s.index.rules[fired.rule]
	e := s.index.evidence(f.ID, &f.Rules[rule.rule], rule.claims, &d.views[fired.view])
	s.canonical(&e.Claims)
	return e
}

func (s *Set) canonical(c *minesweep.Claims) {
	if c.Model != "" {
		canonical(s.models, c)
	}
}

// readAll joins what the file's reads give to the first of fired, the heaviest
// confirming evidence. The model comes first, for reads depend on it.
func (s *Set) readAll(f *Fingerprint, d *desk, fired []minesweep.Evidence) {
	c := &fired[0].Claims
	for _, e := range fired {
		if c.Model == "" && e.Strength == minesweep.Confirm {
			c.Model = e.Claims.Model
		}
	}
	rd := reader{views: d.views, fired: fired, claims: c}
	vendor, model := c.Vendor, c.Model
	for i := range f.Reads {
		if f.Reads[i].isIdentity() {
			rd.read(&f.Reads[i])
		}
	}
	if c.Model != model || c.Vendor != vendor || c.Algorithm == "" {
		s.canonical(c)
	}
	for i := range f.Reads {
		if !f.Reads[i].isIdentity() {
			rd.read(&f.Reads[i])
		}
	}
}

// rank orders the strengths: what only mining software gives comes first.
func rank(s minesweep.Strength) int {
	switch s {
	case minesweep.Confirm:
		return 0
	case minesweep.Suspect:
		return 1
	case minesweep.Refute:
		return 2
	case minesweep.Decoy:
		return 3
	}
	return 4
}

func heaviestFirst(a, b minesweep.Evidence) int {
	return cmp.Or(
		cmp.Compare(rank(a.Strength), rank(b.Strength)),
		cmp.Compare(b.Weight, a.Weight),
		cmp.Compare(a.Fingerprint, b.Fingerprint),
		cmp.Compare(a.Port, b.Port),
		cmp.Compare(a.Probe, b.Probe),
	)
}
