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

// recoveries finds the lanes that a killed node had in hand, in stints by kind,
// lane and run. A lane that a node gives back or goes on with recovers by itself.
func recoveries(stints []stint, all []happened, name func(node int) string) (out []recovery) {
	for i, t := range stints {
		for _, h := range all {
			if h.kind != kill && h.kind != cut || name(h.node) != t.node || !lostBy(t, h) {
				continue
			}
			r := recovery{stint: t, cause: h, never: true}
			if i+1 < len(stints) && stints[i+1].kind == t.kind && stints[i+1].lane == t.lane {
				r.took, r.never = stints[i+1].began.Sub(h.from), false
			}
			out = append(out, r)
			break
		}
	}
	return out
}

// lostBy tells whether a stint was in hand when h began, and lost by it: a killed
// node loses all it has, one that was cut off what others ended for it.
func lostBy(t stint, h happened) bool {
	inHand := !t.began.After(h.from) && (t.ended.IsZero() || t.ended.After(h.from))
	return inHand && (h.kind == kill || t.orphaned())
}

// orphaned tells whether another node ended the stint.
func (t stint) orphaned() bool { return t.to == 0 && t.kind == "discover" || t.ended.IsZero() }
