package wire

import (
	"testing"
	"time"
)

func TestTimelineMeasures(t *testing.T) {
	all := make([]uint32, slots)
	copy(all[7:], []uint32{4, 0, 0, 10, 6, 0, 5})
	line := Timeline{First: time.Second, Last: time.Second + 60*time.Millisecond, Count: 25, Slots: cut(all)}
	if len(line.Slots) != 7 {
		t.Fatalf("cut to %v", line.Slots)
	}
	if got := line.PerSecond(); got != 400 {
		t.Errorf("%v packets/s, want 400", got)
	}
	for window, want := range map[time.Duration]uint64{Slot: 10, 2 * Slot: 16, 4 * Slot: 21, time.Second: 25} {
		if got := line.Max(window); got != want {
			t.Errorf("at most %d within %v, want %d", got, window, want)
		}
	}
	if got := line.Empty(); got != 3.0/7 {
		t.Errorf("%v of the slots are empty, want 3/7", got)
	}
}

func TestTimelineOfNothing(t *testing.T) {
	line := Timeline{Slots: cut(make([]uint32, slots))}
	if line.PerSecond() != 0 || line.Max(time.Second) != 0 || line.Empty() != 0 || line.Slots != nil {
		t.Errorf("nothing is measured as %+v", line)
	}
}
