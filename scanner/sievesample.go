package scanner

import (
	"context"
	"slices"
	"time"

	"minesweep"
)

// heldAlready counts port among those that look like it and returns why they
// are held back, or "". It waits for nothing.
func (s *Sieve) heldAlready(port minesweep.OpenPort) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, addr := s.alike.of(port), port.Target.Addr().Unmap()
	g.see(addr)
	if _, sample := g.key.bounds(); g.answers >= sample && s.alike.turn(g, addr) == hold {
		return g.reason()
	}
	return ""
}

// awaitSample lets port be asked, or waits until those like it that are being
// asked have answered. To wait costs no more than to ask: a port that says
// nothing is what takes longest.
func (s *Sieve) awaitSample(ctx context.Context, port minesweep.OpenPort) (string, error) {
	timer := time.NewTimer(s.cfg.SampleWait)
	defer timer.Stop()
	addr := port.Target.Addr().Unmap()
	for {
		s.mu.Lock()
		g := s.alike.of(port)
		turn, changed, why := s.alike.turn(g, addr), g.changed, ""
		if turn == hold {
			why = g.reason()
		}
		s.mu.Unlock()
		if turn != wait {
			return why, nil
		}
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case <-timer.C:
			return "", nil
		case <-changed:
		}
	}
}

// Heard tells what a port that was asked gave, and the evidence on its host. A
// port on which a fingerprint recognised something speaks for all that look
// like it: where there are eight, nothing of their network is held back.
func (s *Sieve) Heard(port minesweep.OpenPort, replies []minesweep.Reply, evidence []minesweep.Evidence) {
	recognised := slices.ContainsFunc(evidence, func(e minesweep.Evidence) bool {
		return e.Port == port.Target.Port() && recognises(e.Strength)
	})
	what := utteranceOf(replies)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.alike.hear(s.alike.of(port), port.Target.Addr().Unmap(), what, recognised)
}

func recognises(s minesweep.Strength) bool {
	return s == minesweep.Confirm || s == minesweep.Suspect || s == minesweep.Refute
}
