package schedules

import (
	"context"
	"fmt"
	"time"

	"minesweep/db"
)

// Run is a node: it joins, takes lanes until ctx ends, and gives them back within
// 5 s. An error says why it could not join.
func Run(ctx context.Context, c NodeConfig) error {
	if err := join(ctx, c); err != nil {
		return err
	}
	queue, err := OpenQueue(ctx, c.Store, riverLog(c.Log))
	if err != nil {
		return err
	}
	return newNode(c, queue).serve(ctx, c.Ready)
}

func (n *node) serve(ctx context.Context, ready func()) error {
	// A context of its own: the end of ctx is a drain, and not the end of all work.
	own, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	if err := n.show(own); err != nil {
		return err
	}
	if err := n.inherit(own); err != nil {
		return err
	}
	client, err := newClient(n.store, n.riverConfig())
	if err != nil {
		return fmt.Errorf("node %s: work queue: %w", n.name, err)
	}
	if err := client.Start(own); err != nil {
		return fmt.Errorf("node %s: work queue: %w", n.name, err)
	}
	alive := make(chan struct{})
	go func() {
		defer close(alive)
		n.beat(own)
	}()
	n.log.InfoContext(ctx, "node joined", "region", n.self.Region, "engines", n.engines, "version", n.self.Version)
	if ready != nil {
		ready()
	}
	<-ctx.Done()
	n.drainAll(own, client)
	cancel()
	<-alive
	return n.farewell(context.WithoutCancel(ctx))
}

// drainAll stops all lanes and waits for them, 5 s in all at most.
func (n *node) drainAll(ctx context.Context, c client) {
	n.log.InfoContext(ctx, "node stops: its lanes are given back")
	close(n.draining)
	soft, cancel := context.WithTimeout(ctx, n.drain+500*time.Millisecond)
	defer cancel()
	if c.Stop(soft) == nil {
		return
	}
	hard, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if err := c.StopAndCancel(hard); err != nil {
		n.log.ErrorContext(ctx, "some lanes were not given back; others take them when they were silent", "error", err)
	}
}

// farewell says that this node has ended, so that its name and its part are free.
func (n *node) farewell(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	self := n.present()
	self.StoppedAt = n.now()
	self.Doing = ""
	if err := n.store.PutNode(ctx, self); err != nil {
		return fmt.Errorf("node %s: %w", n.name, err)
	}
	n.log.InfoContext(ctx, "node stopped")
	return nil
}

// beat shows a sign of life of the node every 2 s.
func (n *node) beat(ctx context.Context) {
	ticker := time.NewTicker(n.paces.beat)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		n.turned()
		bctx, cancel := context.WithTimeout(ctx, 2*n.paces.beat)
		if err := n.show(bctx); err != nil && ctx.Err() == nil {
			n.log.WarnContext(ctx, "a sign of life failed", "error", err)
		}
		cancel()
	}
}

// show measures the clock and writes the node's row.
func (n *node) show(ctx context.Context) error {
	skew, err := n.measure(ctx)
	if err != nil {
		return fmt.Errorf("node %s: %w", n.name, err)
	}
	n.mu.Lock()
	before := skewed(n.skew)
	n.skew = skew
	n.mu.Unlock()
	if why := skewed(skew); why != "" && before == "" {
		n.log.ErrorContext(ctx, "node takes no lane: "+why)
	} else if why == "" && before != "" {
		n.log.InfoContext(ctx, "the clock is right again, and the node takes lanes")
	}
	if err := n.store.PutNode(ctx, n.present()); err != nil {
		return fmt.Errorf("node %s: %w", n.name, err)
	}
	return nil
}

// measure returns how far this clock is ahead of the database's.
func (n *node) measure(ctx context.Context) (time.Duration, error) {
	before := n.now()
	theirs, err := n.store.Clock(ctx)
	if err != nil {
		return 0, err
	}
	after := n.now()
	return before.Add(after.Sub(before) / 2).Sub(theirs), nil
}

// present is the node's row as of now.
func (n *node) present() db.Node {
	n.mu.Lock()
	defer n.mu.Unlock()
	self := n.self
	self.Skew, self.Doing = n.skew, doing(n.shares.doing())
	return self
}
