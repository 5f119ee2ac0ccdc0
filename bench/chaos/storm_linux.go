package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"syscall"
	"time"

	"minesweep/lab/wire"
)

// storm is a sweep while things go wrong.
type storm struct {
	*ground
	out   io.Writer
	store *store
	sweep int64
	began time.Time // when the first packet was seen

	wait sync.WaitGroup
	mu   sync.Mutex
	done []happened
	errs []error
}

// most is how long a sweep may go on when nothing goes wrong any more.
const most = 4 * time.Minute

// rage starts the workers and the sweep, does the mischief and returns when the
// sweep is done, or when it took too long, which is no error.
func (s *storm) rage(ctx context.Context, forecast []mischief) error {
	ctx, cancel := context.WithTimeout(ctx, s.o.length+most)
	defer cancel()
	if err := s.muster(ctx, s.store, s.workers); err != nil {
		return err
	}
	if err := s.begin(ctx); err != nil {
		return err
	}
	ended, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	go func() { stop(s.watch(ended)) }()
	for _, m := range forecast {
		if !sleep(ended, time.Until(s.began.Add(m.at))) {
			break
		}
		fmt.Fprintf(s.out, "%6.1f s  %s\n", time.Since(s.began).Seconds(), m)
		s.wait.Go(func() { s.commit(ctx, m) })
	}
	<-ended.Done()
	s.wait.Wait() // what went wrong is put right, whatever became of the sweep
	if err := context.Cause(ended); err != nil && !errors.Is(err, errDone) && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return errors.Join(s.errs...)
}

// sleep returns false where ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// muster starts workers and waits until the database knows that they live.
func (g *ground) muster(ctx context.Context, from *store, workers []*worker) error {
	for _, w := range workers {
		if err := w.start(ctx); err != nil {
			return err
		}
	}
	late := time.Now().Add(time.Minute)
	for {
		alive, err := from.number(ctx, "SELECT count(*) FROM nodes WHERE stopped_at = 0")
		if err == nil && int(alive) >= len(workers) {
			return nil
		}
		if time.Now().After(late) || !sleep(ctx, 100*time.Millisecond) {
			return errors.Join(err, fmt.Errorf("after a minute %d of %d workers live; the first said: %s", alive, len(workers), workers[0].lastLine()))
		}
	}
}

// begin starts the sweep and waits for its first packet.
func (s *storm) begin(ctx context.Context) (err error) {
	s.sweep, err = s.launch(ctx, s.store, "--ports", portText(s.ports), stormTargets.String(),
		"--rate", fmt.Sprint(s.o.rate), "--rate-per-24", fmt.Sprint(s.o.per24))
	s.began = time.Now()
	return err
}

// launch starts a sweep, waits for its first packet, and returns its number.
func (g *ground) launch(ctx context.Context, from *store, args ...string) (int64, error) {
	args = append([]string{"sweeps", "start", "--engine", "syn"}, args...)
	if g.o.lanes > 0 {
		args = append(args, "--lanes", fmt.Sprint(g.o.lanes))
	}
	if _, err := g.minesweep(ctx, args...); err != nil {
		return 0, err
	}
	late := time.Now().Add(time.Minute)
	for g.cluster.Tally().SYNs == 0 {
		if time.Now().After(late) || !sleep(ctx, 20*time.Millisecond) {
			return 0, errors.New("a minute after the sweep was started no packet has been seen")
		}
	}
	return from.newest(ctx)
}

// errDone says that the sweep does not run any more.
var errDone = errors.New("the sweep is done")

// watch returns when the sweep does not run any more. The database is not always
// there to say so.
func (s *storm) watch(ctx context.Context) error {
	for sleep(ctx, time.Second) {
		if state, err := s.store.state(ctx, s.sweep); err == nil && state.ended() {
			return errDone
		}
	}
	return ctx.Err()
}

// commit does one mischief and puts it right again.
func (s *storm) commit(ctx context.Context, m mischief) {
	h := happened{mischief: m, from: time.Now()}
	var err error
	switch m.kind {
	case kill:
		s.workers[m.node].end(syscall.SIGKILL)
		sleep(ctx, m.lasts)
		err = s.workers[m.node].start(ctx)
	case term:
		h.took, h.status = s.workers[m.node].end(syscall.SIGTERM)
		sleep(ctx, m.lasts)
		err = s.workers[m.node].start(ctx)
	case cut:
		h.took, err = s.cutOff(ctx, m)
	case crash, restart:
		err = s.fell(ctx, m)
	}
	h.to = time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.done = append(s.done, h)
	if err != nil && ctx.Err() == nil {
		s.errs = append(s.errs, fmt.Errorf("%s: %w", m, err))
	}
}

// cutOff takes a node's link to the database away, and returns for how long the
// node went on sending to targets.
func (s *storm) cutOff(ctx context.Context, m mischief) (sending time.Duration, err error) {
	node, end := s.workers[m.node].node, wire.BaseEnd
	if m.known {
		end = wire.NodeEnd
	}
	if err := node.Join(end, false); err != nil {
		return 0, err
	}
	began := time.Now()
	var last uint64
	for time.Since(began) < m.lasts && sleep(ctx, 100*time.Millisecond) {
		sent, err := node.Sent()
		if err != nil {
			break
		}
		if sent > last {
			last, sending = sent, time.Since(began)
		}
	}
	return sending, node.Join(end, true)
}

// fell ends the database and starts it again.
func (s *storm) fell(ctx context.Context, m mischief) error {
	var err error
	switch {
	case m.kind == restart:
		err = s.server.Stop()
	case m.known: // its first process alone; the others notice
		err = errors.Join(syscall.Kill(s.server.PID(), syscall.SIGKILL), s.server.Crash())
	default:
		err = s.server.Crash()
	}
	if err != nil {
		return err
	}
	sleep(ctx, m.lasts)
	ctx = context.WithoutCancel(ctx)
	for range 20 { // what is left of a killed one may still be about
		if err = s.server.Resume(ctx); err == nil {
			return nil
		}
		time.Sleep(500 * time.Millisecond)
	}
	return err
}

func (s *storm) forecast() []mischief {
	if s.o.calm {
		return nil
	}
	return forecast(rand.New(rand.NewPCG(s.o.seed, 2)), len(s.workers), s.o.length) //nolint:gosec // no secret
}
