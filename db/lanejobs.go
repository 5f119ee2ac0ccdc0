package db

import "context"

// Queues of sweeps that are walked in lanes. A sweep of queue "" is run by the
// process that began it.
const (
	Nightly  = "nightly"
	OnDemand = "ondemand"
)

// Enqueue makes jobs in a queue, in the transaction that makes them due.
type Enqueue func(ctx context.Context, tx Tx, jobs []LaneRun, queue string) error

// lanes makes jobs of the next runs of lanes; nil makes none.
func (e Enqueue) lanes(ctx context.Context, tx Tx, sweep Sweep, lanes []Lane) error {
	if e == nil {
		return nil
	}
	for _, kind := range []LaneKind{Discover, Ask} {
		var jobs []LaneRun
		for _, l := range lanes {
			if l.Kind == kind {
				jobs = append(jobs, l.Next())
			}
		}
		if len(jobs) == 0 {
			continue
		}
		if err := e(ctx, tx, jobs, sweep.JobQueue(kind)); err != nil {
			return err
		}
	}
	return nil
}

// JobQueue returns the queue of the jobs of a kind: that of the sweep, and for
// discovery by a certain engine "-syn" or "-connect" behind it, for only some
// nodes have that. Questions need no engine.
func (s Sweep) JobQueue(kind LaneKind) string {
	if kind == Ask {
		return s.Queue
	}
	switch s.Engine {
	case "syn":
		return s.Queue + "-syn"
	case "naabu", "connect":
		return s.Queue + "-connect"
	}
	return s.Queue
}
