package schedules

import (
	"context"
	"slices"
	"sync"

	"minesweep/db"
)

// half is the lanes of one kind of a sweep.
type half struct {
	sweep int64
	kind  db.LaneKind
}

// shares keeps which lanes of each sweep this node has, and how many are its part.
type shares struct {
	store shareStore

	mu    sync.Mutex
	held  map[half][]int // by number
	going map[half]int   // of those held, how many are being given back
}

// shareStore knows who works on what.
type shareStore interface {
	Lanes(ctx context.Context, sweep int64) ([]db.Lane, error)
	Nodes(ctx context.Context) ([]db.Node, error)
}

func newShares(store shareStore) *shares {
	return &shares{store: store, held: make(map[half][]int), going: make(map[half]int)}
}

// claim takes a lane more where the node's part is not reached.
func (s *shares) claim(ctx context.Context, h half, lane int, engine string) (bool, error) {
	part, err := s.part(ctx, h, engine)
	if err != nil {
		return false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.held[h]) >= part {
		return false, nil
	}
	s.held[h] = append(s.held[h], lane)
	return true, nil
}

// surplus reports whether one lane is to be given back, and counts on that.
func (s *shares) surplus(ctx context.Context, h half, engine string) (bool, error) {
	part, err := s.part(ctx, h, engine)
	if err != nil {
		return false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.held[h])-s.going[h] <= part {
		return false, nil
	}
	s.going[h]++
	return true, nil
}

// keep takes back what surplus said: the lane stays.
func (s *shares) keep(h half) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.going[h]--; s.going[h] <= 0 {
		delete(s.going, h)
	}
}

// release ends a claim; given says that surplus asked for it.
func (s *shares) release(h half, lane int, given bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at := slices.Index(s.held[h], lane); at >= 0 {
		s.held[h] = slices.Delete(s.held[h], at, at+1)
	}
	if len(s.held[h]) == 0 {
		delete(s.held, h)
	}
	if given {
		if s.going[h]--; s.going[h] <= 0 {
			delete(s.going, h)
		}
	}
}

// doing returns which lanes of each half are held.
func (s *shares) doing() map[half][]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make(map[half][]int, len(s.held))
	for h, lanes := range s.held {
		out[h] = slices.Clone(lanes)
	}
	return out
}

// part returns how many lanes of a half one node is to have: what is not done,
// by the nodes that live and can do it, rounded up.
func (s *shares) part(ctx context.Context, h half, engine string) (int, error) {
	lanes, err := s.store.Lanes(ctx, h.sweep)
	if err != nil {
		return 0, err
	}
	left := 0
	for _, l := range lanes {
		if l.Kind == h.kind && l.State != db.LaneDone {
			left++
		}
	}
	nodes, err := s.store.Nodes(ctx)
	if err != nil {
		return 0, err
	}
	return partOf(left, able(nodes, h.kind, engine)), nil
}

// partOf rounds up; without any node that is known it is all.
func partOf(lanes, nodes int) int {
	nodes = max(nodes, 1)
	return (lanes + nodes - 1) / nodes
}

// can reports whether a node has what a lane needs. Questions need no engine.
func can(n db.Node, kind db.LaneKind, engine string) bool {
	switch engine {
	case "naabu":
		engine = "connect"
	case "syn", "connect":
	default:
		return true
	}
	return kind == db.Ask || slices.Contains(n.Engines, engine)
}

// Able returns how many of the nodes live and can discover by an engine: "syn",
// "naabu" or "connect", or another word for any.
func Able(nodes []db.Node, engine string) int { return able(nodes, db.Discover, engine) }

func able(nodes []db.Node, kind db.LaneKind, engine string) (n int) {
	for _, node := range nodes {
		if node.Alive && Unfit(node) == "" && can(node, kind, engine) {
			n++
		}
	}
	return n
}
