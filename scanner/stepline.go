package scanner

import (
	"container/heap"
	"context"
	"sync"
)

// stepLine lets a number of flights wait for the budgets at a time, and of the
// others the one with the lowest step next: so what is let out has few gaps.
type stepLine struct {
	mu      sync.Mutex
	free    int
	waiting stepWaiters
}

type stepWaiter struct {
	step  uint64
	ready chan struct{}
	gone  bool // nobody waits any more
}

func newStepLine(room int) *stepLine { return &stepLine{free: room} }

// enter returns when step may wait for the budgets; leave is to be called after that.
func (l *stepLine) enter(ctx context.Context, step uint64) error {
	l.mu.Lock()
	if l.free > 0 {
		l.free--
		l.mu.Unlock()
		return nil
	}
	w := &stepWaiter{step: step, ready: make(chan struct{})}
	heap.Push(&l.waiting, w)
	l.mu.Unlock()
	select {
	case <-w.ready:
		return nil
	case <-ctx.Done():
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-w.ready: // at the same moment
		l.next()
	default:
		w.gone = true
	}
	return ctx.Err()
}

func (l *stepLine) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.next()
}

func (l *stepLine) next() {
	for len(l.waiting) > 0 {
		if w := heap.Pop(&l.waiting).(*stepWaiter); !w.gone {
			close(w.ready)
			return
		}
	}
	l.free++
}

// stepWaiters is the heap of a [stepLine].
type stepWaiters []*stepWaiter

func (s stepWaiters) Len() int           { return len(s) }
func (s stepWaiters) Less(i, j int) bool { return s[i].step < s[j].step }
func (s stepWaiters) Swap(i, j int)      { s[i], s[j] = s[j], s[i] }
func (s *stepWaiters) Push(x any)        { *s = append(*s, x.(*stepWaiter)) }
func (s *stepWaiters) Pop() any {
	old := *s
	last := old[len(old)-1]
	*s = old[:len(old)-1]
	return last
}
