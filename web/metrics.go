package web

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

const (
	sharedFor  = 5 * time.Second // how long a reading of the store serves all who scrape
	sharedWait = 5 * time.Second // for the store
	scrapes    = 4               // at the same time
)

// serveMetrics joins what this process counts with one reading of what all
// nodes share. Where the store does not answer, minesweep_store_up is 0 and the
// shared part is left out: nothing is shown that was not seen.
func (s *Sight) serveMetrics(w http.ResponseWriter, r *http.Request) {
	reading := prometheus.NewRegistry()
	reading.MustRegister(s.reading(r.Context()))
	promhttp.HandlerFor(prometheus.Gatherers{s.registry, reading}, promhttp.HandlerOpts{
		ErrorLog: failedScrape{s}, ErrorHandling: promhttp.ContinueOnError,
		MaxRequestsInFlight: scrapes, Timeout: writeTimeout / 2,
	}).ServeHTTP(w, r)
}

// failedScrape takes what promhttp has to complain about.
type failedScrape struct{ *Sight }

func (f failedScrape) Println(v ...any) { f.cfg.Log.Warn("metrics: " + fmt.Sprint(v...)) }

// sharedReading is the last reading of the store, for all who scrape.
type sharedReading struct {
	mu   sync.Mutex
	at   time.Time
	last Snapshot
	err  error
	rate map[int64]speed // by sweep
}

// speed is how much of a sweep was sent at the reading before, and the rate
// that came of it.
type speed struct {
	sent  uint64
	at    time.Time
	rate  float64
	known bool
}

// shared reads the store unless that was done a moment ago.
func (s *Sight) shared(ctx context.Context) (Snapshot, map[int64]speed, error) {
	c := &s.sharedState
	c.mu.Lock()
	defer c.mu.Unlock()
	now := s.cfg.Now()
	if age := now.Sub(c.at); !c.at.IsZero() && age >= 0 && age < sharedFor {
		return c.last, c.rate, c.err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sharedWait)
	defer cancel()
	c.last, c.err = s.cfg.Source.Snapshot(ctx)
	s.timed(opSnapshot, s.cfg.Now().Sub(now), c.err)
	c.at = now
	if c.err != nil {
		s.cfg.Log.Warn("metrics: the store could not be read", "error", c.err)
		return c.last, c.rate, c.err
	}
	c.rate = speeds(c.rate, c.last, now)
	return c.last, c.rate, nil
}

// speeds measures each sweep between two readings of the store.
func speeds(before map[int64]speed, snap Snapshot, now time.Time) map[int64]speed {
	after := make(map[int64]speed, len(snap.Sweeps))
	for _, sweep := range snap.Sweeps {
		next := speed{at: now}
		for _, w := range sweep.Work {
			next.sent += w.Sent
		}
		if b, ok := before[sweep.ID]; ok && next.sent >= b.sent && now.After(b.at) {
			next.rate, next.known = float64(next.sent-b.sent)/now.Sub(b.at).Seconds(), true
		}
		after[sweep.ID] = next
	}
	return after
}

// reading is one scrape's worth of numbers, read before it is collected, so
// that the context of the request bounds the reading.
type reading []prometheus.Metric

// Describe sends nothing: what there is to see changes.
func (reading) Describe(chan<- *prometheus.Desc) {}

// Collect sends what was read.
func (r reading) Collect(to chan<- prometheus.Metric) {
	for _, m := range r {
		to <- m
	}
}

// reading reads everything that is not counted but looked up.
func (s *Sight) reading(ctx context.Context) reading {
	var out reading
	out.local(s)
	if s.cfg.Source == nil {
		return out
	}
	snap, rates, err := s.shared(ctx)
	if err != nil {
		out.gauge(descStoreUp, 0)
		return out
	}
	out.gauge(descStoreUp, 1)
	for i, sweep := range snap.Sweeps {
		if i < maxSweeps {
			out.sweep(sweep, rates[sweep.ID])
		}
	}
	out.nodes(snap.Nodes)
	for i, schedule := range snap.Schedules {
		if i < maxSchedules {
			out.schedule(schedule)
		}
	}
	return out
}
