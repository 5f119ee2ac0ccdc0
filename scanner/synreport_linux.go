package scanner

import (
	"time"

	"minesweep"
)

// storedWithin is how long a report may take to be stored before no more is sent:
// what leaves meanwhile is sent again where this process is killed or cut off.
const storedWithin = 500 * time.Millisecond

// holdsBack reports whether nothing more is to be sent until the store has taken
// what it was given.
func (s *synScan) holdsBack() bool {
	began := s.storing.Load()
	return s.hearer.full() || began != 0 && s.gate.now()-began > int64(storedWithin)
}

// report stores what was found and how far the scan has come. done says that
// the last answer was waited for.
func (s *synScan) report(done bool) error {
	now := s.gate.now()
	deaf := s.deaf.check(s.sender.sent.Load(), s.hearer.heard.Load(), s.hearer.last.Load(), now)
	p := s.progress(s.settledBy(done, now))
	// The cursor was read before the ports are: what it passed is among them.
	s.storing.Store(max(now, 1))
	defer s.storing.Store(0)
	if err := s.hearer.hand(s.sink.Found); err != nil {
		return err
	}
	if err := s.sink.Progress(p); err != nil {
		return err
	}
	return deaf
}

// settledBy is what is settled, and was sent while the engine was seen to hear.
func (s *synScan) settledBy(done bool, now int64) standing {
	if done {
		return s.sender.marks.now(s.sender.ahead.step()) // all, or what a stop let out
	}
	waited := now - int64(s.hearer.wait(s.cfg.Wait))
	proven := s.deaf.proven(s.sender.sent.Load(), s.hearer.heard.Load(), s.hearer.last.Load(), now)
	// What was proven once stays so, whatever is doubted now.
	if at := s.sender.marks.at(min(waited, proven)); at.count() > s.settled.count() {
		s.settled = at
	}
	return s.settled
}

func (s *synScan) progress(settled standing) minesweep.Progress {
	faults := s.sender.faults.load()
	p := minesweep.Progress{
		Cursor: settled.cursor, Beyond: settled.beyond, Total: s.course.total,
		Sent: s.sender.sent.Load(), Refused: s.sender.refused.Load(), Errors: faults.Sum(), Faults: faults,
		Open: s.hearer.open.Load(), Closed: s.hearer.closed.Load(), Received: s.hearer.received.Load(),
		PeakRate: s.sender.rate.most.Load(),
	}
	for _, r := range s.rings {
		p.Dropped += r.dropped()
	}
	s.gate.mu.Lock()
	p.PeakPer24, p.Slowed = s.gate.near.peak, s.gate.near.slowed
	s.gate.mu.Unlock()
	// What has left by this run, and was settled without an answer.
	before := s.course.begin(s.plan)
	if settled, answered := settled.count()-before.count(), p.Open+p.Closed+p.Refused+p.Errors; settled > answered {
		p.Filtered = settled - answered
	}
	return p
}
