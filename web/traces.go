package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

const (
	sampleOne = 64 // of so many checkpoints, and questions to a port, one is a span
	flushWait = 2 * time.Second
	exportFor = 5 * time.Second
)

// The spans that are sampled.
const (
	spanAsk        = "ask"
	spanCheckpoint = "checkpoint"
)

// tracing sends spans away.
type tracing struct {
	provider          *sdktrace.TracerProvider
	tracer            trace.Tracer
	asks, checkpoints atomic.Uint64
}

// Trace sends spans of ticks, stints, and one in 64 checkpoints and questions to
// an OTLP collector at endpoint, such as "http://127.0.0.1:4318", until flush is
// called, which takes 2 s at most. Spans tell numbers of sweeps and lanes, ports
// and counts, and how it ended; nothing that a device said, and no address.
func (s *Sight) Trace(ctx context.Context, endpoint string) (flush func(), err error) {
	target, err := tracesURL(endpoint)
	if err != nil {
		return nil, err
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(target), otlptracehttp.WithTimeout(exportFor),
		otlptracehttp.WithRetry(otlptracehttp.RetryConfig{Enabled: false}))
	if err != nil {
		return nil, fmt.Errorf("--otlp-endpoint %s: %w", endpoint, err)
	}
	about := resource.NewSchemaless(attribute.String("service.name", "minesweep"),
		attribute.String("service.version", s.cfg.Version), attribute.String("service.instance.id", s.cfg.Node))
	provider := sdktrace.NewTracerProvider(sdktrace.WithResource(about), sdktrace.WithSampler(sdktrace.AlwaysSample()),
		sdktrace.WithBatcher(saidOnce{exporter, s.cfg.Log, new(atomic.Bool)}, sdktrace.WithExportTimeout(exportFor)))
	s.tracing.Store(&tracing{provider: provider, tracer: provider.Tracer("minesweep")})
	return func() {
		s.tracing.Store(nil)
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushWait)
		defer cancel()
		if err := provider.Shutdown(last); err != nil {
			s.cfg.Log.Warn("traces: the last spans were lost", "error", err)
		}
	}, nil
}

// tracesURL is where spans are posted: endpoint is a base, as in
// OTEL_EXPORTER_OTLP_ENDPOINT, or names the path itself.
func tracesURL(endpoint string) (string, error) {
	u, err := url.Parse(endpoint)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return "", fmt.Errorf("--otlp-endpoint %q is no address of a collector, write for example http://127.0.0.1:4318", endpoint)
	}
	if !strings.HasSuffix(u.Path, "/v1/traces") {
		u = u.JoinPath("v1", "traces")
	}
	return u.String(), nil
}

// saidOnce is an exporter whose failures go to our log and not to a global
// handler: the first of a row as a warning.
type saidOnce struct {
	sdktrace.SpanExporter
	log    *slog.Logger
	failed *atomic.Bool
}

// ExportSpans sends spans, and drops them where the collector does not take them.
func (e saidOnce) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	err := e.SpanExporter.ExportSpans(ctx, spans)
	if failed := err != nil; e.failed.Swap(failed) != failed && failed {
		e.log.Warn("traces: the collector does not take them", "error", err)
	}
	return nil
}

// span is a [trace.Span] that may not be there, and that takes only what may
// leave: numbers, and our own words.
type span struct{ trace.Span }

func (s *Sight) begin(ctx context.Context, name string, attrs ...attribute.KeyValue) (context.Context, span) {
	t := s.tracing.Load()
	if t == nil {
		return ctx, span{}
	}
	ctx, sp := t.tracer.Start(ctx, name, trace.WithAttributes(attrs...))
	return ctx, span{sp}
}

// sampled is begin for what happens often.
func (s *Sight) sampled(ctx context.Context, name string) (context.Context, span) {
	t := s.tracing.Load()
	if t == nil {
		return ctx, span{}
	}
	seen := &t.checkpoints
	if name == spanAsk {
		seen = &t.asks
	}
	if seen.Add(1)%sampleOne != 1 {
		return ctx, span{}
	}
	var attrs []attribute.KeyValue
	if w, ok := ctx.Value(workKey{}).(Work); ok {
		attrs = w.attributes()
	}
	return s.begin(ctx, name, attrs...)
}

func (s span) number(key string, value int64) {
	if s.Span != nil {
		s.SetAttributes(attribute.Int64("minesweep."+key, value))
	}
}

// end says whether it went well. The error itself may quote a device, so it
// stays here.
func (s span) end(err error) {
	if s.Span == nil {
		return
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		s.SetStatus(codes.Error, "failed")
	}
	s.End()
}

func (w Work) attributes() []attribute.KeyValue {
	return []attribute.KeyValue{
		attribute.Int64("minesweep.sweep", w.Sweep), attribute.String("minesweep.kind", kindOf(w.Kind)),
		attribute.Int("minesweep.lane", w.Lane), attribute.Int64("minesweep.run", w.Run),
	}
}

// kindOf bounds what a label or a span may say of a kind.
func kindOf(kind string) string {
	if kind == "discover" || kind == "ask" || kind == "verify" {
		return kind
	}
	return "other"
}

// Stint begins the work on a lane: what is logged and traced under ctx tells it.
// over ends it with how it went.
func (s *Sight) Stint(ctx context.Context, w Work) (_ context.Context, over func(error)) {
	ctx, sp := s.begin(withWork(ctx, w), "stint", w.attributes()...)
	s.meters.inHand.Inc()
	return ctx, func(err error) {
		s.meters.inHand.Dec()
		result := "ok"
		if unlessStopped(err) != nil {
			result = "failed"
		}
		s.meters.stints.WithLabelValues(kindOf(w.Kind), result).Inc()
		sp.end(err)
	}
}

// Tick begins one look at what is due; over ends it with how it went.
func (s *Sight) Tick(ctx context.Context) (_ context.Context, over func(error)) {
	ctx, sp := s.begin(ctx, "tick")
	return ctx, sp.end
}
