package schedules

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"minesweep/db"
)

// paces are the times by which a lane is held; they are fields for tests only.
type paces struct {
	stint   time.Duration // the longest that a node keeps a lane
	beat    time.Duration // between two signs of life
	silence time.Duration // without one that succeeded, sending stops
	grace   time.Duration // for what was sent, after a stop
	drain   time.Duration // the same, when the node itself ends
	refused time.Duration // after each round of offers of a lane to nodes that have their part
	idle    time.Duration // the same, for a node that is not fit at all
	shut    time.Duration // the same, for a sweep whose hours are closed
	retry   time.Duration // until a lane is offered again whose engine failed; grows
}

func defaultPaces() paces {
	return paces{
		stint: time.Minute, beat: 2 * time.Second, silence: 10 * time.Second, grace: 30 * time.Second,
		drain: 3 * time.Second, refused: time.Second, idle: 5 * time.Second, shut: 30 * time.Second, retry: 2 * time.Second,
	}
}

// pulse is what a sign of life brought back.
type pulse struct {
	standing db.Standing
	until    time.Time // when the hours end; zero: not foreseen
	shut     string    // why nothing may be sent now; "" it may
	surplus  bool      // this node has more than its part of the sweep
	err      error
}

// stop says why a stint ends before its lane is done, and what the lane is then.
type stop struct {
	state db.LaneState
	note  string
	again time.Time // not before; zero: at once
}

// stint is a lane in this node's hands.
type stint struct {
	paces
	hands      Hands
	lastCall   time.Duration               // before the hours end, the lane is left in
	show       func(context.Context) pulse // shows a sign of life; bounded in time by its context
	halt       chan struct{}               // Order.Stop
	discovered chan struct{}               // Order.Discovered
	draining   <-chan struct{}             // of the node
	now        func() time.Time
	log        *slog.Logger

	known   bool // discovered is closed
	until   time.Time
	stopped *stop // why halt is closed; nil: it is not
}

// errSilent ends a stint whose signs of life fail.
var errSilent = errors.New("the database gave no answer")

// run holds the lane until its work is done or over, and returns how it is to be
// left; an error is the engine's, [db.ErrTakenOver] or errSilent.
func (s *stint) run(ctx context.Context, first pulse) (stop, error) {
	ctx, cancel := context.WithCancel(ctx)
	pulses, beating := make(chan pulse), make(chan struct{})
	go func() {
		defer close(beating)
		s.beat(ctx, pulses)
	}()
	defer func() {
		cancel()
		<-beating // what it would say afterwards is of a lane that others have
	}()
	done := make(chan error, 1)
	go func() { done <- guarded(ctx, s.hands) }()

	over, silent := time.NewTimer(s.stint), time.NewTimer(s.silence)
	defer over.Stop()
	defer silent.Stop()
	hours := newAlarm()
	defer hours.stop()
	s.heed(first, hours)
	patience := newAlarm()
	defer patience.stop()
	draining := s.draining
	for {
		select {
		case err := <-done:
			return s.left(err)
		case p := <-pulses:
			if errors.Is(p.err, db.ErrTakenOver) {
				cancel()
				return stop{}, errors.Join(p.err, settled(done, s.grace))
			}
			if p.err == nil {
				silent.Reset(s.silence)
				s.heed(p, hours)
			}
		case <-silent.C:
			cancel()
			return stop{}, errors.Join(fmt.Errorf("%w for %s", errSilent, s.silence), settled(done, s.grace))
		case <-over.C:
			s.end(db.Ready, "")
		case <-hours.c():
			s.endAt(s.until.Add(s.paces.beat), "its hours are over")
			patience.set(min(s.grace, s.lastCall))
		case <-draining:
			draining = nil
			s.end(db.Ready, "its node stopped")
			patience.set(s.drain)
		case <-patience.c():
			cancel()
		}
		if s.stopped != nil && !patience.isSet() {
			patience.set(s.grace)
		}
	}
}

// heed does what the sweep's standing asks for.
func (s *stint) heed(p pulse, hours *alarm) {
	if p.standing.Discovered && !s.known {
		s.known = true
		close(s.discovered)
	}
	if p.standing.Share > 0 {
		s.hands.SetShare(p.standing.Share)
	}
	switch {
	case p.standing.Status != db.Running:
		s.end(db.Resting, string(p.standing.Status))
	case p.shut != "":
		s.endAt(s.now().Add(s.shut), p.shut)
	case p.surplus:
		s.end(db.Ready, "given to another node")
	case !p.until.IsZero():
		s.until = p.until
		hours.set(p.until.Add(-s.lastCall).Sub(s.now()))
	}
}

// end closes halt; the first reason is the one that counts.
func (s *stint) end(state db.LaneState, note string) { s.stopBy(stop{state: state, note: note}) }

// endAt is end for a lane that is to go on later. It stays ready: it is the tick
// that lets sweeps rest, for all their lanes at once.
func (s *stint) endAt(again time.Time, note string) {
	s.stopBy(stop{state: db.Ready, note: note, again: again})
}

func (s *stint) stopBy(why stop) {
	if s.stopped == nil {
		s.stopped = &why
		close(s.halt)
	}
}

// left says how a lane is left whose work returned err.
func (s *stint) left(err error) (stop, error) {
	switch {
	case s.stopped == nil && err == nil:
		return stop{state: db.LaneDone}, nil
	case s.stopped != nil && (err == nil || errors.Is(err, context.Canceled)):
		return *s.stopped, nil // what is not settled is sent again
	}
	return stop{}, err
}

// beat shows signs of life until ctx ends.
func (s *stint) beat(ctx context.Context, pulses chan<- pulse) {
	ticker := time.NewTicker(s.paces.beat)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		bctx, cancel := context.WithTimeout(ctx, 2*s.paces.beat)
		p := s.show(bctx)
		cancel()
		if p.err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "a sign of life failed", "error", p.err)
		}
		select {
		case <-ctx.Done():
			return
		case pulses <- p:
		}
	}
}

// guarded runs the hands; one lane's fault must not end the node.
func guarded(ctx context.Context, h Hands) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the engine broke: %v\n%s", r, debug.Stack())
		}
	}()
	return h.Work(ctx)
}

// settled waits for cancelled work to return, for some time.
func settled(done <-chan error, patience time.Duration) error {
	select {
	case err := <-done:
		if errors.Is(err, context.Canceled) {
			return nil
		}
		return err
	case <-time.After(patience):
		return errors.New("its engine does not stop")
	}
}
