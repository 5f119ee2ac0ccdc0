package scanner

import (
	"slices"
	"sort"
	"sync"
	"time"

	"minesweep"
)

const (
	marksKept = 1024
	holesKept = 1 << 20 // in all marks together, 2 MB
	markEvery = int64(4 * time.Millisecond)
)

// sentMarks knows which steps have left, and since when: all up to one, and all
// up to another but for those that were parked.
type sentMarks struct {
	stepSet        // those that have left, or were refused; the sender's alone
	known   uint64 // up to here some had left before the sender began

	mu      sync.Mutex
	marks   []mark // oldest first, at most marksKept
	kept    int    // holes in them
	scratch [minesweep.BeyondLeft]uint16
}

// mark says that at a time every step below holes.to had left but those that
// are in it.
type mark struct {
	at int64
	holes
}

// newSentMarks begins at a cursor, where what known says has left already.
func newSentMarks(cursor, window uint64, known minesweep.Beyond) *sentMarks {
	m := &sentMarks{stepSet: newStepSet(cursor, max(window, known.To-min(known.To, cursor))), known: known.To}
	m.markBeyond(known)
	m.marks = []mark{{-1 << 62, m.holes(known.To, nil)}}
	return m
}

// noStep is the step of a packet that is none of the course's.
const noStep = 1<<64 - 1

// leave notes that step has left.
func (m *sentMarks) leave(step uint64) {
	if step != noStep {
		m.mark(step)
	}
}

// note remembers how far the sender is, every 4 ms or so; next is the first step
// that it has not taken yet.
func (m *sentMarks) note(now int64, next uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if now-m.marks[len(m.marks)-1].at < markEvery {
		return
	}
	if len(m.marks) == marksKept {
		m.thin()
	}
	h := m.left(next, m.scratch[:0])
	h.left = slices.Clone(h.left)
	m.marks = append(m.marks, mark{now, h})
	m.kept += len(h.left)
	for i := 0; m.kept > holesKept; i++ {
		m.forget(i)
	}
}

// left is what has left now, where next is the first step that was not taken.
func (m *sentMarks) left(next uint64, into []uint16) holes {
	return m.holes(max(next, m.known), into)
}

// forget makes a mark one that knows of nothing above its base.
func (m *sentMarks) forget(i int) {
	m.kept -= len(m.marks[i].left)
	m.marks[i].left, m.marks[i].to = nil, m.marks[i].base
}

// thin forgets every other mark, so that the older ones lie further and further
// apart. The first stays: what is asked for must never be younger than asked.
func (m *sentMarks) thin() {
	kept := m.marks[:0]
	for i := range m.marks {
		if i%2 == 0 {
			kept = append(kept, m.marks[i])
		} else {
			m.kept -= len(m.marks[i].left)
		}
	}
	clear(m.marks[len(kept):])
	m.marks = kept
}

// at returns what had left at a time, or a little less where that is long ago.
func (m *sentMarks) at(when int64) standing {
	m.mu.Lock()
	defer m.mu.Unlock()
	i := sort.Search(len(m.marks), func(i int) bool { return m.marks[i].at > when })
	return m.marks[max(i-1, 0)].standing()
}

// now returns what has left. The sender must have ended.
func (m *sentMarks) now(next uint64) standing { return m.left(next, nil).standing() }
