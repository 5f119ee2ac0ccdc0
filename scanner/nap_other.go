//go:build !linux

package scanner

import (
	"context"
	"time"
)

func nap(ctx context.Context, d time.Duration) error { return sleep(ctx, d) }
