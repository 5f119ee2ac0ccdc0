package schedules

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"minesweep/db"
)

// worker is a crew's hands: it works until it is told to stop, or is let go.
type worker struct {
	stop, discovered <-chan struct{}
	begun            chan struct{}
	finish           chan error
	shares           chan float64
	deaf             bool // to stop
}

func newWorker() *worker {
	return &worker{begun: make(chan struct{}), finish: make(chan error, 1), shares: make(chan float64, 100)}
}

func (w *worker) Work(ctx context.Context) error {
	close(w.begun)
	stop := w.stop
	if w.deaf {
		stop = nil
	}
	select {
	case <-stop:
		return nil
	case err := <-w.finish:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w *worker) SetShare(f float64) { w.shares <- f }

// quiet are paces in which nothing happens by itself.
func quiet() paces {
	return paces{stint: time.Hour, beat: time.Millisecond, silence: time.Hour, grace: time.Hour, drain: time.Hour}
}

func newStint(p paces, w *worker, show func(context.Context) pulse, draining <-chan struct{}) *stint {
	s := &stint{
		paces: p, hands: w, show: show, halt: make(chan struct{}), discovered: make(chan struct{}),
		draining: draining, now: time.Now, log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
	w.stop, w.discovered = s.halt, s.discovered
	return s
}

func running() pulse { return pulse{standing: db.Standing{Status: db.Running, Share: 0.5}} }

func steady(p pulse) func(context.Context) pulse { return func(context.Context) pulse { return p } }

func TestStintEnds(t *testing.T) {
	t.Parallel()
	with := func(change func(*pulse)) pulse {
		p := running()
		change(&p)
		return p
	}
	short := func(change func(*paces)) paces {
		p := quiet()
		change(&p)
		return p
	}
	for name, c := range map[string]struct {
		paces paces
		pulse pulse
		want  stop
	}{
		"after its time":   {short(func(p *paces) { p.stint = time.Millisecond }), running(), stop{state: db.Ready}},
		"paused":           {quiet(), with(func(p *pulse) { p.standing.Status = db.Paused }), stop{state: db.Resting, note: "paused"}},
		"cancelled":        {quiet(), with(func(p *pulse) { p.standing.Status = db.Cancelled }), stop{state: db.Resting, note: "cancelled"}},
		"more than a part": {quiet(), with(func(p *pulse) { p.surplus = true }), stop{state: db.Ready, note: "given to another node"}},
		"shut":             {quiet(), with(func(p *pulse) { p.shut = "too early" }), stop{state: db.Ready, note: "too early"}},
		"its hours over":   {quiet(), with(func(p *pulse) { p.until = time.Now() }), stop{state: db.Ready, note: "its hours are over"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorker()
			got, err := newStint(c.paces, w, steady(c.pulse), nil).run(t.Context(), running())
			if err != nil || got.state != c.want.state || got.note != c.want.note {
				t.Errorf("got %+v, %v, want %+v", got, err, c.want)
			}
		})
	}
}

func TestStintOfAWorkThatIsDone(t *testing.T) {
	t.Parallel()
	w := newWorker()
	w.finish <- nil
	got, err := newStint(quiet(), w, steady(running()), nil).run(t.Context(), running())
	if err != nil || got.state != db.LaneDone {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestStintOfAnEngineThatFails(t *testing.T) {
	t.Parallel()
	w := newWorker()
	w.finish <- errors.New("no route")
	if _, err := newStint(quiet(), w, steady(running()), nil).run(t.Context(), running()); err == nil || err.Error() != "no route" {
		t.Errorf("got %v", err)
	}
}

// breaks is a crew whose engine has a fault of its own.
type breaks struct{}

func (breaks) Work(context.Context) error { panic("index out of range") }
func (breaks) SetShare(float64)           {}

func TestStintOutlivesAnEngineThatBreaks(t *testing.T) {
	t.Parallel()
	s := newStint(quiet(), newWorker(), steady(running()), nil)
	s.hands = breaks{}
	if _, err := s.run(t.Context(), running()); err == nil || !strings.Contains(err.Error(), "index out of range") {
		t.Errorf("got %v", err)
	}
}

func TestStintSetsTheShareAndSaysWhatIsDiscovered(t *testing.T) {
	t.Parallel()
	w := newWorker()
	p := running()
	p.standing.Share, p.standing.Discovered = 0.25, true
	s := newStint(quiet(), w, steady(p), nil)
	go func() {
		<-w.discovered
		for f := range w.shares {
			if f == 0.25 {
				w.finish <- nil
				return
			}
		}
	}()
	if _, err := s.run(t.Context(), running()); err != nil {
		t.Error(err)
	}
}

func TestStintStopsSendingWhereTheDatabaseIsSilent(t *testing.T) {
	t.Parallel()
	w := newWorker()
	w.deaf = true // only the end of its context stops it
	p := quiet()
	p.silence = 20 * time.Millisecond
	_, err := newStint(p, w, steady(pulse{err: errors.New("no answer")}), nil).run(t.Context(), running())
	if !errors.Is(err, errSilent) {
		t.Errorf("got %v", err)
	}
}

func TestStintGoesOnAfterAShortSilence(t *testing.T) {
	t.Parallel()
	w := newWorker()
	beats := 0
	show := func(context.Context) pulse {
		if beats++; beats < 5 {
			return pulse{err: errors.New("no answer")}
		}
		if beats == 10 {
			w.finish <- nil
		}
		return running()
	}
	got, err := newStint(quiet(), w, show, nil).run(t.Context(), running())
	if err != nil || got.state != db.LaneDone {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestStintOfALaneThatWasTakenOver(t *testing.T) {
	t.Parallel()
	w := newWorker()
	w.deaf = true
	_, err := newStint(quiet(), w, steady(pulse{err: db.ErrTakenOver}), nil).run(t.Context(), running())
	if !errors.Is(err, db.ErrTakenOver) {
		t.Errorf("got %v", err)
	}
}

func TestStintDrains(t *testing.T) {
	t.Parallel()
	for name, deaf := range map[string]bool{"in good order": false, "by force": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorker()
			w.deaf = deaf
			draining := make(chan struct{})
			close(draining)
			p := quiet()
			p.drain = time.Millisecond
			got, err := newStint(p, w, steady(running()), draining).run(t.Context(), running())
			if err != nil || got != (stop{state: db.Ready, note: "its node stopped"}) {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}
