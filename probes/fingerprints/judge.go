package fingerprints

import (
	"cmp"
	"slices"

	"minesweep"
	"minesweep/devices"
)

// Set is fingerprints that were loaded together. It is safe for concurrent use.
type Set struct {
	fingerprints []Fingerprint // by ID
	models       *devices.Table
}

var _ minesweep.Judge = (*Set)(nil)

// List returns the fingerprints, sorted by ID. They must not be changed.
func (s *Set) List() []Fingerprint { return slices.Clone(s.fingerprints) }

// Judge says what the replies of one host prove: every rule that fires, the
// strongest and heaviest first. The order of the replies does not matter.
func (s *Set) Judge(replies []minesweep.Reply) []minesweep.Evidence {
	views := cut(replies)
	var all []minesweep.Evidence
	for _, v := range views {
		if v.echo {
			all = append(all, v.echoEvidence())
		}
	}
	for _, f := range s.fingerprints {
		all = append(all, s.judgeOne(f, views)...)
	}
	slices.SortStableFunc(all, heaviestFirst)
	return unlock(all)
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

func (s *Set) judgeOne(f Fingerprint, views []view) []minesweep.Evidence {
	var fired []minesweep.Evidence
	for _, r := range f.Rules {
		for _, v := range views {
			if v.echo || !r.Probe.match(v.probe) {
				continue
			}
			if e, ok := r.fire(f, v); ok {
				canonical(s.models, &e.Claims)
				fired = append(fired, e)
			}
		}
	}
	slices.SortStableFunc(fired, func(a, b minesweep.Evidence) int {
		return cmp.Or(heaviestFirst(a, b), cmp.Compare(a.Claims.Model, b.Claims.Model), cmp.Compare(a.Quote, b.Quote))
	})
	fired = slices.Compact(fired) // the same answer to a question asked twice
	if len(fired) > 0 && fired[0].Strength == minesweep.Confirm {
		s.readAll(f, views, fired)
	}
	return fired
}

// readAll joins what the file's reads give to the first of fired, the heaviest
// confirming evidence. The model comes first, for reads depend on it.
func (s *Set) readAll(f Fingerprint, views []view, fired []minesweep.Evidence) {
	c := &fired[0].Claims
	for _, e := range fired {
		if c.Model == "" && e.Strength == minesweep.Confirm {
			c.Model = e.Claims.Model
		}
	}
	rd := reader{views: views, claims: c, done: make(map[string]bool)}
	isIdentity := func(r Read) bool { return r.Claim == "model" || r.Claim == "vendor" }
	for _, r := range f.Reads {
		if isIdentity(r) {
			rd.read(r)
		}
	}
	canonical(s.models, c)
	for _, r := range f.Reads {
		if !isIdentity(r) {
			rd.read(r)
		}
	}
}

// rank orders the strengths: what only mining software gives comes first.
var rank = map[minesweep.Strength]int{
	minesweep.Confirm: 0, minesweep.Suspect: 1, minesweep.Refute: 2, minesweep.Decoy: 3,
}

func heaviestFirst(a, b minesweep.Evidence) int {
	return cmp.Or(
		cmp.Compare(rank[a.Strength], rank[b.Strength]),
		cmp.Compare(b.Weight, a.Weight),
		cmp.Compare(a.Fingerprint, b.Fingerprint),
		cmp.Compare(a.Port, b.Port),
		cmp.Compare(a.Probe, b.Probe),
	)
}
