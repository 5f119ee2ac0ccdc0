package web

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Check is one thing that must hold before a node is ready.
type Check struct {
	Name string // one word, the line in /readyz begins with it
	// Check returns one sentence that says what is wrong, or nil. It has 2 s.
	Check func(ctx context.Context) error
}

// checkWait bounds one check, readyFor how long its result is good: those who
// ask often must not load the store.
const (
	checkWait = 2 * time.Second
	readyFor  = time.Second
)

// loops are the endless loops of the process and when each last turned.
type loops struct {
	now func() time.Time
	mu  sync.Mutex
	all map[string]*loop
}

type loop struct {
	within time.Duration
	turned time.Time
	turns  uint64
}

// Loop makes /healthz watch a loop of this process: it must call turn at least
// every within, beginning now, or the process counts as dead. over takes it off
// the list when the loop ends.
func (s *Sight) Loop(name string, within time.Duration) (turn, over func()) {
	l := &loop{within: within, turned: s.cfg.Now()}
	s.loops.mu.Lock()
	defer s.loops.mu.Unlock()
	if s.loops.all == nil {
		s.loops.all = make(map[string]*loop)
	}
	s.loops.all[name] = l
	turn = func() {
		now := s.cfg.Now()
		s.loops.mu.Lock()
		defer s.loops.mu.Unlock()
		l.turned = now
		l.turns++
	}
	over = func() {
		s.loops.mu.Lock()
		defer s.loops.mu.Unlock()
		if s.loops.all[name] == l {
			delete(s.loops.all, name)
		}
	}
	return turn, over
}

// Healthy returns an error that names the loops that stand still, one a line.
func (s *Sight) Healthy() error {
	now := s.cfg.Now()
	s.loops.mu.Lock()
	defer s.loops.mu.Unlock()
	var still []error
	for _, name := range slices.Sorted(maps.Keys(s.loops.all)) {
		l := s.loops.all[name]
		if quiet := now.Sub(l.turned); quiet > l.within {
			still = append(still, fmt.Errorf("loop %s has not turned for %s, it should every %s", name, quiet.Round(time.Millisecond), l.within))
		}
	}
	return errors.Join(still...)
}

func (s *Sight) serveHealth(w http.ResponseWriter, _ *http.Request) { answer(w, s.Healthy()) }

func (s *Sight) serveReady(w http.ResponseWriter, r *http.Request) {
	answer(w, s.ready.look(r.Context()))
}

// answer says ok, or 503 and what is wrong.
func answer(w http.ResponseWriter, err error) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	if err == nil {
		fmt.Fprintln(w, "ok")
		return
	}
	w.WriteHeader(http.StatusServiceUnavailable)
	fmt.Fprintln(w, err)
}

// readiness runs the checks and keeps what they said for a moment.
type readiness struct {
	checks []Check
	now    func() time.Time

	mu   sync.Mutex
	at   time.Time
	last error
}

func (r *readiness) look(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	if age := now.Sub(r.at); !r.at.IsZero() && age >= 0 && age < readyFor {
		return r.last
	}
	// Whoever asked may go away; what is found is for the next ones too.
	r.last, r.at = r.run(context.WithoutCancel(ctx)), now
	return r.last
}

func (r *readiness) run(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, checkWait)
	defer cancel()
	found := make([]chan error, len(r.checks))
	for i, c := range r.checks {
		found[i] = make(chan error, 1)
		go func() { found[i] <- c.Check(ctx) }()
	}
	var failed []error
	for i, c := range r.checks {
		if err := await(ctx, found[i]); err != nil {
			failed = append(failed, fmt.Errorf("%s: %s", c.Name, strings.Join(strings.Fields(Escape(err.Error())), " ")))
		}
	}
	return errors.Join(failed...)
}

// await takes a check that does not heed its context for failed.
func await(ctx context.Context, found <-chan error) error {
	select {
	case err := <-found:
		return err
	case <-ctx.Done():
		select {
		case err := <-found:
			return err
		default:
			return fmt.Errorf("no answer within %s", checkWait)
		}
	}
}
