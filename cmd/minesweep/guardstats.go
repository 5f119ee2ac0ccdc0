package main

import (
	"sync"

	"minesweep/scanner"
)

// counter is a guard, as far as it counts.
type counter interface{ Counts() scanner.Counts }

// guardCounts sums what the guards of lanes count, which come and go: sums that
// sank would look like a process that began anew.
type guardCounts struct {
	mu   sync.Mutex // guards both
	gone scanner.Counts
	live map[counter]struct{}
}

// add counts a guard in; over is called when its lane is left.
func (g *guardCounts) add(c counter) (over func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.live == nil {
		g.live = make(map[counter]struct{})
	}
	g.live[c] = struct{}{}
	return sync.OnceFunc(func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		delete(g.live, c)
		g.gone = together(g.gone, c.Counts())
	})
}

func (g *guardCounts) sum() scanner.Counts {
	g.mu.Lock()
	defer g.mu.Unlock()
	sum := g.gone
	for c := range g.live {
		sum = together(sum, c.Counts())
	}
	return sum
}

func together(a, b scanner.Counts) scanner.Counts {
	return scanner.Counts{Admitted: a.Admitted + b.Admitted, Refused: a.Refused + b.Refused, Starved: a.Starved + b.Starved,
		MaxPer24: max(a.MaxPer24, b.MaxPer24)}
}
