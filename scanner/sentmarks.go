package scanner

import (
	"sort"
	"sync"
	"time"
)

const (
	marksKept = 1024
	markEvery = int64(4 * time.Millisecond)
)

// sentMarks knows up to which step everything has left, and since when: steps
// leave nearly in order, but for those that were parked.
type sentMarks struct {
	stepSet // those that have left, or were refused; the sender's alone

	mu    sync.Mutex
	marks []mark // oldest first, at most marksKept
}

// mark says that at a time every step below base had left.
type mark struct {
	at   int64
	base uint64
}

func newSentMarks(cursor, window uint64) *sentMarks {
	return &sentMarks{stepSet: newStepSet(cursor, window), marks: []mark{{-1 << 62, cursor}}}
}

// noStep is the step of a packet that is none of the course's.
const noStep = 1<<64 - 1

// leave notes that step has left.
func (m *sentMarks) leave(step uint64) {
	if step != noStep {
		m.mark(step)
	}
}

// note remembers how far the sender is, every 4 ms or so.
func (m *sentMarks) note(now int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if now-m.marks[len(m.marks)-1].at < markEvery {
		return
	}
	if len(m.marks) == marksKept {
		m.thin()
	}
	m.marks = append(m.marks, mark{now, m.base})
}

// thin forgets every other mark, so that the older ones lie further and further
// apart. The first stays: what is asked for must never be younger than asked.
func (m *sentMarks) thin() {
	kept := m.marks[:0]
	for i := 0; i < len(m.marks); i += 2 {
		kept = append(kept, m.marks[i])
	}
	m.marks = kept
}

// at returns up to which step everything had left at a time, or a little less
// where that is long ago.
func (m *sentMarks) at(when int64) uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	i := sort.Search(len(m.marks), func(i int) bool { return m.marks[i].at > when })
	return m.marks[max(i-1, 0)].base
}
