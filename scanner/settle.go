package scanner

import (
	"context"
	"sync"

	"minesweep"
)

// stepSet knows steps that were done in nearly their order: all below base, and
// those of the window above it that are marked.
type stepSet struct {
	base   uint64
	done   []uint64 // bit i%window: step i is done; of base ≤ i < base+window
	window uint64
}

// newStepSet starts at base; window is rounded up to a multiple of 64.
func newStepSet(base, window uint64) stepSet {
	words := (max(window, 1) + 63) / 64
	return stepSet{base: base, done: make([]uint64, words), window: words * 64}
}

// room reports whether step lies within the window.
func (s *stepSet) room(step uint64) bool { return step < s.base+s.window }

// mark notes that a step for which there is room is done, and reports whether
// base moved.
func (s *stepSet) mark(step uint64) (moved bool) {
	s.flip(step)
	for s.done[s.base%s.window/64]&(1<<(s.base%64)) != 0 {
		s.flip(s.base)
		s.base++
		moved = true
	}
	return moved
}

func (s *stepSet) flip(step uint64) { s.done[step%s.window/64] ^= 1 << (step % 64) }

// lowWater turns steps that settle in any order into a cursor: every step
// below it is settled. Steps more than a window ahead of the cursor must wait,
// so that one slow step costs memory for the window and no more.
type lowWater struct {
	mu    sync.Mutex
	steps stepSet
	top   uint64        // above every step that is settled
	moved chan struct{} // holds a token when the cursor has moved
}

func newLowWater(cursor uint64, window int) *lowWater {
	return &lowWater{steps: newStepSet(cursor, uint64(window)), moved: make(chan struct{}, 1)}
}

// newLowWaterFrom is one in which steps beyond the cursor are settled already.
func newLowWaterFrom(cursor uint64, window int, known minesweep.Beyond) *lowWater {
	w := newLowWater(cursor, max(window, int(known.To-min(known.To, cursor))))
	w.steps.markBeyond(known)
	w.top = known.To
	return w
}

// wait returns when step lies within the window. One caller at a time.
func (w *lowWater) wait(ctx context.Context, step uint64) error {
	for {
		if w.room(step) {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-w.moved:
		}
	}
}

func (w *lowWater) room(step uint64) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.steps.room(step)
}

// settle marks a step that wait has let through.
func (w *lowWater) settle(step uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.top = max(w.top, step+1)
	if !w.steps.mark(step) {
		return
	}
	select {
	case w.moved <- struct{}{}:
	default:
	}
}

// cursor returns the lowest step that is not settled.
func (w *lowWater) cursor() uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.steps.base
}

// standing returns all that is settled.
func (w *lowWater) standing() standing {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.steps.holes(w.top, nil).standing()
}
