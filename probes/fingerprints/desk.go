package fingerprints

import (
	"fmt"

	"minesweep"
)

// desk is what judging one host needs and the next may use again. Nothing that
// Judge returns points into it.
type desk struct {
	order     []int // of the replies
	views     []view
	separated bool // some views are parts of one reply
	tape      tape
	fired     []firing
	low       []byte   // heads and bodies in lower case
	memo      []answer // what each test says of the present view
	rules     []int32  // the rules for the present view
	view      int32    // one more than its place

	reached []reached // by the place of a pointer

	longReplies, leftOut, largeJSON int // what was not judged
}

// firing is a rule that fired on a view.
type firing struct{ rule, view int32 }

// answer is what is known of one test on one view.
type answer uint8

const (
	unknown answer = iota
	yes
	no
)

// clear makes the desk ready for another host; replies and documents that were
// on it are let go.
func (d *desk) clear() {
	clear(d.views)
	clear(d.reached)
	*d = desk{
		order: d.order[:0], views: d.views[:0], fired: d.fired[:0], memo: d.memo, low: d.low[:0], rules: d.rules[:0], reached: d.reached,
		tape: tape{nodes: d.tape.nodes[:0], text: d.tape.text[:0], stack: d.tape.stack[:0]},
	}
}

// oversizeID names what the engine says of replies that it did not judge in
// full. It speaks neither for nor against mining.
const oversizeID = "oversize"

// notes gives one piece of evidence where something was left unread.
func (d *desk) notes() []minesweep.Evidence {
	if d.longReplies+d.leftOut+d.largeJSON == 0 {
		return nil
	}
	return []minesweep.Evidence{{
		Fingerprint: oversizeID, Strength: minesweep.Note, Weight: 1,
		Quote: fmt.Sprintf("more than is judged: %d replies over %d KiB were cut, %d beyond %d KiB of the host left out, %d not read as JSON",
			d.longReplies, maxReply>>10, d.leftOut, maxHost>>10, d.largeJSON),
	}}
}
