package minesweep

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/gaissmai/bart"
	"go4.org/netipx"
)

// ErrRefused is wrapped by every refusal of a [Scope]; the command line turns
// it into exit status 3.
var ErrRefused = errors.New("refused by scope")

// Scope is what may be probed at one moment: valid grants minus exclusions
// minus reserved space. It is immutable; a change of grants makes a new one.
// The zero Scope refuses everything.
type Scope struct {
	grants   bart.Table[*Grant]
	excluded bart.Table[string]
	lapsed   bart.Table[string] // prefixes of grants that give no authority now, and why
	allowed  *netipx.IPSet
}

// NewScope builds the scope that holds at now. A grant that is revoked,
// expired, not yet valid or outside its hours gives nothing.
func NewScope(grants []Grant, exclusions []Exclusion, now time.Time) (*Scope, error) {
	s := &Scope{}
	var b netipx.IPSetBuilder
	for i := range grants {
		g := &grants[i]
		if err := g.Validate(); err != nil {
			return nil, err
		}
		s.addGrant(&b, g, now)
	}
	for _, e := range exclusions {
		s.excluded.Insert(e.Prefix.Masked(), e.Reason)
		b.RemovePrefix(e.Prefix)
	}
	for _, p := range reservedPrefixes() {
		b.RemovePrefix(p)
	}
	set, err := b.IPSet()
	if err != nil {
		return nil, fmt.Errorf("scope: %w", err)
	}
	s.allowed = set
	return s, nil
}

func (s *Scope) addGrant(b *netipx.IPSetBuilder, g *Grant, now time.Time) {
	why := g.Standing(now)
	for _, p := range g.Prefixes {
		if why != "" {
			s.lapsed.Insert(p, fmt.Sprintf("grant %s is %s", g.Name, why))
			continue
		}
		s.grants.Insert(p, g)
		b.AddPrefix(p)
	}
}

// Decide returns the grant under which addr may be probed, or an error that
// wraps [ErrRefused] and says what is missing. It allocates nothing when the
// address is allowed, and may be called for each packet.
func (s *Scope) Decide(addr netip.Addr) (*Grant, error) {
	addr = addr.Unmap()
	if why := reserved(addr); why != "" {
		return nil, fmt.Errorf("%w: %s is %s, which is never probed", ErrRefused, addr, why)
	}
	if why, ok := s.excluded.Lookup(addr); ok {
		return nil, fmt.Errorf("%w: %s is excluded (%s)", ErrRefused, addr, why)
	}
	if g, ok := s.grants.Lookup(addr); ok {
		return g, nil
	}
	if why, ok := s.lapsed.Lookup(addr); ok {
		return nil, fmt.Errorf("%w: %s: %s", ErrRefused, addr, why)
	}
	return nil, fmt.Errorf("%w: no grant covers %s", ErrRefused, addr)
}

// Split cuts a set of addresses into what the scope allows and what it refuses.
func (s *Scope) Split(set *netipx.IPSet) (allowed, refused *netipx.IPSet, err error) {
	own := s.allowed
	if own == nil {
		own = &netipx.IPSet{}
	}
	var in, out netipx.IPSetBuilder
	in.AddSet(set)
	in.Intersect(own)
	out.AddSet(set)
	out.RemoveSet(own)
	if allowed, err = in.IPSet(); err != nil {
		return nil, nil, fmt.Errorf("scope: %w", err)
	}
	if refused, err = out.IPSet(); err != nil {
		return nil, nil, fmt.Errorf("scope: %w", err)
	}
	return allowed, refused, nil
}
