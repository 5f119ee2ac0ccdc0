package web_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"

	"minesweep/web"
)

// collectorServer decodes what it is sent.
type collectorServer struct {
	*httptest.Server
	mu     sync.Mutex
	bodies [][]byte
	spans  map[string]int // by name
	attrs  map[string]bool
	paths  map[string]bool
}

func newCollector(t *testing.T, status int) *collectorServer {
	t.Helper()
	c := &collectorServer{spans: map[string]int{}, attrs: map[string]bool{}, paths: map[string]bool{}}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil && r.Header.Get("Content-Encoding") == "gzip" {
			var z *gzip.Reader
			if z, err = gzip.NewReader(bytes.NewReader(body)); err == nil {
				body, err = io.ReadAll(z)
			}
		}
		if err != nil {
			t.Error(err)
		}
		c.take(t, r.URL.Path, body)
		w.WriteHeader(status)
	}))
	t.Cleanup(c.Close)
	return c
}

func (c *collectorServer) take(t *testing.T, path string, body []byte) {
	var request collector.ExportTraceServiceRequest
	if err := proto.Unmarshal(body, &request); err != nil {
		t.Errorf("what was sent is no OTLP: %v", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.paths[path] = true
	c.bodies = append(c.bodies, body)
	for _, r := range request.ResourceSpans {
		for _, a := range r.Resource.Attributes {
			c.attrs[a.Key] = true
		}
		for _, scope := range r.ScopeSpans {
			for _, s := range scope.Spans {
				c.spans[s.Name]++
				for _, a := range s.Attributes {
					c.attrs[a.Key] = true
				}
			}
		}
	}
}

func TestSpansTellNumbersOnly(t *testing.T) {
	c := newCollector(t, http.StatusOK)
	s, clock := newSight(t, web.Config{Node: "one"})
	flush, err := s.Trace(t.Context(), c.URL)
	if err != nil {
		t.Fatal(err)
	}
	ctx, tick := s.Tick(t.Context())
	tick(nil)
	ctx, stint := s.Stint(ctx, web.Work{Sweep: 7, Kind: "worker-bob", Lane: 3, Run: 2})
	sweeper := around(s, stages{clock: clock, err: errors.New("device 02:00:5e:00:53:01 said WALLET-0xdeadbeef")})
	for range 320 { // a checkpoint and a question each
		walk(ctx, sweeper)
	}
	stint(errors.New("WALLET-0xdeadbeef"))
	flush()

	if c.spans["tick"] != 1 || c.spans["stint"] != 1 {
		t.Errorf("spans %v, want one tick and one stint", c.spans)
	}
	if a, k := c.spans["ask"], c.spans["checkpoint"]; a != 320/64 || k != 320/64 {
		t.Errorf("%d of 320 questions and %d of 320 checkpoints are spans, want one in 64", a, k)
	}
	allowed := map[string]bool{"minesweep.sweep": true, "minesweep.kind": true, "minesweep.lane": true, "minesweep.run": true,
		"minesweep.port": true, "minesweep.replies": true, "minesweep.found": true,
		"service.name": true, "service.version": true, "service.instance.id": true}
	for key := range c.attrs {
		if !allowed[key] {
			t.Errorf("attribute %s leaves this machine", key)
		}
	}
	for _, body := range c.bodies {
		for _, secret := range []string{"deadbeef", "WALLET", "02:00:5e", "192.0.2.77", "bob"} {
			if bytes.Contains(body, []byte(secret)) {
				t.Errorf("%q leaves this machine", secret)
			}
		}
	}
	if !c.paths["/v1/traces"] || len(c.paths) != 1 {
		t.Errorf("posted to %v", c.paths)
	}
}

func TestWithoutTracingThereAreNoSpans(t *testing.T) {
	c := newCollector(t, http.StatusOK)
	s, clock := newSight(t, web.Config{})
	flush, err := s.Trace(t.Context(), c.URL+"/v1/traces")
	if err != nil {
		t.Fatal(err)
	}
	flush()
	ctx, over := s.Stint(t.Context(), web.Work{})
	walk(ctx, around(s, stages{clock: clock}))
	over(nil)
	if len(c.spans) != 0 {
		t.Errorf("spans %v were sent after the end", c.spans)
	}
}

func TestCollectorThatRefusesIsSaidOnce(t *testing.T) {
	c := newCollector(t, http.StatusForbidden)
	var log lockedBuffer
	s, _ := newSight(t, web.Config{Log: slog.New(slog.NewTextHandler(&log, nil))})
	flush, err := s.Trace(t.Context(), c.URL)
	if err != nil {
		t.Fatal(err)
	}
	for range 600 { // more than one batch
		_, over := s.Tick(t.Context())
		over(nil)
	}
	flush()
	if n := strings.Count(log.String(), "the collector does not take them"); n != 1 || len(c.bodies) < 2 {
		t.Errorf("%d batches were refused and that was said %d times: %s", len(c.bodies), n, log.String())
	}
}

func TestCollectorsAddressIsChecked(t *testing.T) {
	s, _ := newSight(t, web.Config{})
	for _, wrong := range []string{"collector:4318", "grpc://127.0.0.1:4317", "http://", "http://[::1"} {
		if _, err := s.Trace(t.Context(), wrong); err == nil || !strings.Contains(err.Error(), "write for example http://") {
			t.Errorf("%q: %v", wrong, err)
		}
	}
}
