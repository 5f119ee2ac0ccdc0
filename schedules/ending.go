package schedules

import (
	"context"
	"time"

	"minesweep/db"
)

const (
	// endsWithin is how near its end a lane stays where it is: to move it takes longer.
	endsWithin = 5 * time.Second
	// fewPorts are asked within about that time.
	fewPorts = 32
)

// ending reports whether the lane is so near its end that no other node is to have it.
func (h *hold) ending(ctx context.Context, standing db.Standing) (bool, error) {
	if h.run.Kind == db.Ask {
		if !standing.Discovered {
			return false, nil
		}
		left, _, err := h.journal.Pending(ctx, 0, fewPorts)
		return len(left) < fewPorts, err
	}
	lane := h.journal.Lane()
	return endsSoon(h.from, lane.Cursor, lane.Total, h.now().Sub(h.since)), nil
}

// endsSoon reckons by how long the steps from from to cursor took.
func endsSoon(from, cursor, total uint64, took time.Duration) bool {
	if cursor >= total {
		return true
	}
	if cursor <= from {
		return false
	}
	return float64(total-cursor)*took.Seconds() < float64(cursor-from)*endsWithin.Seconds()
}
