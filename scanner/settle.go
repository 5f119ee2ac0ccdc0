package scanner

import (
	"context"
	"sync"
)

// lowWater turns steps that settle in any order into a cursor: every step
// below it is settled. Steps more than a window ahead of the cursor must wait,
// so that one slow step costs memory for the window and no more.
type lowWater struct {
	mu     sync.Mutex
	base   uint64   // the cursor
	done   []uint64 // bit i%window: step i is settled; of base ≤ i < base+window
	window uint64
	moved  chan struct{} // holds a token when the cursor has moved
}

// newLowWater starts at cursor; window is rounded up to a multiple of 64.
func newLowWater(cursor uint64, window int) *lowWater {
	words := (max(window, 1) + 63) / 64
	return &lowWater{
		base: cursor, window: uint64(words) * 64,
		done: make([]uint64, words), moved: make(chan struct{}, 1),
	}
}

// wait returns when step lies within the window. One caller at a time.
func (w *lowWater) wait(ctx context.Context, step uint64) error {
	for {
		if step < w.cursor()+w.window {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-w.moved:
		}
	}
}

// settle marks a step that wait has let through.
func (w *lowWater) settle(step uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.flip(step)
	if step != w.base {
		return
	}
	for w.isDone(w.base) {
		w.flip(w.base)
		w.base++
	}
	select {
	case w.moved <- struct{}{}:
	default:
	}
}

func (w *lowWater) flip(step uint64) {
	i := step % w.window
	w.done[i/64] ^= 1 << (i % 64)
}

func (w *lowWater) isDone(step uint64) bool {
	i := step % w.window
	return w.done[i/64]&(1<<(i%64)) != 0
}

// cursor returns the lowest step that is not settled.
func (w *lowWater) cursor() uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.base
}
