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

// do returns when f is committed or failed. That the run still has its lane is
// looked at once for each transaction, before all writes; where it has not, they
// all fail.
func (c *commits) do(ctx context.Context, j *Journal, f func(ctx context.Context, tx bun.Tx) error) error {
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
	j.commitAll(context.WithoutCancel(ctx), batch)
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

func (j *Journal) commitAll(ctx context.Context, batch []*commit) {
	whole := j.Patiently(ctx, func() error {
		return j.store.write(ctx, func(ctx context.Context, tx bun.Tx) error { return j.writeAll(ctx, tx, batch) })
	})
	for _, w := range batch {
		if w.err == nil {
			w.err = whole
		}
	}
}

// writeAll fails where all are to fail, or to be tried again.
func (j *Journal) writeAll(ctx context.Context, tx bun.Tx, batch []*commit) error {
	if err := j.alive(ctx, tx); err != nil {
		return err
	}
	for _, w := range batch {
		if w.err = w.gone(); w.err == nil {
			w.err = j.store.explain(within(ctx, tx, w.write))
		}
		if Away(w.err) {
			return w.err
		}
	}
	return nil
}
