package schedules

import (
	"context"
	"errors"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"minesweep/db"
)

const (
	// laneTimeout ends a job whose lane did not end by itself, and rescueAfter is
	// when River gives a job to somebody else. Both are nets only: signs of life
	// decide who has a lane.
	laneTimeout = 2 * time.Minute
	rescueAfter = 3 * time.Minute
	tickEvery   = 5 * time.Second
	tickTimeout = 30 * time.Second
	verifyEvery = time.Minute

	// A job is heard of at once by LISTEN/NOTIFY, or the table that stands for it
	// in SQLite; looking is for what was not heard.
	fetchPoll = 500 * time.Millisecond
)

// laneWorker runs the jobs of lanes.
type laneWorker struct {
	river.WorkerDefaults[laneArgs]
	node *node
}

// Work implements river.Worker.
func (w *laneWorker) Work(ctx context.Context, job *river.Job[laneArgs]) error {
	err := w.node.run(ctx, job.Args.run())
	if errors.Is(err, errFull) {
		return river.JobSnooze(w.node.offerAgain(offersOf(job.Metadata)))
	}
	return err
}

// Timeout implements river.Worker.
func (*laneWorker) Timeout(*river.Job[laneArgs]) time.Duration { return laneTimeout }

// NextRetry implements river.Worker: a job fails where the database does, and
// that is over soon or the node with it.
func (*laneWorker) NextRetry(job *river.Job[laneArgs]) time.Time {
	return time.Now().Add(min(time.Duration(job.Attempt)*time.Second, 10*time.Second))
}

type tickArgs struct{}

// Kind implements river.JobArgs.
func (tickArgs) Kind() string { return "tick" }

type verifyArgs struct{}

// Kind implements river.JobArgs.
func (verifyArgs) Kind() string { return "verify" }

// chore is a job that comes again and again on one node of all. One that fails is
// not tried again, for the next one comes.
type chore[A river.JobArgs] struct {
	river.WorkerDefaults[A]
	node    *node
	timeout time.Duration
	do      func(context.Context) error
}

// Work implements river.Worker.
func (c *chore[A]) Work(ctx context.Context, job *river.Job[A]) error {
	if err := c.do(ctx); err != nil && ctx.Err() == nil {
		c.node.log.ErrorContext(ctx, "a chore failed", "chore", job.Kind, "error", err)
	}
	return nil
}

// Timeout implements river.Worker.
func (c *chore[A]) Timeout(*river.Job[A]) time.Duration { return c.timeout }

// riverConfig is what this node works: its queues and its part of the chores.
func (n *node) riverConfig() *river.Config {
	workers := river.NewWorkers()
	river.AddWorker(workers, &laneWorker{node: n})
	river.AddWorker(workers, &chore[tickArgs]{node: n, timeout: tickTimeout, do: n.tick})
	queues := map[string]river.QueueConfig{tickQueue: {MaxWorkers: 1}}
	for _, name := range n.laneQueues() {
		queues[name] = river.QueueConfig{MaxWorkers: n.slots}
	}
	periodic := []*river.PeriodicJob{every[tickArgs](tickEvery, river.InsertOpts{Queue: tickQueue})}
	if n.verify != nil {
		river.AddWorker(workers, &chore[verifyArgs]{node: n, timeout: laneTimeout, do: n.verify})
		queues[verifyQueue] = river.QueueConfig{MaxWorkers: 1}
		periodic = append(periodic, every[verifyArgs](verifyEvery, river.InsertOpts{Queue: verifyQueue, UniqueOpts: oneAtATime()}))
	}
	return &river.Config{
		ID: n.clientID(), Logger: riverLog(n.log), Workers: workers, Queues: queues, PeriodicJobs: periodic,
		FetchPollInterval: fetchPoll, JobTimeout: laneTimeout, RescueStuckJobsAfter: rescueAfter,
		CompletedJobRetentionPeriod: time.Hour, MaxAttempts: maxAttempts,
	}
}

// laneQueues returns the queues of lanes that this node can do.
func (n *node) laneQueues() []string {
	var out []string
	for _, queue := range []string{db.Nightly, db.OnDemand} {
		out = append(out, queue)
		for _, engine := range n.engines {
			out = append(out, queue+"-"+engine)
		}
	}
	return out
}

// every makes a chore come again, once at the start of whoever leads, and once
// each interval.
func every[A river.JobArgs](interval time.Duration, opts river.InsertOpts) *river.PeriodicJob {
	var args A
	opts.MaxAttempts = 1
	return river.NewPeriodicJob(river.PeriodicInterval(interval), func() (river.JobArgs, *river.InsertOpts) {
		return args, &opts
	}, &river.PeriodicJobOpts{ID: args.Kind(), RunOnStart: true})
}

// oneAtATime keeps a chore from being begun while it runs elsewhere. Where its
// node died, that lasts until River gives it up, after rescueAfter.
func oneAtATime() river.UniqueOpts {
	return river.UniqueOpts{ByState: []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning, rivertype.JobStateScheduled, rivertype.JobStateRetryable,
	}}
}
