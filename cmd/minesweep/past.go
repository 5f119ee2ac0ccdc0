package main

import (
	"context"
	"net/netip"
	"strings"
	"time"

	"minesweep"
	"minesweep/db"
)

// past is what was allowed when: the grants, which say it themselves, and the
// exclusions, as the audit log has them.
type past struct {
	grants     []minesweep.Grant
	exclusions []pastExclusion
	asked      []db.AuditEntry // of what was asked by hand
}

// pastExclusion is an exclusion from when to when.
type pastExclusion struct {
	prefix   netip.Prefix
	from, to time.Time // to zero: it holds
}

func readPast(ctx context.Context, s *db.Store) (*past, error) {
	grants, err := s.Grants(ctx)
	if err != nil {
		return nil, err
	}
	p := &past{grants: grants}
	err = s.Audit(ctx, func(e db.AuditEntry) error {
		switch {
		case e.Action == "exclude add":
			p.exclude(e)
		case e.Action == "exclude remove":
			p.include(e)
		case strings.HasPrefix(e.Detail, "address="):
			p.asked = append(p.asked, e)
		}
		return nil
	})
	return p, err
}

func (p *past) exclude(e db.AuditEntry) {
	if prefix, ok := prefixOf(e.Detail); ok && p.holding(prefix) == nil {
		p.exclusions = append(p.exclusions, pastExclusion{prefix: prefix, from: e.At})
	}
}

func (p *past) include(e db.AuditEntry) {
	if prefix, ok := prefixOf(e.Detail); ok {
		if x := p.holding(prefix); x != nil {
			x.to = e.At
		}
	}
}

// holding returns the exclusion of a prefix that was not removed so far, or nil.
func (p *past) holding(prefix netip.Prefix) *pastExclusion {
	for i := range p.exclusions {
		if x := &p.exclusions[i]; x.prefix == prefix && x.to.IsZero() {
			return x
		}
	}
	return nil
}

// prefixOf reads "prefix=192.0.2.0/24 …".
func prefixOf(detail string) (netip.Prefix, bool) {
	word, _, _ := strings.Cut(strings.TrimPrefix(detail, "prefix="), " ")
	prefix, err := netip.ParsePrefix(word)
	return prefix, err == nil
}

// allowed returns the grant under which addr could be probed at a time, or nil.
func (p *past) allowed(addr netip.Addr, at time.Time) *minesweep.Grant {
	for _, x := range p.exclusions {
		if x.prefix.Contains(addr) && !at.Before(x.from) && (x.to.IsZero() || at.Before(x.to)) {
			return nil
		}
	}
	var best *minesweep.Grant
	bits := -1
	for i := range p.grants {
		g := &p.grants[i]
		if prefix := g.PrefixOf(addr); prefix.IsValid() && prefix.Bits() > bits && g.Standing(at) == "" {
			best, bits = g, prefix.Bits()
		}
	}
	return best
}

// everGranted reports whether a grant covers addr, in force or not.
func (p *past) everGranted(addr netip.Addr) bool {
	for _, g := range p.grants {
		if g.PrefixOf(addr).IsValid() {
			return true
		}
	}
	return false
}
