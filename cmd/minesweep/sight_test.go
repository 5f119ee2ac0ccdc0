package main

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/spf13/pflag"
	"go4.org/netipx"

	"minesweep/db"
	"minesweep/scanner"
	"minesweep/web"
)

// watchedStore holds a sweep in lanes, a node and a schedule.
func watchedStore(t *testing.T, d *desk) (*db.Store, db.Sweep) {
	t.Helper()
	store, err := db.Open(t.Context(), filepath.Join(t.TempDir(), "sight.db"), d.p.now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	var b netipx.IPSetBuilder
	b.AddPrefix(netip.MustParsePrefix("192.0.2.0/30"))
	targets, err := b.IPSet()
	if err != nil {
		t.Fatal(err)
	}
	sweep, err := store.PlanSweep(t.Context(), db.SweepSpec{Targets: targets, Ports: []uint16{4028, 80}, Queue: db.Nightly, Lanes: 2,
		Terms: db.Terms{Rate: 25000}}, func(context.Context, db.Tx, []db.LaneRun, string) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	if err := store.PutNode(t.Context(), db.Node{Name: "north", Skew: -3 * time.Second}); err != nil {
		t.Fatal(err)
	}
	if err := store.AddSchedule(t.Context(), db.Schedule{Name: "province", Cron: "30 0 * * *", Zone: "Asia/Shanghai",
		Ports: []uint16{80}, Passes: 1, Lanes: 1, Missed: db.SkipMissed}); err != nil {
		t.Fatal(err)
	}
	return store, sweep
}

// page reads a page of a sight without a network.
func page(s *sight, path string) (int, string) {
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w.Code, w.Body.String()
}

func startSight(t *testing.T, d *desk, store *db.Store, args ...string) *sight {
	t.Helper()
	var f sightFlags
	flags := pflag.NewFlagSet("worker", pflag.ContinueOnError)
	f.register(flags)
	if err := flags.Parse(args); err != nil {
		t.Fatal(err)
	}
	s, err := f.start(t.Context(), d.p, store, "north")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.stop)
	return s
}

func TestSightShowsTheStore(t *testing.T) {
	d := newDesk(t)
	store, _ := watchedStore(t, d)
	s := startSight(t, d, store, "--listen=")
	_, text := page(s, "/metrics")
	for _, want := range []string{
		`minesweep_sweep_probes{kind="discover",sweep="1"} 8`,
		`minesweep_sweep_lanes{kind="discover",state="ready",sweep="1"} 2`,
		`minesweep_sweep_lanes{kind="ask",state="ready",sweep="1"} 2`,
		`minesweep_sweep_lanes{kind="ask",state="done",sweep="1"} 0`,
		`minesweep_sweep_budget_packets_per_second{sweep="1"} 25000`,
		`minesweep_sweep_status{status="running",sweep="1"} 1`,
		`minesweep_sweep_queue_ports{sweep="1"} 0`,
		`minesweep_nodes{state="alive"} 1`,
		`minesweep_node_clock_skew_seconds{node="north"} -3`,
		`minesweep_schedule_nights_total{outcome="missed",schedule="province"} 0`,
		// 00:30 in Shanghai on 23 November 2026
		`minesweep_schedule_next_night_timestamp_seconds{schedule="province"} 1.795365e+09`,
		`minesweep_store_up 1`,
	} {
		if !strings.Contains(text, "\n"+want+"\n") {
			t.Errorf("no line %s in\n%s", want, grep(text, strings.SplitN(want, "{", 2)[0]))
		}
	}
}

// grep returns the lines that begin with a name.
func grep(text, name string) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, name) {
			out.WriteString(line)
		}
	}
	return out.String()
}

func TestReadinessFollowsClockGuardAndStore(t *testing.T) {
	d := newDesk(t)
	var ahead atomic.Int64
	base := d.p.now()
	d.p.now = func() time.Time { return base.Add(time.Duration(ahead.Load())) }
	store, _ := watchedStore(t, d)
	s := startSight(t, d, store, "--listen=")
	page(s, "/metrics") // reads the skew of this node
	wantReady(t, s, "clock: the clock of north is -3s off the database's, so it takes no lanes: set it by NTP\n")

	if err := store.PutNode(t.Context(), db.Node{Name: "north"}); err != nil {
		t.Fatal(err)
	}
	guard, err := scanner.NewGuard(t.Context(), scanner.GuardConfig{Load: store.Scope, Now: d.p.now})
	if err != nil {
		t.Fatal(err)
	}
	s.watch(guard)
	if _, err := guard.Admit(t.Context(), netip.MustParseAddr("192.0.2.1")); err == nil {
		t.Error("the guard lets out what no grant covers")
	}
	ahead.Store(int64(9 * time.Second))
	page(s, "/metrics")
	wantReady(t, s, "")
	ahead.Store(int64(11 * time.Second))
	wantReady(t, s, "guard: "+scanner.ErrStale.Error()+"\n")
	_, text := page(s, "/metrics")
	for _, want := range []string{"\nminesweep_guard_scope_age_seconds 11\n", "\nminesweep_guard_refused_total 1\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in %s", want, grep(text, "minesweep_guard"))
		}
	}

	s.stats.guard.Store(nil)
	_ = store.Close()
	ahead.Store(int64(20 * time.Second))
	if code, body := page(s, "/readyz"); code != http.StatusServiceUnavailable || !strings.HasPrefix(body, "store: ") {
		t.Errorf("without its store: %d %q", code, body)
	}
	if code, _ := page(s, "/healthz"); code != http.StatusOK {
		t.Errorf("a process that lives is not healthy: %d", code)
	}
}

