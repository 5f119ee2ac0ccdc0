package schedules

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"minesweep/db"
)

// The queues beside those of lanes, which are [db.Sweep.JobQueue]'s.
const (
	tickQueue   = "tick"
	verifyQueue = "verify"
)

// laneArgs are the arguments of a job: the right to run a lane once.
type laneArgs struct {
	Sweep    int64  `json:"sweep"`
	LaneKind string `json:"kind"`
	Lane     int    `json:"lane"`
	Run      int64  `json:"run"`
}

func newLaneArgs(r db.LaneRun) laneArgs {
	return laneArgs{Sweep: r.Sweep, LaneKind: string(r.Kind), Lane: r.Lane, Run: r.Run}
}

// Kind implements river.JobArgs.
func (laneArgs) Kind() string { return "lane" }

func (a laneArgs) run() db.LaneRun {
	return db.LaneRun{Sweep: a.Sweep, Kind: db.LaneKind(a.LaneKind), Lane: a.Lane, Run: a.Run}
}

// maxAttempts is how often River gives a job to a worker before it throws it
// away. A worker fails a job only where the database does, so it is never to.
const maxAttempts = 30_000

// Queue puts jobs into River's tables, whichever database holds them.
type Queue struct{ client client }

// OpenQueue brings River's tables up to date and returns the queue of the store.
// It runs no job; that is what [Run] is for.
func OpenQueue(ctx context.Context, s *db.Store, log *slog.Logger) (*Queue, error) {
	if err := bringUp(ctx, s, log); err != nil {
		return nil, fmt.Errorf("work queue: %w", err)
	}
	c, err := newClient(s, &river.Config{Logger: log})
	if err != nil {
		return nil, fmt.Errorf("work queue: %w", err)
	}
	return &Queue{client: c}, nil
}

// Enqueue is a [db.Enqueue]: a job for each run, in the caller's transaction. Jobs
// are not made unique: River would take one that came to nothing, while the sweep
// was paused, for the one that is due now. Of two for one run the first to come
// takes the lane, and the second is told that it is not its own.
func (q *Queue) Enqueue(ctx context.Context, tx db.Tx, runs []db.LaneRun, queue string) error {
	return q.insert(ctx, tx, runs, river.InsertOpts{Queue: queue})
}

// At returns a [db.Enqueue] whose jobs wait until t.
func (q *Queue) At(t time.Time) db.Enqueue {
	return func(ctx context.Context, tx db.Tx, runs []db.LaneRun, queue string) error {
		return q.insert(ctx, tx, runs, river.InsertOpts{Queue: queue, ScheduledAt: t})
	}
}

func (q *Queue) insert(ctx context.Context, tx db.Tx, runs []db.LaneRun, opts river.InsertOpts) error {
	if len(runs) == 0 {
		return nil
	}
	return q.client.insert(ctx, tx, jobsOf(runs, opts))
}

// again makes jobs beside those that may be there already: a dead node's stays
// in River's table for minutes. Whoever takes the lane second is told so.
func (q *Queue) again(ctx context.Context, runs []db.LaneRun, queue string) error {
	return q.client.insertNow(ctx, jobsOf(runs, river.InsertOpts{Queue: queue}))
}

func jobsOf(runs []db.LaneRun, opts river.InsertOpts) []river.InsertManyParams {
	opts.MaxAttempts = maxAttempts
	jobs := make([]river.InsertManyParams, len(runs))
	for i, r := range runs {
		jobs[i] = river.InsertManyParams{Args: newLaneArgs(r), InsertOpts: &opts}
	}
	return jobs
}

// waitingMost bounds how many jobs are read when lost ones are looked for.
const waitingMost = 10_000

// waiting returns the runs whose job a worker will get.
func (q *Queue) waiting(ctx context.Context) (map[db.LaneRun]bool, error) {
	params := river.NewJobListParams().Kinds(laneArgs{}.Kind()).First(waitingMost).States(
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable, rivertype.JobStateScheduled)
	jobs, err := q.client.list(ctx, params)
	if err != nil {
		return nil, err
	}
	out := make(map[db.LaneRun]bool, len(jobs))
	for _, job := range jobs {
		if args, err := decodeLaneArgs(job.EncodedArgs); err == nil {
			out[args.run()] = true
		}
	}
	return out, nil
}
