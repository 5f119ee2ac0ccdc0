package db

import (
	"context"
	"sync"

	"github.com/uptrace/bun"
)

// commitMost is how many settles share one transaction at most: it holds the
// store's one writer for some 100 ms then, and a checkpoint waits no longer.
const commitMost = 128

// commits joins what several callers write at the same time into one
// transaction, as databases do with their log. Whoever comes first writes for
// all who wait when its turn comes, so there is nothing to start or to stop.
// Each write stands in a savepoint of its own: it is there wholly or not at
// all, and its error is its own. None returns before its transaction is
// committed.
type commits struct {
	mu      sync.Mutex
	busy    bool // somebody writes, and will look at waiting again
	waiting []*commit
}

type commit struct {
	gone  func() error // of the caller's context
	write func(ctx context.Context, tx bun.Tx) error
	err   error
	turn  chan bool // true: lead the next batch; false: err says how it ended
}

// do returns when f is committed or failed. first is run once for each
// transaction, before all writes; where it fails, they all do.
func (c *commits) do(ctx context.Context, s *Store, first, f func(ctx context.Context, tx bun.Tx) error) error {
	own := &commit{gone: ctx.Err, write: f, turn: make(chan bool, 1)}
	c.mu.Lock()
	c.waiting = append(c.waiting, own)
	lead := !c.busy
	c.busy = true
	c.mu.Unlock()
	if !lead && !<-own.turn {
		return own.err
	}
	batch := c.take()
	commitAll(context.WithoutCancel(ctx), s, batch, first)
	for _, w := range batch {
		if w != own {
			w.turn <- false
		}
	}
	c.handOn()
	return own.err
}

// take returns the writes that have waited longest.
func (c *commits) take() []*commit {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := min(len(c.waiting), commitMost)
	batch := c.waiting[:n:n]
	c.waiting = c.waiting[n:]
	return batch
}

// handOn makes the first that waits lead.
func (c *commits) handOn() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.waiting) == 0 {
		c.busy, c.waiting = false, nil
		return
	}
	c.waiting[0].turn <- true
}

func commitAll(ctx context.Context, s *Store, batch []*commit, first func(ctx context.Context, tx bun.Tx) error) {
	whole := s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := first(ctx, tx); err != nil {
			return err
		}
		for _, w := range batch {
			if w.err = w.gone(); w.err == nil {
				w.err = s.explain(within(ctx, tx, w.write))
			}
		}
		return nil
	})
	for _, w := range batch {
		if w.err == nil {
			w.err = whole
		}
	}
}
