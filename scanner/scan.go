package scanner

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"minesweep"
)

const (
	readyWait     = 15 * time.Second // for the child to come up
	progressEvery = 250 * time.Millisecond
	lineLength    = 32 // targets of one scan that may wait for the budgets
	windowFactor  = 64 // steps ahead of the cursor, for each one in flight

	// Steps ahead of one that waits for its host, which may be asked for longer
	// than a stopped scan waits: they are sent again then. That is a 64th of a
	// large scan, which no host holds up for long, and few of a small one.
	hostWindowShare = 64
	hostWindowLeast = 256
)

// hostWindow is how far a scan of so many steps goes ahead of one that waits
// for its host.
func hostWindow(steps uint64, inFlight int) int {
	return int(max(min(steps/hostWindowShare, uint64(windowFactor*inFlight)), hostWindowLeast))
}

// scan is one run of [Naabu.Scan].
type scan struct {
	cfg     NaabuConfig
	sink    minesweep.Sink
	course  *course
	plan    minesweep.Plan
	halt    stopping
	settled *lowWater
	entered *lowWater        // of the steps that wait for their host no more
	known   minesweep.Beyond // what was settled beyond the cursor before it began
	// SYN: what was settled when a canary was last heard. A receiver that went deaf
	// looks like an empty network.
	proven atomic.Pointer[standing]
	syn    bool // the engine is SYN; written before the first target

	child *child
	scope scopeSender
	ready chan Report
	over  atomic.Bool // the work is done, the child may go
	slots chan struct{}
	line  *stepLine

	mu      sync.Mutex
	flights map[netip.AddrPort]chan Report

	tally  tally
	mishap sync.Once // the first target not sent is told to the operator
}

// Scan tries every target of the plan from its cursor on. It returns nil when
// all are settled, or those that were probed when the plan was stopped, ctx.Err()
// as soon as ctx ends, and otherwise one sentence that says why the engine could
// not go on. It reports the last progress in every case.
func (n *Naabu) Scan(ctx context.Context, plan minesweep.Plan, sink minesweep.Sink) error {
	course, err := newCourse(plan)
	if err != nil {
		return err
	}
	if plan.Cursor >= course.total {
		return sink.Progress(minesweep.Progress{Cursor: course.total, Total: course.total})
	}
	known := course.begin(plan).beyond
	s := &scan{
		cfg: n.cfg, sink: sink, course: course, plan: plan, known: known,
		settled: newLowWaterFrom(plan.Cursor, windowFactor*n.cfg.InFlight, known),
		entered: newLowWater(plan.Cursor, hostWindow(course.total-plan.Cursor, n.cfg.InFlight)),
		scope:   scopeSender{guard: n.cfg.Guard, targets: plan.Targets},
		ready:   make(chan Report, 1),
		slots:   make(chan struct{}, n.cfg.InFlight),
		line:    newStepLine(lineLength),
		flights: make(map[netip.AddrPort]chan Report),
	}
	s.proven.Store(s.standing())
	err = s.run(ctx, n)
	if last := sink.Progress(s.progress()); err == nil {
		err = last
	}
	return err
}

func (s *scan) run(ctx context.Context, n *Naabu) error {
	var err error
	args := []string{"-engine=" + s.cfg.Engine, "-timeout=" + s.cfg.Timeout.String()}
	if s.child, err = startChild(ctx, n.path, args, n.childEnv); err != nil {
		return err
	}
	defer s.child.close()
	s.scope.child = s.child

	group, gctx := errgroup.WithContext(ctx)
	defer context.AfterFunc(gctx, s.child.kill)()
	work, done := context.WithCancel(gctx)
	defer done()
	group.Go(s.listen)
	group.Go(func() error { return s.work(gctx, work, done, group) })
	err = group.Wait()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// work brings the engine up, walks the plan, and ends the side jobs when all
// is settled.
func (s *scan) work(ctx, side context.Context, done context.CancelFunc, group *errgroup.Group) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	group.Go(func() error {
		return every(side, rereadEvery/2, func() error { return s.send(side, s.scope.refresh) })
	})
	group.Go(func() error { return every(side, progressEvery, s.report) })
	if s.syn {
		group.Go(func() error { return every(side, canaryEvery, func() error { return s.canary(side) }) })
	}
	flights, fctx := errgroup.WithContext(ctx)
	wctx, takeNoMore := context.WithCancel(fctx)
	defer takeNoMore()
	group.Go(func() error { s.halt.heed(side, s.plan.Stop, takeNoMore); return nil })
	err := s.walk(wctx, fctx, flights)
	if failed := flights.Wait(); failed != nil {
		err = failed
	}
	done()
	if err == nil && s.syn {
		err = s.canary(ctx)
	}
	if err == nil {
		s.over.Store(true)
		s.child.kill()
	}
	return err
}

