package main

import (
	"fmt"
	"net/netip"
	"sync/atomic"

	"go4.org/netipx"

	"minesweep/scanner"
)

// scope is what may be sent to at this moment.
type scope struct{ present atomic.Pointer[allowance] }

type allowance struct {
	set *netipx.IPSet
	own netip.AddrPort // the parent's canary; zero: none
}

func (s *scope) replace(line *scanner.ScopeLine) error {
	var b netipx.IPSetBuilder
	for _, p := range line.Allow {
		b.AddPrefix(p)
	}
	for _, p := range line.Deny {
		b.RemovePrefix(p)
	}
	set, err := b.IPSet()
	if err != nil {
		return fmt.Errorf("scope: %w", err)
	}
	if line.Own.IsValid() && !line.Own.Addr().IsLoopback() {
		return fmt.Errorf("scope: canary %s is not on this machine", line.Own)
	}
	s.present.Store(&allowance{set: set, own: line.Own})
	return nil
}

// allows reports whether a packet may go to target now.
func (s *scope) allows(target netip.AddrPort) bool {
	a := s.present.Load()
	return a != nil && (a.set.Contains(target.Addr()) || target == a.own)
}

func (s *scope) isOwn(target netip.AddrPort) bool {
	a := s.present.Load()
	return a != nil && target == a.own
}

// onlyLocal reports whether no target is one for a SYN scan.
func (s *scope) onlyLocal() bool {
	loopback := netip.MustParsePrefix("127.0.0.0/8")
	for _, p := range s.prefixes() {
		if p.Addr().Is4() && (!loopback.Contains(p.Addr()) || p.Bits() < loopback.Bits()) {
			return false
		}
	}
	return true
}

func (s *scope) prefixes() []netip.Prefix { return s.present.Load().set.Prefixes() }
