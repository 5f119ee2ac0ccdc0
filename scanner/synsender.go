package scanner

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"minesweep"
)

const (
	batchMost  = 64      // packets a system call takes; more gain nothing
	parkedMost = 1 << 14 // targets that wait for their /24 or grant
	idleMost   = 5 * time.Millisecond
)

// errBusy says that a device takes no packet just now.
var errBusy = errors.New("the device is busy")

// outlet lets packets leave. It is the only thing in the engine that does.
type outlet interface {
	// way returns by which of the ways out a is reached, and an address of
	// ours to send from, chosen by n.
	way(a address, n uint64) (way int, source address, ok bool)
	// send lets packets leave by one way and returns how many did. The error is
	// why the one behind them did not: errBusy, errDown, or its own fault.
	send(way int, packets []packet) (int, error)
}

// packet is one probe ready to leave. Its IP packet begins at etherLength of
// buf, so that an Ethernet header fits before it.
type packet struct {
	step   uint64
	target address
	length int
	buf    [maxFrame]byte
}

// sender walks the course and lets packets out as the gate allows.
type sender struct {
	gate   *gate
	ahead  lookahead
	gap    time.Duration // between the end of a pass and the next
	proof  *proof
	frame  frame
	out    outlet
	marks  *sentMarks
	parked parking
	shares uint32     // of the gate, by which the parked ones have their turns
	queues [][]packet // by way out

	stopped func() bool // true once nothing more is to be taken from the course
	halted  int64       // when that was; 0: not yet
	top     uint64      // above every step that has left

	errand atomic.Pointer[waiting] // a probe beside the course; nil: none
	latest int64                   // when a probe of the course was let out last
	full   func() bool             // true while what was found waits for the store
	mishap func(address, error)    // told of a packet that could not leave

	sent, refused atomic.Uint64
	faults        faultCounts
	rate          peakRate
}

// run sends until the course is done; then every step has left. It also ends
// where it was stopped; then every step below the base of the marks has, and of
// those above the ones that a run before has sent, or that overtook one which would
// have had to wait longer than stopMost.
func (s *sender) run(ctx context.Context) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		now := s.gate.now()
		s.heed(now)
		until, err := s.fill(now)
		if err != nil {
			return err
		}
		if err := s.flush(ctx); err != nil {
			return err
		}
		s.marks.note(now, s.ahead.step())
		if (s.ahead.empty() || s.halted > 0) && s.parked.len() == 0 {
			return nil
		}
		if until > now {
			if err := s.gate.waitUntil(ctx, until, idleMost); err != nil {
				return err
			}
		}
	}
}

// heed looks whether the plan was stopped. Then no further step is taken, and of
// those that wait the ones stay that others have overtaken.
func (s *sender) heed(now int64) {
	switch {
	case s.halted == 0 && s.stopped():
		s.halted = max(now, 1)
		s.parked.keep(func(w waiting) bool { return w.step < s.top || w.step == noStep })
	case s.halted > 0 && now-s.halted > int64(stopMost):
		s.parked.keep(func(waiting) bool { return false })
	}
}

// single lets one probe out beside the course. It must not be called while run
// is at work.
func (s *sender) single(ctx context.Context, w waiting) error {
	for {
		now := s.gate.now()
		v, until, err := s.offer(w, now)
		switch {
		case err != nil:
			return err
		case v == goes:
			return s.flush(ctx)
		case v == refused:
			return fmt.Errorf("%w: it is outside the scope", minesweep.ErrRefused)
		}
		w.turn = w.turn || v == parked
		if err := s.gate.waitUntil(ctx, until, idleMost); err != nil {
			return err
		}
	}
}

func (s *sender) offer(w waiting, now int64) (verdict, int64, error) {
	s.gate.mu.Lock()
	defer s.gate.mu.Unlock()
	if err := s.gate.renew(now); err != nil {
		return refused, 0, err
	}
	v, until := s.gate.pass(w.a, now, w.turn)
	if v == goes {
		s.queue(w, now)
	}
	return v, until, nil
}

// fill takes targets from the parking and the course until a batch is full or
// nobody may go, and returns until when it is to be waited: 0 not at all.
func (s *sender) fill(now int64) (until int64, err error) {
	s.gate.mu.Lock()
	defer s.gate.mu.Unlock()
	if err := s.gate.renew(now); err != nil {
		return 0, err
	}
	if s.shares != s.gate.shares {
		s.shares = s.gate.shares
		s.parked.anew(now)
	}
	for range batchMost {
		w, ok := s.next(now)
		if !ok {
			return s.idleUntil(now), nil
		}
		v, due := s.gate.pass(w.a, now, w.turn)
		switch v {
		case goes:
			s.queue(w, now)
		case refused:
			s.refused.Add(1)
			s.marks.leave(w.step)
		case parked:
			w.due, w.turn = due, true
			s.parked.put(w)
		case stopped:
			w.due = due
			s.parked.put(w)
			return due, nil
		}
	}
	return 0, nil
}

