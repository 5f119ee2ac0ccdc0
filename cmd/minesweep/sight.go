package main

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"os"
	"sync"

	"github.com/mattn/go-isatty"
	"github.com/spf13/pflag"

	"minesweep/db"
	"minesweep/scanner"
	"minesweep/web"
)

// sightFlags are the flags of what a long-running command shows of itself.
type sightFlags struct {
	listen    string
	logLevel  string
	logFormat string
	otlp      string
}

func (f *sightFlags) register(fl *pflag.FlagSet) {
	fl.StringVar(&f.listen, "listen", web.DefaultListen, "serve /metrics, /healthz and /readyz at `ADDR:PORT`, without a password; '' serves nothing")
	fl.StringVar(&f.logLevel, "log-level", "info", "debug, info, warn or error")
	fl.StringVar(&f.logFormat, "log-format", "", "json or text (default text on a terminal, json elsewhere)")
	fl.StringVar(&f.otlp, "otlp-endpoint", "", "send traces to the OTLP collector at `URL` (or OTEL_EXPORTER_OTLP_ENDPOINT; default none)")
}

// sight is what a running command shows of itself.
type sight struct {
	*web.Sight
	stats *stats
	// ready tells systemd that the work has begun; it may be called again.
	ready func()

	end   context.CancelFunc
	flush func()
	side  sync.WaitGroup
}

// start makes the log that all notices of p go to from now on, and serves what
// the flags ask for until stop is called. node is this process's name.
func (f *sightFlags) start(ctx context.Context, p *program, store *db.Store, node string) (*sight, error) {
	log, err := f.log(p, node)
	if err != nil {
		return nil, usage(err)
	}
	st := &stats{store: store, node: node, now: p.now}
	s := &sight{stats: st, flush: func() {}, Sight: web.New(web.Config{
		Node: node, Version: version, Source: st, Local: st.local, Checks: st.checks(), Log: log, Now: p.now,
		IsDeaf: func(err error) bool { return errors.Is(err, scanner.ErrDeaf) },
	})}
	ctx, s.end = context.WithCancel(ctx)
	s.ready = sync.OnceFunc(func() {
		s.beside("systemd", func() error { return s.Systemd(ctx, p.getenv) })
	})
	if err := f.open(ctx, p, s); err != nil {
		s.stop()
		return nil, usage(err)
	}
	p.log = log
	return s, nil
}

// open begins to trace and to listen, as far as that is asked for.
func (f *sightFlags) open(ctx context.Context, p *program, s *sight) error {
	collector := cmp.Or(f.otlp, p.getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"), p.getenv("OTEL_EXPORTER_OTLP_ENDPOINT"))
	if collector != "" {
		flush, err := s.Trace(ctx, collector)
		if err != nil {
			return err
		}
		s.flush = flush
	}
	if f.listen == "" {
		return nil
	}
	l, err := web.Listen(ctx, f.listen)
	if err != nil {
		return err
	}
	s.Log().Info("metrics and health are served", "listen", l.Addr().String())
	s.beside("metrics", func() error { return s.Serve(ctx, l) })
	return nil
}

func (f *sightFlags) log(p *program, node string) (*slog.Logger, error) {
	file, ok := p.stderr.(*os.File)
	return web.NewLog(web.LogConfig{Level: f.logLevel, Format: f.logFormat, Node: node, To: p.stderr,
		Terminal: ok && isatty.IsTerminal(file.Fd())})
}

// beside runs a job that ends with start's context. Its failure is said and
// stops nothing: to be seen is not the work.
func (s *sight) beside(name string, job func() error) {
	s.side.Go(func() {
		if err := job(); err != nil {
			s.Log().Error("a side job ended", "job", name, "error", err)
		}
	})
}

// watch tells which guard holds the scope of this process.
func (s *sight) watch(guard *scanner.Guard) {
	s.stats.guard.Store(guard)
	s.stats.lanes.add(guard)
}

// watchLane counts what the guard of one lane does; over is called when the lane
// is left.
func (s *sight) watchLane(guard *scanner.Guard) (over func()) { return s.stats.lanes.add(guard) }

// stop ends what start began, and sends the last traces; it takes some seconds
// at most.
func (s *sight) stop() {
	s.end()
	s.side.Wait()
	s.flush()
}
