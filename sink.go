package minesweep

import (
	"slices"
	"sync"
)

// maxUnstored is how many open ports may wait for the next checkpoint before
// whoever finds more has to wait for the store.
const maxUnstored = 4096

// sink is the [Sink] of a [Sweeper].
type sink struct {
	checkpoint func(Progress, []OpenPort) error
	watch      func(Progress)
	wake       chan<- struct{} // told that the queue has grown

	storing sync.Mutex // one checkpoint at a time, in order
	mu      sync.Mutex // guards what follows
	found   []OpenPort
	last    Progress
}

func (s *sink) Found(p OpenPort) error {
	s.mu.Lock()
	s.found = append(s.found, p)
	full, last := len(s.found) >= maxUnstored, s.last
	s.mu.Unlock()
	if full {
		return s.store(last)
	}
	return nil
}

func (s *sink) Progress(p Progress) error {
	s.mu.Lock()
	s.last = p
	s.mu.Unlock()
	if s.watch != nil {
		s.watch(p)
	}
	return s.store(p)
}

// store writes p and every open port found before it was taken.
func (s *sink) store(p Progress) error {
	s.storing.Lock()
	defer s.storing.Unlock()
	s.mu.Lock()
	found := s.found
	s.found = nil
	s.mu.Unlock()
	// By address, for the store's index.
	slices.SortFunc(found, func(a, b OpenPort) int { return a.Target.Compare(b.Target) })
	if err := s.checkpoint(p, found); err != nil {
		return err
	}
	if len(found) > 0 {
		select {
		case s.wake <- struct{}{}:
		default:
		}
	}
	return nil
}
