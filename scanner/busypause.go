package scanner

import "time"

const (
	busyPause = 100 * time.Microsecond
	busyMost  = 2 * time.Millisecond
)

// busyPauses are the pauses between attempts to send by a device that is busy:
// they double while it takes nothing, and begin anew when it takes something.
// So a device is asked at most as late again as it was busy before, or 2 ms.
type busyPauses struct{ last time.Duration }

// after returns the pause after an attempt of which the device took n packets.
func (b *busyPauses) after(n int) time.Duration {
	if b.last == 0 || n > 0 {
		b.last = busyPause
	} else {
		b.last = min(2*b.last, busyMost)
	}
	return b.last
}
