package schedules

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/riverqueue/river"

	"minesweep/db"
)

// run does one job: it takes the lane, holds it for a stint and leaves it. It
// fails only where the database does, and then the job comes again, or with errFull.
func (n *node) run(ctx context.Context, run db.LaneRun) error {
	if n.unfit() != "" || n.shy(run.Sweep) {
		return river.JobSnooze(n.idle)
	}
	sweep, err := n.store.Sweep(ctx, run.Sweep)
	if errors.Is(err, db.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	h := half{run.Sweep, run.Kind}
	ok, err := n.shares.claim(ctx, h, run.Lane, sweep.Engine)
	if err != nil {
		return err
	}
	if !ok {
		return errFull
	}
	hold := &hold{node: n, run: run, sweep: sweep}
	defer func() { n.shares.release(h, run.Lane, hold.given) }()
	if hold.journal, err = n.store.TakeLane(ctx, run, n.name); err != nil {
		if errors.Is(err, db.ErrNotYours) {
			return nil
		}
		return err
	}
	hold.work(ctx)
	return nil
}

// hold is a lane that this node has taken.
type hold struct {
	*node
	run     db.LaneRun
	sweep   db.Sweep
	journal *db.Journal
	given   bool      // surplus asked for it
	from    uint64    // its cursor when it was taken
	since   time.Time // when that was
}

// work holds the lane for a stint and leaves it, whatever happens.
func (h *hold) work(ctx context.Context) {
	ctx, over := h.sight.Stint(ctx, h.run)
	h.from, h.since = h.journal.Lane().Cursor, h.now()
	h.log.InfoContext(ctx, "lane taken", "cursor", h.from)
	how, err := h.stint(ctx)
	over(err)
	switch {
	case errors.Is(err, db.ErrTakenOver):
		h.log.WarnContext(ctx, "lane lost: it was taken over", "error", err)
		return
	case errors.Is(err, errSilent), db.Away(err):
		h.log.ErrorContext(ctx, "sending stopped", "error", err)
		how = stop{state: db.Ready, note: err.Error()}
	case err != nil:
		h.fail(ctx, err)
		return
	}
	h.leave(ctx, how)
}

// leaveWithin bounds the last word about a lane, and hurriedly does where the node
// is ending.
const (
	leaveWithin = 10 * time.Second
	hurriedly   = 3 * time.Second
)

func (h *hold) leave(ctx context.Context, how stop) {
	enqueue := h.queue.Enqueue
	if how.again.After(h.now()) {
		enqueue = h.queue.At(how.again)
	}
	h.left(h.run.Sweep)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveWithin)
	defer cancel()
	go h.hurry(ctx, cancel)
	if err := h.journal.Leave(ctx, how.state, how.note, enqueue); err != nil {
		h.log.ErrorContext(ctx, "lane not given back; others take it when it was silent", "error", err)
		return
	}
	h.log.InfoContext(ctx, "lane left", "state", how.state, "note", how.note, "cursor", h.journal.Plan().Cursor)
}

// hurry ends a leave that is not done soon after its node began to end.
func (h *hold) hurry(ctx context.Context, cancel context.CancelFunc) {
	select {
	case <-ctx.Done():
		return
	case <-h.draining:
	}
	select {
	case <-ctx.Done():
	case <-time.After(hurriedly):
		cancel()
	}
}

// stint musters the crew and lets it work.
func (h *hold) stint(ctx context.Context) (stop, error) {
	var first pulse
	_ = h.journal.Patiently(ctx, func() error {
		first = h.show(ctx)
		return first.err
	})
	if first.err != nil {
		return stop{}, fmt.Errorf("%w: %w", errSilent, first.err)
	}
	if first.standing.Status != db.Running {
		return stop{state: db.Resting, note: string(first.standing.Status)}, nil
	}
	if first.shut != "" {
		return stop{state: db.Ready, note: first.shut, again: h.now().Add(h.shut)}, nil
	}
	s := &stint{
		paces: h.paces, lastCall: lastCall(h.run.Kind), show: h.show, halt: make(chan struct{}),
		discovered: make(chan struct{}), draining: h.draining, now: h.now, log: h.log,
	}
	var err error
	s.hands, err = h.crew.Muster(ctx, Order{
		Run: h.run, Sweep: h.sweep, Journal: h.journal, Warm: h.warm(h.run.Sweep),
		Standing: first.standing, Stop: s.halt, Discovered: s.discovered,
	})
	if err != nil {
		return stop{}, err
	}
	return s.run(ctx, first)
}

