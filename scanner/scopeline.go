package scanner

import (
	"fmt"
	"net/netip"
	"sync"

	"go4.org/netipx"

	"minesweep"
)

// scopeSender keeps the child's copy of the scope, cut down to the plan, the
// same as the guard's.
type scopeSender struct {
	guard   *Guard
	targets *netipx.IPSet
	child   *child

	mu      sync.Mutex
	seen    *minesweep.Scope
	allowed *netipx.IPSet
	own     netip.AddrPort
}

// first sends the scope whatever it is.
func (s *scopeSender) first() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.reread(); err != nil {
		return err
	}
	return s.send()
}

// refresh sends the scope where it has changed since the last line.
func (s *scopeSender) refresh() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	changed, err := s.reread()
	if err != nil || !changed {
		return err
	}
	return s.send()
}

// permit lets the child probe our own listener, which the guard must know.
func (s *scopeSender) permit(own netip.AddrPort) error {
	if !s.guard.own.has(own) {
		return fmt.Errorf("canary %s is not a listener of ours", own)
	}
	return s.setOwn(own)
}

// withdraw takes permit back.
func (s *scopeSender) withdraw() error { return s.setOwn(netip.AddrPort{}) }

func (s *scopeSender) setOwn(own netip.AddrPort) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.own = own
	return s.send()
}

func (s *scopeSender) reread() (changed bool, err error) {
	scope := s.guard.Scope()
	if scope == s.seen {
		return false, nil
	}
	allowed, _, err := scope.Split(s.targets)
	if err != nil {
		return false, err
	}
	changed = s.allowed == nil || !allowed.Equal(s.allowed)
	s.seen, s.allowed = scope, allowed
	return changed, nil
}

func (s *scopeSender) send() error {
	return s.child.send(Command{Scope: &ScopeLine{Allow: s.allowed.Prefixes(), Own: s.own}})
}