// next returns the target whose turn it is: a parked one that is due, else the
// next of the course.
func (s *sender) next(now int64) (waiting, bool) {
	if due, ok := s.parked.due(); ok && due <= now {
		return s.parked.take(), true
	}
	if s.errand.Load() != nil {
		return *s.errand.Swap(nil), true
	}
	if s.halted > 0 || s.ahead.empty() || s.parked.len() >= parkedMost || !s.marks.room(s.ahead.step()) || s.full() {
		return waiting{}, false
	}
	// Counted from the last probe of the pass before, for a pass may be faster
	// than the one before it.
	if s.ahead.startsPass() && (s.parked.len() > 0 || now < s.latest+int64(s.gap)) {
		return waiting{}, false
	}
	return s.ahead.next(s.gate), true
}

// idleUntil is when somebody may go where now nobody may.
func (s *sender) idleUntil(now int64) int64 {
	until := now + int64(idleMost)
	if due, ok := s.parked.due(); ok {
		until = min(until, max(due, now+1))
	}
	return until
}

// queue writes the packet that passed the gate.
func (s *sender) queue(w waiting, now int64) {
	way, source, ok := s.out.way(w.a, w.step)
	if !ok {
		s.fault(w.step, w.a, errNoSource)
		return
	}
	q := s.queues[way]
	q = q[:len(q)+1]
	p := &q[len(q)-1]
	own, sequence := s.proof.own(source, w.a, w.port, uint64(now/slotLength))
	p.step, p.target = w.step, w.a
	if w.step != noStep {
		s.latest = now
	}
	p.length = s.frame.write(p.buf[etherLength:], source, w.a, own, w.port, sequence)
	s.queues[way] = q
}

// flush lets out what is queued. What a busy device does not take is decided
// about again before it is tried again.
func (s *sender) flush(ctx context.Context) error {
	for way := range s.queues {
		var pauses busyPauses
		for rest := s.queues[way]; len(rest) > 0; {
			n, err := s.out.send(way, rest)
			s.left(rest[:n])
			rest = rest[n:]
			switch {
			case err == nil:
			case errors.Is(err, errBusy):
				if err := nap(ctx, pauses.after(n)); err != nil {
					return err
				}
				rest = s.stillAllowed(rest)
			case errors.Is(err, errDown):
				return err
			default:
				s.fault(rest[0].step, rest[0].target, err)
				rest = rest[1:]
			}
		}
		s.queues[way] = s.queues[way][:0]
	}
	return nil
}

func (s *sender) left(packets []packet) {
	for i := range packets {
		s.marks.leave(packets[i].step)
		if packets[i].step != noStep {
			s.top = max(s.top, packets[i].step+1)
		}
	}
	s.sent.Add(uint64(len(packets)))
	s.rate.add(s.gate.now(), len(packets))
}

func (s *sender) stillAllowed(packets []packet) []packet {
	kept := packets[:0]
	for i := range packets {
		if s.gate.allows(packets[i].target) {
			kept = append(kept, packets[i])
			continue
		}
		s.refused.Add(1)
		s.marks.leave(packets[i].step)
	}
	return kept
}

func (s *sender) fault(step uint64, a address, err error) {
	s.faults.add(FaultOf(err))
	s.marks.leave(step)
	s.mishap(a, err)
}

// errDown is wrapped by the error for a device that is gone for good.
var errDown = errors.New("nothing can leave")

// newSender makes the sender of a plan's course from its cursor on.
func newSender(g *gate, c *course, plan minesweep.Plan, p *proof, out outlet, ways int) *sender {
	left, known := c.total-plan.Cursor, c.begin(plan).beyond
	s := &sender{
		gate: g, ahead: newLookahead(c, plan.Cursor, known), gap: plan.PassGap, proof: p, frame: newFrame(), out: out,
		marks:  newSentMarks(plan.Cursor, min(max(left/256, 1<<16), 1<<20), known),
		queues: make([][]packet, ways), full: func() bool { return false }, stopped: plan.Stopped, mishap: func(address, error) {},
	}
	for i := range s.queues {
		s.queues[i] = make([]packet, 0, batchMost)
	}
	return s
}

// describe names a packet that could not leave.
func describe(a address, err error) string {
	return fmt.Sprintf("%s was not probed: %v", a.addr(), err)
}
