package main

import (
	"fmt"
	"time"
)

// happened is mischief that was done.
type happened struct {
	mischief
	from, to time.Time
	took     time.Duration // of term: until it ended; of cut: for how long it went on sending
	status   int           // of term: the exit status
}

// recovery is how long a lane was without a node.
type recovery struct {
	stint
	cause happened
	took  time.Duration // from what went wrong to the next stint
	never bool          // no stint followed
}

func (r recovery) String() string {
	if r.never {
		return fmt.Sprintf("%s lane %d, run %d of %s: nobody took it again", r.kind, r.lane, r.run, r.node)
	}
	return fmt.Sprintf("%s lane %d, run %d of %s: %.1f s", r.kind, r.lane, r.run, r.node, r.took.Seconds())
}

// recoveries finds the lanes that lost their node, in stints by kind, lane and
// run: what a killed node had in hand, and what others took from a node that was
// cut off from the database, or that the database was taken from. A lane that a
// node gives back or goes on with was not lost.
func recoveries(stints []stint, all []happened, name func(node int) string) (out []recovery) {
	for i, t := range stints {
		cause, lost := causeOf(t, all, name)
		if !lost {
			continue
		}
		r := recovery{stint: t, cause: cause, never: true}
		if i+1 < len(stints) && stints[i+1].kind == t.kind && stints[i+1].lane == t.lane {
			r.took, r.never = stints[i+1].began.Sub(cause.from), false
		}
		out = append(out, r)
	}
	return out
}

// silentFor is how long nothing is heard of a lane, at least, before others take
// it: 15 s, less the time between two signs of life.
const silentFor = 13 * time.Second

// causeOf returns the last of what happened that can have made a node lose the
// stint. What came later than the silence began found it lost already.
func causeOf(t stint, all []happened, name func(node int) string) (cause happened, lost bool) {
	for _, h := range all {
		if h.node != everybody && name(h.node) != t.node || !lostBy(t, h) {
			continue
		}
		early := t.ended.IsZero() || !h.from.After(t.ended.Add(-silentFor))
		if !lost || early && h.from.After(cause.from) {
			cause, lost = h, true
		}
	}
	return cause, lost
}

// lostBy tells whether a stint was in hand when h began, and lost by it: a killed
// node loses all it has, one that was cut off what others ended for it.
func lostBy(t stint, h happened) bool {
	inHand := !t.began.After(h.from) && (t.ended.IsZero() || t.ended.After(h.from))
	return inHand && (h.kind == kill || h.kind != term && t.orphaned())
}

// silentNode is how the store notes a stint that another node ended.
const silentNode = "its node fell silent"

// orphaned tells whether another node ended the stint.
func (t stint) orphaned() bool { return t.note == silentNode || t.ended.IsZero() }
