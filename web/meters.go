package web

import (
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// meters are what this process counts itself.
type meters struct {
	checkpoint  prometheus.Histogram
	store       *prometheus.HistogramVec
	storeErrors *prometheus.CounterVec
	asked       prometheus.Counter
	answers     prometheus.Counter
	beats       prometheus.Counter
	beatsFailed prometheus.Counter
	deaf        prometheus.Counter
	inHand      prometheus.Gauge
	stints      *prometheus.CounterVec
}

// storeOps are the ways to the store that are timed; the label op has no others.
const (
	opPending  = "pending"
	opSettle   = "settle"
	opHistory  = "history"
	opSnapshot = "snapshot"
	opBeat     = "beat"
)

func newMeters() meters {
	// 1 ms to 16 s: a commit to SQLite takes less than the one, and after the
	// other the node stops sending.
	buckets := prometheus.ExponentialBuckets(0.001, 2, 15)
	return meters{
		checkpoint: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "minesweep_checkpoint_duration_seconds",
			Help: "How long storing a checkpoint took.", Buckets: buckets}),
		store: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "minesweep_store_duration_seconds",
			Help: "How long the database took, by what was asked of it.", Buckets: buckets}, []string{"op"}),
		storeErrors: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "minesweep_store_errors_total",
			Help: "What the database refused, by what was asked of it."}, []string{"op"}),
		asked:   counter("minesweep_questions_ports_total", "Open ports that this node asked."),
		answers: counter("minesweep_questions_total", "Questions that this node sent and got a reply or a silence to."),
		beats:   counter("minesweep_beats_total", "Signs of life that this node showed for its lanes."),
		beatsFailed: counter("minesweep_beats_failed_total",
			"Signs of life that did not reach the database; after 10 s of them the node stops sending."),
		deaf:   counter("minesweep_canary_deaf_total", "Runs of an engine that ended because it heard nothing."),
		inHand: prometheus.NewGauge(prometheus.GaugeOpts{Name: "minesweep_lanes_in_hand", Help: "Lanes that this node runs."}),
		stints: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "minesweep_stints_total",
			Help: "Lanes that this node took and gave back, by kind and whether that went well."}, []string{"kind", "result"}),
	}
}

func counter(name, help string) prometheus.Counter {
	return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
}

// register puts everything that this process counts into its registry. Series
// with labels begin at 0, so that the first event is a rise.
func (s *Sight) register() {
	m := s.meters
	for _, op := range []string{opPending, opSettle, opHistory, opSnapshot, opBeat} {
		m.store.WithLabelValues(op)
		m.storeErrors.WithLabelValues(op)
	}
	for _, kind := range []string{"discover", "ask"} {
		m.stints.WithLabelValues(kind, "ok")
		m.stints.WithLabelValues(kind, "failed")
	}
	build := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "minesweep_build_info", Help: "Always 1; the labels say what runs.",
		ConstLabels: prometheus.Labels{"version": s.cfg.Version, "go": runtime.Version()}}, func() float64 { return 1 })
	s.registry.MustRegister(m.checkpoint, m.store, m.storeErrors, m.asked, m.answers, m.beats, m.beatsFailed, m.deaf, m.inHand, m.stints, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
}

// Beat tells that a sign of life was shown, how long that took and how it went.
func (s *Sight) Beat(took time.Duration, err error) {
	s.meters.beats.Inc()
	if err != nil {
		s.meters.beatsFailed.Inc()
	}
	s.timed(opBeat, took, err)
}

func (s *Sight) timed(op string, took time.Duration, err error) {
	s.meters.store.WithLabelValues(op).Observe(took.Seconds())
	if err != nil {
		s.meters.storeErrors.WithLabelValues(op).Inc()
	}
}
