package scanner

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync/atomic"
	"time"

	"minesweep"
)

// answerGrace is how long after the reply wait the child's word is waited for.
const answerGrace = 10 * time.Second

// tally counts flights by how they ended.
type tally struct {
	sent, open, closed, filtered, refused atomic.Uint64
	faults                                faultCounts
}

// flight is one target from the guard's leave to its settling.
type flight struct {
	*scan
	step     uint64
	target   netip.AddrPort
	freeSlot func()
	entered  func() // it does not wait for its host any more; only the first call counts
}

func (f *flight) fly(ctx context.Context) error {
	defer f.freeSlot()
	waits, ok := f.halt.enter(ctx, f.step)
	if !ok {
		return nil
	}
	release, err := f.cfg.Guard.admit(waits, f.target.Addr().Unmap(), f.line, f.step, f.entered)
	given := f.halt.leave(f.step, err == nil)
	switch {
	case given && err == nil:
		release()
		return nil
	case given && ctx.Err() == nil:
		return nil
	case errors.Is(err, ErrStale):
		return err // not for this target but for all: nothing may be settled
	case errors.Is(err, minesweep.ErrRefused):
		return f.settle(Report{State: StateRefused})
	case err != nil:
		return err
	}
	defer release()
	reports := f.await(f.target)
	defer f.forget(f.target)
	if err := f.send(ctx, func() error { return f.child.send(Command{Target: f.target}) }); err != nil {
		return err
	}
	report, err := f.answer(ctx, reports, release)
	if err != nil {
		return err
	}
	return f.settle(report)
}

// answer waits for what the child says of the target. A SYN that was sent
// holds neither the host nor a slot any longer, only its place in the window.
func (f *flight) answer(ctx context.Context, reports <-chan Report, release func()) (Report, error) {
	timer := time.NewTimer(f.cfg.Timeout + answerGrace)
	defer timer.Stop()
	sent := false
	for {
		select {
		case <-ctx.Done():
			return Report{}, ctx.Err()
		case r := <-reports:
			if r.State != StateSent {
				return r, nil
			}
			sent = true
			release()
			f.freeSlot()
			timer.Reset(f.cfg.Timeout)
		case <-timer.C:
			if sent {
				return Report{State: StateFiltered}, nil
			}
			return Report{}, fmt.Errorf("minesweep-naabu did not answer for %s within %s", f.target, f.cfg.Timeout+answerGrace)
		}
	}
}

// settle records how the flight ended, and only then lets the cursor pass.
func (f *flight) settle(r Report) error {
	switch r.State {
	case StateRefused:
		f.tally.refused.Add(1)
	case StateError:
		f.tally.faults.add(minesweep.ParseFault(r.Fault))
		f.mishap.Do(func() { f.cfg.Notice(fmt.Sprintf("%s was not probed: %s", f.target, clipSentence(r.Why))) })
	default:
		if err := f.answered(r); err != nil {
			return err
		}
	}
	f.entered() // a refused one never came so far
	f.settled.settle(f.step)
	return nil
}

func (f *flight) answered(r Report) error {
	f.tally.sent.Add(1)
	switch r.State {
	case StateOpen:
		port := minesweep.OpenPort{Target: f.target, At: f.cfg.Now(), Engine: r.Engine}
		if err := f.sink.Found(port); err != nil {
			return err
		}
		f.tally.open.Add(1)
	case StateClosed:
		f.tally.closed.Add(1)
	case StateFiltered:
		f.tally.filtered.Add(1)
	}
	return nil
}

// report tells the sink how far the scan has come.
func (s *scan) report() error { return s.sink.Progress(s.progress()) }

// standing is what is settled, as far as the pass of the cursor goes.
func (s *scan) standing() *standing {
	settled := s.course.withinPass(s.settled.standing())
	return &settled
}

func (s *scan) progress() minesweep.Progress {
	settled := s.proven.Load()
	if !s.syn {
		settled = s.standing()
	}
	p := minesweep.Progress{Cursor: settled.cursor, Beyond: settled.beyond, Total: s.course.total}
	t := &s.tally
	p.Open, p.Closed, p.Filtered = t.open.Load(), t.closed.Load(), t.filtered.Load()
	p.Refused, p.Sent, p.Faults = t.refused.Load(), t.sent.Load(), t.faults.load()
	p.Errors = p.Faults.Sum()
	return p
}

// clipSentence shortens the child's own words.
func clipSentence(s string) string {
	h := head{}
	_, _ = h.Write([]byte(s))
	return h.sentence()
}
