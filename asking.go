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
	stop       <-chan struct{} // no further port is to be taken
}

// AskQueue asks the open ports of the queue until discovered is closed and the
// queue is empty, or until stop is closed and the ports that are being asked are
// settled: as long as that takes the asker. ports are those of the sweep, those
// that tell most first. found is to get a token when the queue has grown. Each
// of the channels may be nil, which means never.
func (s *Sweeper) AskQueue(ctx context.Context, ports []uint16, found, discovered, stop <-chan struct{}) error {
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
	a := &asking{
		Sweeper: s, swept: len(ports), lines: newHostLines(ports, bounds),
		found: found, discovered: discovered, stop: stop,
	}
	err := a.drain(gctx, group)
	if err != nil {
		cancel()
	}
	if asked := group.Wait(); asked != nil && (err == nil || errors.Is(err, context.Canceled)) {
		return asked // which is why the queue was left
	}
	return err
}

// drain reads the queue from its beginning, again and again, and returns when
// nothing more can come, or when it is stopped. With several writers a port may
// become visible after others with higher numbers: so the last reading is one of
// all that begins after discovery was over.
func (a *asking) drain(ctx context.Context, group *errgroup.Group) error {
	for {
		over := isClosed(a.discovered) // before the queue is read: what was found until then is in it
		a.lines.again()
		_, after, err := a.read(ctx, group, 0)
		if err != nil || isClosed(a.stop) || over && !a.lines.leftSome() {
			return err
		}
		if err := a.follow(ctx, group, over, after); err != nil {
			return err
		}
	}
}

// follow reads what comes after a number, and returns when the queue is to be
// read from its beginning: where there is room for what was left there, where
// discovery is over, or where that costs no more than what was read meanwhile.
func (a *asking) follow(ctx context.Context, group *errgroup.Group, over bool, after int64) error {
	discovered := a.discovered
	if over {
		discovered = nil // it would be heard for ever
	}
	for spent := 0; ; {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-a.stop:
			return nil
		case <-discovered:
			return nil
		case <-a.lines.room:
			return nil
		case <-a.found:
		}
		n, next, err := a.read(ctx, group, after)
		if err != nil {
			return err
		}
		after = next
		// One that shows up late is below after, and makes a page empty.
		if spent += max(n, pageOfQueue); spent >= a.lines.size() {
			return nil
		}
	}
}

// read takes what the queue holds above a number, to its end, and returns how
// many ports those were and the number of the last.
func (a *asking) read(ctx context.Context, group *errgroup.Group, after int64) (n int, last int64, err error) {
	for !isClosed(a.stop) {
		a.lines.turn()
		open, next, err := a.Queue.Pending(ctx, after, pageOfQueue)
		if err != nil {
			return n, after, err
		}
		for _, p := range open {
			if a.lines.enter(p) {
				group.Go(func() error { return a.askHost(ctx, p) })
			}
		}
		after = next
		if n += len(open); len(open) == 0 {
			break
		}
	}
	return n, after, nil
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// askHost asks one port and then the ports that queued up behind it: one
// conversation with a host at a time.
func (a *asking) askHost(ctx context.Context, p OpenPort) error {
	for more := true; more && !isClosed(a.stop); p, more = a.lines.leave(p) {
		if err := a.askPort(ctx, p, a.swept); err != nil {
			return err
		}
	}
	return nil
}
