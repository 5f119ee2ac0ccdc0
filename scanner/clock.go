package scanner

import (
	"math"
	"time"
)

const (
	// clockDepth is how much of a budget may go at once.
	clockDepth = int64(700 * time.Microsecond)
	// A clock that lost time to a stall of the machine makes it good, by an
	// eightieth faster than asked, for at most owedMost. With clockDepth that
	// is less than 2 % too much in any tenth of a second.
	owedMost  = int64(200 * time.Millisecond)
	owedShare = 80
)

// clock keeps one budget on the wire: a virtual clock that each packet moves on
// (the GCRA of ITU-T I.371). Times are nanoseconds since the gate was made.
type clock struct {
	perSecond int
	interval  int64
	next      int64 // when the next packet is due
	turn      int64 // when the next packet that must wait gets its turn
	owed      int64
}

// newClock makes a clock for a share of perSecond.
func newClock(perSecond int, share float64, now int64) *clock {
	return &clock{perSecond: perSecond, interval: intervalOf(perSecond, share), next: now}
}

// intervalOf is how far apart packets are, in ns: a share of a budget need not be
// a whole number of packets a second.
func intervalOf(perSecond int, share float64) int64 {
	return int64(math.Round(float64(time.Second) / (float64(perSecond) * share)))
}

// setShare gives the clock another share, whose intervals are ratio times the
// old ones. What was waited already counts for as much as it did.
func (c *clock) setShare(share, ratio float64, now int64) {
	c.interval = intervalOf(c.perSecond, share)
	c.next = stretched(c.next, ratio, now)
	c.turn = c.next
}

// stretched is when something due at next is due where all intervals have
// become ratio times as long.
func stretched(next int64, ratio float64, now int64) int64 {
	if next <= now {
		return next
	}
	return now + int64(math.Ceil(float64(next-now)*ratio))
}

// await gives out a turn, so that each packet that must wait waits once.
func (c *clock) await() (due int64) {
	due = max(c.next, c.turn)
	c.turn = due + c.interval
	return due
}

// take notes that a packet leaves now; stretch above 1 makes the clock slower.
func (c *clock) take(now int64, stretch float64) {
	if late := now - clockDepth - c.next; late > 0 {
		c.owed = min(c.owed+late, owedMost)
		c.next += late
	}
	step := c.interval
	if stretch > 1 {
		step = int64(float64(step) * stretch)
	} else if c.owed > 0 {
		c.owed -= step / owedShare
		step -= step / owedShare
	}
	c.next += step
}
