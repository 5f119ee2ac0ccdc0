package schedules

import (
	"context"

	"minesweep/db"
)

// Crew does what a lane asks for: the command line joins engine, guard, asker,
// judge and mapper into one.
type Crew interface {
	// Muster prepares the work on a lane; nothing leaves before [Hands.Work]. An
	// error means that this node could not begin: the lane is tried again.
	Muster(ctx context.Context, order Order) (Hands, error)
}

// Order is what a crew is to do.
type Order struct {
	Run     db.LaneRun
	Sweep   db.Sweep
	Journal *db.Journal // of this run: Recorder, Queue and History
	Warm    bool        // the sweep was sending a moment ago, so no ramp
	// Standing holds the shares of every budget to begin with.
	Standing db.Standing
	// Stop is closed when no more is to be sent: what was sent is waited for and
	// settled, then Work returns nil. Its end is the context's.
	Stop <-chan struct{}
	// Discovered is closed when the sweep finds nothing more.
	Discovered <-chan struct{}
}

// Hands are a crew at work on one lane.
type Hands interface {
	// Work walks the lane and returns nil when it is done, or when Stop was closed
	// and all that was sent is settled. Any other error is the engine's.
	Work(ctx context.Context) error
	// SetShare changes the part of every budget at once: above 0 and at most 1. An
	// ask lane, whose /24s are its own, has Sweep.Lanes times that of theirs. It may
	// be called while Work runs.
	SetShare(f float64)
}
