package web

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Config is what a [Sight] needs.
type Config struct {
	Node    string // the name of this node, in logs and traces
	Version string // of the program
	// Source reads what the nodes share; nil: only this process is told of. It is
	// asked at most every 5 s, however many scrape.
	Source Source
	// Local reads what this process knows of itself; nil: nothing.
	Local func() Local
	// Checks are what must hold for /readyz to say ok.
	Checks []Check
	// Log takes what goes wrong here; see [NewLog]. Required.
	Log *slog.Logger
	// Now tells the time. Required.
	Now func() time.Time
	// IsDeaf knows the errors of an engine that heard nothing; nil: none is.
	IsDeaf func(error) bool
}

// Sight is what one process shows of itself. It is safe for concurrent use.
type Sight struct {
	cfg         Config
	registry    *prometheus.Registry
	meters      meters
	sharedState sharedReading
	loops       loops
	ready       readiness
	tracing     atomic.Pointer[tracing]
}

// New returns a Sight that serves nothing yet; see [Sight.Serve] and
// [Sight.Trace].
func New(cfg Config) *Sight {
	s := &Sight{cfg: cfg, registry: prometheus.NewRegistry(), meters: newMeters()}
	s.register()
	s.ready = readiness{checks: cfg.Checks, now: cfg.Now}
	s.loops.now = cfg.Now
	return s
}

// Log returns the logger that the rest of the process writes to.
func (s *Sight) Log() *slog.Logger { return s.cfg.Log }

// Work says what a process is working on: in logs, in metrics and in traces.
type Work struct {
	Sweep int64
	Kind  string // discover or ask
	Lane  int
	Run   int64
}

type workKey struct{}

// withWork remembers work for the logs that are written under ctx.
func withWork(ctx context.Context, w Work) context.Context {
	return context.WithValue(ctx, workKey{}, w)
}
