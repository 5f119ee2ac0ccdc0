package scanner

import (
	"context"
	"time"

	"golang.org/x/sys/unix"
)

// nap is sleep for a few milliseconds and not less: a timer of Go's may be a
// whole one late, in which a budget of 200,000 packets/s lets 200 go. It wakes
// some 60 µs late, and ctx does not end it.
func nap(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil || d <= 0 {
		return err
	}
	left := unix.NsecToTimespec(int64(d))
	_ = unix.Nanosleep(&left, nil) // a signal ends it early; the caller looks at the clock again
	return ctx.Err()
}