// begin waits for the engine and proves that it hears.
func (s *scan) begin(ctx context.Context) error {
	if err := s.send(ctx, s.scope.first); err != nil {
		return err
	}
	timer := time.NewTimer(readyWait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return fmt.Errorf("minesweep-naabu did not get ready within %s", readyWait)
	case r := <-s.ready:
		s.syn = r.Engine == "syn"
		s.cfg.Notice(engineSentence(r))
		for _, note := range r.Notes {
			s.cfg.Notice(note)
		}
	}
	return s.canary(ctx)
}

func engineSentence(r Report) string {
	sentence := "the engine is " + r.Engine
	if r.Why != "" {
		sentence += ": " + r.Why
	}
	return sentence
}

// walk starts a flight for each step of the plan that is left, and returns nil
// where the plan is stopped. ctx is of the walk, fctx of the flights.
func (s *scan) walk(ctx, fctx context.Context, flights *errgroup.Group) error {
	err := s.walkOn(ctx, fctx, flights)
	if err != nil && fctx.Err() == nil && s.plan.Stopped() {
		return nil
	}
	return err
}

func (s *scan) walkOn(ctx, fctx context.Context, flights *errgroup.Group) error {
	for r := s.course.from(s.plan.Cursor); !r.done(); {
		if r.startsPass() {
			if err := sleep(ctx, s.plan.PassGap); err != nil {
				return err
			}
		}
		step := r.step
		if err := s.entered.wait(ctx, step); err != nil {
			return err
		}
		if s.known.Settled(step) {
			r.next()
			s.entered.settle(step)
			continue
		}
		if err := s.settled.wait(ctx, step); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case s.slots <- struct{}{}:
		}
		f := flight{scan: s, step: step, target: r.nextTarget()}
		f.freeSlot = sync.OnceFunc(func() { <-s.slots })
		f.entered = sync.OnceFunc(func() { s.entered.settle(step) })
		flights.Go(func() error { return f.fly(fctx) })
	}
	return nil
}

// every does job again and again until ctx ends.
func every(ctx context.Context, pause time.Duration, job func() error) error {
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := job(); err != nil && ctx.Err() == nil {
				return err
			}
		}
	}
}

// send does a job that writes to the child. Where the child is gone, the
// listener knows why: its error ends ctx and comes first.
func (s *scan) send(ctx context.Context, job func() error) error {
	err := job()
	if errors.Is(err, errChildGone) {
		<-ctx.Done()
		return ctx.Err()
	}
	return err
}

// listen hands the child's reports to the flights until the child ends.
func (s *scan) listen() error {
	for {
		r, err := s.child.next()
		switch {
		case err != nil && s.over.Load():
			return nil
		case err != nil:
			return err
		case r.Error != "":
			return fmt.Errorf("minesweep-naabu: %s", clipSentence(r.Error))
		case r.Ready:
			err = s.getReady(r)
		default:
			err = s.deliver(r)
		}
		if err != nil {
			return err
		}
	}
}

func (s *scan) getReady(r Report) error {
	select {
	case s.ready <- r:
		return nil
	default:
		return errors.New("minesweep-naabu said twice that it is ready")
	}
}

// deliver hands a state to the flight it belongs to. A SYN's answer may come
// after its flight has landed; in a connect scan nobody answers unasked.
func (s *scan) deliver(r Report) error {
	s.mu.Lock()
	flight := s.flights[r.Target]
	s.mu.Unlock()
	if flight == nil {
		if r.Engine == "syn" {
			return nil
		}
		return fmt.Errorf("minesweep-naabu answered for %s, which was not asked", r.Target)
	}
	select {
	case flight <- r:
	default: // more than sent and one answer
	}
	return nil
}

// await makes room for the reports on target; forget takes it away.
func (s *scan) await(target netip.AddrPort) <-chan Report {
	reports := make(chan Report, 2)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flights[target] = reports
	return reports
}

func (s *scan) forget(target netip.AddrPort) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.flights, target)
}
