package scanner

import (
	"context"
	"sync"
	"time"
)

// stopMost bounds how long a stopped scan waits for the budgets of targets that
// others behind them have overtaken. What is given back then makes those others
// be probed twice.
const stopMost = 2 * time.Second

// stopping holds the targets of a scan that wait for the guard. When the scan is
// stopped those are given back that nothing behind them has overtaken: what was
// let out has no gap then, and goes on from where it ends.
type stopping struct {
	mu      sync.Mutex
	waiting map[uint64]context.CancelFunc // by step
	top     uint64                        // above every step that was let out
	stopped bool
}

// enter returns the context in which a step is to wait for the guard; false: it
// is given back.
func (s *stopping) enter(ctx context.Context, step uint64) (context.Context, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped && step >= s.top {
		return ctx, false
	}
	ctx, cancel := context.WithCancel(ctx)
	if s.waiting == nil {
		s.waiting = make(map[uint64]context.CancelFunc)
	}
	s.waiting[step] = cancel
	return ctx, true
}

// leave ends the wait of a step, which is about to be let out or not, and
// reports whether it was given back: then it must not be.
func (s *stopping) leave(step uint64, out bool) (given bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	cancel, waits := s.waiting[step]
	if !waits {
		return true
	}
	cancel()
	delete(s.waiting, step)
	if out {
		s.top = max(s.top, step+1)
	}
	return false
}

// stop gives back what nothing has overtaken.
func (s *stopping) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped = true
	s.giveBack(s.top)
}

// giveUp gives back whatever waits.
func (s *stopping) giveUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.giveBack(0)
}

func (s *stopping) giveBack(from uint64) {
	for step, cancel := range s.waiting {
		if step >= from {
			cancel()
			delete(s.waiting, step)
		}
	}
}

// heed waits for stop, or until ctx ends, and lets nothing more be taken then.
func (s *stopping) heed(ctx context.Context, stop <-chan struct{}, takeNoMore func()) {
	select {
	case <-ctx.Done():
		return
	case <-stop:
	}
	takeNoMore()
	s.stop()
	if sleep(ctx, stopMost) == nil {
		s.giveUp()
	}
}
