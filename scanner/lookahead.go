package scanner

import "minesweep"

// lookahead takes steps of a ride some time before they are needed, many in a
// row, so that the processor fetches what the look-ups of one need while it
// looks up the others. With thousands of prefixes that is a twentieth of the
// sender's time.
type lookahead struct {
	ride  *ride
	known minesweep.Beyond // steps to pass by
	taken [batchMost]waiting
	at, n int
	lines uint64 // keeps the touches from being thought away
}

// newLookahead takes the steps of a course from cursor on, but those known.
func newLookahead(c *course, cursor uint64, known minesweep.Beyond) lookahead {
	l := lookahead{ride: c.from(cursor), known: known}
	l.passBy()
	return l
}

// passBy goes to the next step that is not known, so that the ride always stands
// before one that is to be handed out.
func (l *lookahead) passBy() {
	for l.ride.step < l.known.To && !l.ride.done() && l.known.Settled(l.ride.step) {
		l.ride.next()
	}
}

// empty reports whether every step was handed out.
func (l *lookahead) empty() bool { return l.at == l.n && l.ride.done() }

// step is the next one to be handed out.
func (l *lookahead) step() uint64 {
	if l.at < l.n {
		return l.taken[l.at].step
	}
	return l.ride.step
}

// startsPass reports whether that is the first of a pass after the first.
func (l *lookahead) startsPass() bool { return l.at == l.n && l.ride.startsPass() }

// next hands out one step. It may be called where the gate is locked only.
func (l *lookahead) next(g *gate) waiting {
	if l.at == l.n {
		l.look(g)
	}
	w := l.taken[l.at]
	l.at++
	return w
}

// look takes steps as far as the pass goes.
func (l *lookahead) look(g *gate) {
	l.at, l.n = 0, 0
	for l.n < len(l.taken) && !l.ride.done() && (l.n == 0 || !l.ride.startsPass()) {
		w := &l.taken[l.n]
		w.step = l.ride.step
		w.a, w.port = l.ride.next()
		l.passBy()
		l.n++
	}
	for i := range l.taken[:l.n] {
		l.lines += g.touch(l.taken[i].a)
	}
}
