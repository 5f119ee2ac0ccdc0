package scanner

import "time"

// ScopeAge is how long ago the reading began of the scope that the guard judges
// by. Above 10 s the guard refuses everything.
func (g *Guard) ScopeAge() time.Duration { return g.cfg.Now().Sub(g.present.Load().at) }

// Fresh returns nil while the guard judges by a scope that is at most 10 s old,
// and otherwise an error that wraps [ErrStale] and says why.
func (g *Guard) Fresh() error {
	_, err := g.fresh()
	return err
}
