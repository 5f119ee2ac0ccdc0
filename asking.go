package minesweep

import (
	"context"
	"errors"

	"golang.org/x/sync/errgroup"
)

const (
	asksByDefault = 1024
	pageOfQueue   = 256 // ports read at a time
)

// asking is the stage that takes open ports out of the queue, many hosts at a
// time. What waits in memory is bounded by [lineBounds]; the rest waits in the
// store. A host that is slow keeps one asker and its own line, nothing else.
type asking struct {
	*Sweeper
	swept      int // ports of the plan
	lines      *hostLines
	found      <-chan struct{} // the queue has grown
	discovered <-chan struct{} // and will grow no more
}

// askAll takes open ports from the queue until discovery is over and the queue
// is empty.
func (s *Sweeper) askAll(ctx context.Context, ports []uint16, found, discovered <-chan struct{}) error {
	asks := s.Asks
	if asks <= 0 {
		asks = asksByDefault
	}
	bounds := s.bounds
	if bounds == (lineBounds{}) {
		bounds = boundsFor(asks)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(asks)
	a := &asking{Sweeper: s, swept: len(ports), lines: newHostLines(ports, bounds), found: found, discovered: discovered}
	err := a.drain(gctx, group)
	if err != nil {
		cancel()
	}
	if asked := group.Wait(); asked != nil && (err == nil || errors.Is(err, context.Canceled)) {
		return asked // which is why the queue was left
	}
	return err
}

// drain reads the queue to its end, again and again, and returns when nothing
// more can come. A page holds what is not settled and has higher numbers than
// the last one, so what is found meanwhile comes after; what had no room in the
// lines is read again once there is.
func (a *asking) drain(ctx context.Context, group *errgroup.Group) error {
	var after int64
	for {
		over := a.isOver() // before the page is read: what is found until then is in it
		a.lines.turn()
		open, next, err := a.Queue.Pending(ctx, after, pageOfQueue)
		if err != nil {
			return err
		}
		for _, p := range open {
			if a.lines.enter(p, after) {
				group.Go(func() error { return a.askHost(ctx, p) })
			}
		}
		if after = next; len(open) > 0 {
			continue
		}
		if over && !a.lines.leftSome() {
			return nil
		}
		if after, err = a.wait(ctx, over, after); err != nil {
			return err
		}
	}
}

// wait returns when the queue may hold more and after which number.
func (a *asking) wait(ctx context.Context, over bool, after int64) (int64, error) {
	discovered := a.discovered
	if over {
		discovered = nil // it would be heard for ever
	}
	select {
	case <-ctx.Done():
		return after, ctx.Err()
	case <-a.found:
	case <-discovered:
	case <-a.lines.room:
		if from, left := a.lines.again(); left {
			after = from
		}
	}
	return after, nil
}

func (a *asking) isOver() bool {
	select {
	case <-a.discovered:
		return true
	default:
		return false
	}
}

// askHost asks one port and then the ports that queued up behind it: one
// conversation with a host at a time.
func (a *asking) askHost(ctx context.Context, p OpenPort) error {
	for more := true; more; p, more = a.lines.leave(p) {
		if err := a.askPort(ctx, p, a.swept); err != nil {
			return err
		}
	}
	return nil
}