func TestReadinessSeesAnotherSchema(t *testing.T) {
	d := newDesk(t)
	store, _ := watchedStore(t, d)
	s := startSight(t, d, store, "--listen=")
	if _, err := store.Writer().ExecContext(t.Context(), "PRAGMA user_version=99"); err != nil {
		t.Fatal(err)
	}
	page(s, "/metrics")
	code, body := page(s, "/readyz")
	if code != http.StatusServiceUnavailable || !strings.HasPrefix(body, "schema: ") {
		t.Errorf("%d %q", code, body)
	}
}

func wantReady(t *testing.T, s *sight, want string) {
	t.Helper()
	code, body := page(s, "/readyz")
	if want == "" && (code != http.StatusOK || body != "ok\n") || want != "" && (code != http.StatusServiceUnavailable || body != want) {
		t.Errorf("/readyz is %d %q, want %q", code, body, want)
	}
}

func TestSightServesLogsAndTraces(t *testing.T) {
	var posts atomic.Int64
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/traces" {
			posts.Add(1)
		}
	}))
	defer collector.Close()
	d := newDesk(t)
	d.p.getenv = func(k string) string {
		if k == "OTEL_EXPORTER_OTLP_ENDPOINT" {
			return collector.URL
		}
		return ""
	}
	store, _ := watchedStore(t, d)
	s := startSight(t, d, store, "--listen=127.0.0.1:0", "--log-format=json")
	d.p.notice("the engine is\x1b[2J syn")
	_, over := s.Stint(t.Context(), web.Work{Sweep: 1, Kind: "ask"})
	over(nil)

	var line struct{ Listen, Msg, Node string }
	lines := strings.SplitN(d.stderr.String(), "\n", 2)
	if err := json.Unmarshal([]byte(lines[0]), &line); err != nil || line.Listen == "" || line.Node != "north" {
		t.Fatalf("the first line of the log is %q: %v", lines[0], err)
	}
	if !strings.Contains(lines[1], `the engine is\\x1b[2J syn`) {
		t.Errorf("a notice became %q", lines[1])
	}
	r, err := http.Get("http://" + line.Listen + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(r.Body)
	r.Body.Close()
	if string(body) != "ok\n" {
		t.Errorf("/healthz says %q", body)
	}
	s.stop()
	if posts.Load() != 1 {
		t.Errorf("%d posts to the collector, want the one of the stint", posts.Load())
	}
	if again, err := http.Get("http://" + line.Listen + "/healthz"); err == nil {
		again.Body.Close()
		t.Error("it is served after the end")
	}
}

func TestSightRefusesWrongFlags(t *testing.T) {
	for want, f := range map[string]sightFlags{
		`--log-level "loud" is none`:                     {logLevel: "loud"},
		`--log-format "xml" is none`:                     {logFormat: "xml"},
		`--otlp-endpoint "here" is no address`:           {otlp: "here"},
		`--listen 192.0.2.1:1: bind: cannot assign requ`: {listen: "192.0.2.1:1"},
	} {
		d := newDesk(t)
		_, err := f.start(t.Context(), d.p, nil, "north")
		if err == nil || !strings.Contains(err.Error(), want) || d.p.report(err) != exitUsage {
			t.Errorf("%+v: %v", f, err)
		}
		if d.p.log != nil {
			t.Errorf("%+v: notices go to a log of a command that did not begin", f)
		}
	}
}

func TestCountsAreLeftOutWhereTheyCannotBeMade(t *testing.T) {
	d := newDesk(t)
	store, sweep := watchedStore(t, d)
	st := &stats{store: store, now: d.p.now}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if c := st.counts(gone, []db.Sweep{sweep}); c[sweep.ID] != nil {
		t.Errorf("counts %+v were made up", c[sweep.ID])
	}
	if c := st.counts(t.Context(), []db.Sweep{sweep}); c[sweep.ID] == nil {
		t.Error("there are no counts")
	}
	if c := st.counts(gone, []db.Sweep{sweep}); c[sweep.ID] == nil {
		t.Error("counts of a moment ago were not good any more")
	}
}

func TestNoticesGoToStderrWithoutALog(t *testing.T) {
	d := newDesk(t)
	d.p.notice("hello")
	if d.stderr.String() != "minesweep: hello\n" {
		t.Errorf("%q", d.stderr)
	}
	d.p.log = slog.New(slog.DiscardHandler)
	d.stderr.Reset()
	d.p.notice("hello")
	if d.stderr.Len() > 0 {
		t.Errorf("%q went past the log", d.stderr)
	}
}
