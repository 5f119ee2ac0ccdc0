package scanner

import (
	"testing"
	"time"

	"minesweep"
)

// TestSentMarksAreNeverYoungerThanAsked keeps an hour of marks in little room:
// what is asked for long after must not be what left later.
func TestSentMarksAreNeverYoungerThanAsked(t *testing.T) {
	m := newSentMarks(0, 64, minesweep.Beyond{})
	const every = 10 * time.Millisecond
	for now := every; now < time.Hour; now += every {
		m.leave(m.base)
		m.note(int64(now), m.base)
	}
	if len(m.marks) > marksKept {
		t.Errorf("%d marks are kept", len(m.marks))
	}
	for ago := time.Duration(0); ago < time.Hour; ago += 500 * time.Millisecond {
		when := time.Hour - every - ago
		got, left := m.at(int64(when)).cursor, uint64(when/every)
		if got > left || ago < 10*time.Second && got+100 < left {
			t.Fatalf("%s ago %d had left, it says %d", ago, left, got)
		}
	}
}