// show is a sign of life; what it brings back is all that may end a stint.
func (h *hold) show(ctx context.Context) (p pulse) {
	begun := h.now()
	p.standing, p.err = h.journal.Beat(ctx)
	if h.sight.Beat(h.now().Sub(begun), p.err); p.err != nil {
		return p
	}
	var err error
	if p.until, p.shut, err = hoursLeft(ctx, h.store, h.store, h.sweep, h.now()); err != nil {
		return pulse{err: err}
	}
	if h.given {
		return p
	}
	if p.surplus, err = h.shares.surplus(ctx, half{h.run.Sweep, h.run.Kind}, h.sweep.Engine); err != nil {
		return pulse{err: err}
	}
	if !p.surplus {
		return p
	}
	ends, err := h.ending(ctx, p.standing)
	if err != nil || ends {
		h.shares.keep(half{h.run.Sweep, h.run.Kind})
		p.surplus, p.err = false, err
	}
	h.given = p.surplus
	return p
}

// lastCall is how long before its hours end a lane is left. Questions in hand take
// some seconds; a probe that was sent is settled whatever the hours.
func lastCall(kind db.LaneKind) time.Duration {
	if kind == db.Ask {
		return 15 * time.Second
	}
	return 1500 * time.Millisecond
}

// failedNote begins the note of a stint whose engine failed, and earlyNote where
// it had got somewhere before.
const (
	failedNote = "failed: "
	earlyNote  = "ended early: "
)

// Failure returns why the engine of a stint failed, by the stint's note; false
// where it did not fail.
func Failure(note string) (why string, failed bool) {
	if why, failed = strings.CutPrefix(note, failedNote); failed {
		return why, true
	}
	return strings.CutPrefix(note, earlyNote)
}

// failsMost is how often in a row a lane may fail before its sweep does.
const failsMost = 5

// fail gives a lane back whose engine failed, later each time, and ends the sweep
// where that was too often. Other nodes are given precedence.
func (h *hold) fail(ctx context.Context, err error) {
	ctx = context.WithoutCancel(ctx)
	if h.gotOn() {
		h.log.ErrorContext(ctx, "the engine ended early", "error", err)
		h.leave(ctx, stop{state: db.Ready, note: earlyNote + err.Error(), again: h.now().Add(h.retry)})
		return
	}
	fails := 1 + h.failsBefore(ctx)
	wait := h.retry << min(fails-1, failsMost)
	h.avoid(h.run.Sweep, h.now().Add(wait))
	h.log.ErrorContext(ctx, "the engine failed", "error", err, "times", fails, "again_in", wait.String())
	h.leave(ctx, stop{state: db.Ready, note: failedNote + err.Error(), again: h.now().Add(wait)})
	if fails < failsMost {
		return
	}
	note := fmt.Sprintf("lane %s %d failed %d times in a row, the last time on node %s: %v", h.run.Kind, h.run.Lane, fails, h.name, err)
	if err := h.store.FailSweep(ctx, h.run.Sweep, note); err != nil {
		h.log.ErrorContext(ctx, "the sweep could not be ended", "error", err)
	}
}

// workedFor is from when on an ask lane, which has no cursor, got somewhere.
const workedFor = 10 * time.Second

// gotOn reports whether the stint got somewhere before its engine failed. What
// gets on does not fail in a row, such as where the database starts anew each
// minute: the sweep comes to its end.
func (h *hold) gotOn() bool {
	if h.run.Kind == db.Ask {
		return h.now().Sub(h.since) >= workedFor
	}
	return h.journal.Lane().Cursor > h.from
}
