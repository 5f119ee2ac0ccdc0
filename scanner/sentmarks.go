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
	mu     sync.Mutex
	base   uint64   // every step below it has left, or was refused
	left   []uint64 // bit i%window: step i has left, of base ≤ i < base+window
	window uint64
	marks  []mark // oldest first, at most marksKept
}

// mark says that at a time every step below base had left.
type mark struct {
	at   int64
	base uint64
}

// newSentMarks starts at cursor; window is rounded up to a multiple of 64.
func newSentMarks(cursor uint64, window uint64) *sentMarks {
	words := (max(window, 1) + 63) / 64
	return &sentMarks{base: cursor, left: make([]uint64, words), window: words * 64, marks: []mark{{-1 << 62, cursor}}}
}

// room reports whether step lies within the window.
func (m *sentMarks) room(step uint64) bool { return step < m.base+m.window }

// noStep is the step of a packet that is none of the course's.
const noStep = 1<<64 - 1

// leave notes that step has left. Only the sender calls it, and room.
func (m *sentMarks) leave(step uint64) {
	if step == noStep {
		return
	}
	i := step % m.window
	m.left[i/64] ^= 1 << (i % 64)
	for {
		i := m.base % m.window
		if m.left[i/64]&(1<<(i%64)) == 0 {
			return
		}
		m.left[i/64] ^= 1 << (i % 64)
		m.base++
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
