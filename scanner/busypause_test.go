package scanner

import (
	"testing"
	"time"

	"minesweep"
)

func TestBusyPausesDoubleWhileNothingIsTaken(t *testing.T) {
	var b busyPauses
	for i, c := range []struct {
		taken int
		want  time.Duration // microseconds
	}{{0, 100}, {0, 200}, {0, 400}, {0, 800}, {0, 1600}, {0, 2000}, {0, 2000}, {1, 100}, {3, 100}, {0, 200}, {64, 100}} {
		if got := b.after(c.taken); got != c.want*time.Microsecond {
			t.Errorf("pause %d, after %d packets: %s, want %d µs", i, c.taken, got, c.want)
		}
	}
}

// TestSenderSeldomAsksABusyDevice counts the attempts while a device takes nothing.
func TestSenderSeldomAsksABusyDevice(t *testing.T) {
	const busy = 50 * time.Millisecond
	var until time.Time
	attempts := 0
	b := &book{grants: []minesweep.Grant{wideGrant("a", "10.0.0.0/24")}}
	s, out := newTestSender(t, b, testPlan(t, "10.0.0.0/24", 80), func(call int, _ address) error {
		if call == 1 {
			until = time.Now().Add(busy)
		}
		if time.Now().After(until) {
			return nil
		}
		attempts++
		return errBusy
	})
	if err := s.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	// A busy machine makes them fewer, never more.
	if most := int(busy/busyMost) + 6; attempts > most || len(out.left) != 256 {
		t.Errorf("%d attempts in %s, at most %d are needed; %d left", attempts, busy, most, len(out.left))
	}
}
