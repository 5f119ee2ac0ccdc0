package scanner

import (
	"context"
	"math/rand/v2"
	"testing"
)

func TestLowWaterFollowsTheLowestUnsettled(t *testing.T) {
	w := newLowWater(100, 64)
	for _, c := range []struct{ settle, cursor uint64 }{
		{102, 100}, {101, 100}, {100, 103}, {104, 103}, {103, 105}, {105, 106},
	} {
		w.settle(c.settle)
		if got := w.cursor(); got != c.cursor {
			t.Fatalf("after %d the cursor is %d, want %d", c.settle, got, c.cursor)
		}
	}
}

func TestLowWaterAnyOrder(t *testing.T) {
	const total = 5000
	w := newLowWater(0, 128)
	r := rand.New(rand.NewPCG(1, 2))
	open := make(map[uint64]bool) // let through, not settled
	next := uint64(0)
	for w.cursor() < total {
		for next < total && next < w.cursor()+w.steps.window {
			if err := w.wait(t.Context(), next); err != nil {
				t.Fatal(err)
			}
			open[next] = true
			next++
		}
		steps := make([]uint64, 0, len(open))
		for step := range open {
			steps = append(steps, step)
		}
		step := steps[r.IntN(len(steps))]
		w.settle(step)
		delete(open, step)
		for step := range open {
			if step < w.cursor() {
				t.Fatalf("the cursor %d passed step %d, which is not settled", w.cursor(), step)
			}
		}
	}
}

func TestLowWaterHoldsBackWhoIsAWindowAhead(t *testing.T) {
	w := newLowWater(0, 64)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := w.wait(ended, 64); err == nil {
		t.Fatal("step 64 was let through while step 0 is not settled")
	}
	passed := make(chan error)
	go func() { passed <- w.wait(t.Context(), 64) }()
	w.settle(0)
	if err := <-passed; err != nil {
		t.Fatal(err)
	}
}
