package scanner

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/dchest/siphash"

	"minesweep"
)

// The ports among which the unused ones are chosen: above what is registered
// and used, below what some systems give to nobody.
const firstUnused, lastUnused = 20000, 60999

// unusedPorts returns the ports of that range on which no service that we know
// of listens, and that the sweep does not try.
func unusedPorts(swept []uint16) []uint16 {
	var used [1 << 16]bool
	for _, port := range slices.Concat(ranked[:], swept) {
		used[port] = true
	}
	var out []uint16
	for port := firstUnused; port <= lastUnused; port++ {
		if !used[port] {
			out = append(out, uint16(port))
		}
	}
	return out
}

// unusedOf chooses two unused ports of a host: others for each, so that no box
// learns which they are. It returns false where the sweep tries all ports.
func (s *Sieve) unusedOf(addr netip.Addr) (first, second uint16, ok bool) {
	n := uint64(len(s.unused))
	if n < 2 {
		return 0, 0, false
	}
	b := addr.As16()
	h, g := siphash.Hash128(s.cfg.Seed, 0x7369657665, b[:]) // "sieve": not the key of anything else
	i := h % n
	return s.unused[i], s.unused[(i+1+g%(n-1))%n], true
}

// everyPortOpen tells whether the host also accepts where nobody listens.
func (s *Sieve) everyPortOpen(ctx context.Context, port minesweep.OpenPort, known []minesweep.OpenPort) (string, error) {
	accepts, err := s.acceptsUnused(ctx, port.Target.Addr().Unmap())
	switch {
	case errors.Is(err, minesweep.ErrRefused):
		return "", nil
	case err != nil:
		return "", err
	case accepts == 0 || standsOut(port, known):
		return "", nil
	}
	return fmt.Sprintf("accepts on port %d, where nobody listens: %s", accepts, minesweep.EveryPortOpen), nil
}

// standsOut reports whether the port's SYN-ACK is unlike that of each other
// port of the host: a service behind a box that accepts for all the rest.
func standsOut(port minesweep.OpenPort, known []minesweep.OpenPort) bool {
	others := 0
	for _, k := range known {
		if k.Target == port.Target || !k.Stack.Heard {
			continue
		}
		if k.Stack == port.Stack {
			return false
		}
		others++
	}
	return port.Stack.Heard && others >= 2
}

// acceptsUnused returns the unused port on which the host accepts, or 0. It
// knocks once a host and remembers.
func (s *Sieve) acceptsUnused(ctx context.Context, addr netip.Addr) (uint16, error) {
	s.mu.Lock()
	accepts, ok := s.hosts.get(addr)
	s.mu.Unlock()
	if ok {
		return accepts, nil
	}
	accepts, err := s.knockTwice(ctx, addr)
	if err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hosts.put(addr, accepts)
	return accepts, nil
}

// knockTwice tries a second port before the verdict, so that one service on an
// unlucky port is not taken for a decoy.
func (s *Sieve) knockTwice(ctx context.Context, addr netip.Addr) (uint16, error) {
	first, second, ok := s.unusedOf(addr)
	if !ok {
		return 0, nil
	}
	for _, port := range []uint16{first, second} {
		if open, err := s.knock(ctx, netip.AddrPortFrom(addr, port)); err != nil || !open {
			return 0, err
		}
	}
	return first, nil
}

// knock connects and closes at once; no byte is sent. An error is a refusal by
// the scope or that of ctx: that nobody could be reached is none.
func (s *Sieve) knock(ctx context.Context, target netip.AddrPort) (open bool, err error) {
	g := s.cfg.Guard
	conn, err := g.dialPatiently(ctx, target, g.trips.limit(target.Addr(), s.cfg.ConnectTimeout))
	switch {
	case err == nil:
		_ = conn.Close()
		return true, nil
	case ctx.Err() != nil:
		return false, ctx.Err()
	case errors.Is(err, minesweep.ErrRefused):
		return false, err
	}
	return false, nil
}
