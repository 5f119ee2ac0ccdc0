package web_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"minesweep"
	"minesweep/web"
)

// clock is a time that goes on when it is told to.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Unix(1_800_000_000, 0)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// store is a Source that counts how often it is asked.
type store struct {
	mu    sync.Mutex
	snap  web.Snapshot
	err   error
	asked int
}

func (s *store) Snapshot(context.Context) (web.Snapshot, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	return s.snap, s.err
}

func oneSweep(sent uint64) web.Snapshot {
	return web.Snapshot{
		Sweeps: []web.Sweep{{
			ID: 7, Status: "running", Started: time.Unix(1_799_990_000, 0), Budget: 25000,
			Work: []web.LaneWork{{Kind: "discover", Progress: minesweep.Progress{
				Cursor: 900, Total: 1000, Sent: sent, Open: 12, Closed: 13, Filtered: 14, Refused: 15, Errors: 16,
				Faults:   minesweep.Faults{minesweep.NoRoute: 15, minesweep.OtherFault: 1},
				Received: 17, Dropped: 18, Slowed: 19, PeakRate: 20, PeakPer24: 21}}},
			Lanes:  []web.LaneCount{{Kind: "discover", State: "running", Lanes: 3}},
			Counts: &web.Counts{Open: 40, Asked: 30, Sieved: 2, Hosts: map[string]int{"confirmed": 5}},
		}},
		Nodes: []web.Node{
			{Name: "one", Alive: true, Heartbeat: time.Unix(1_799_999_999, 0), Skew: 1500 * time.Millisecond},
			{Name: "two\x1b[2J", Heartbeat: time.Unix(1_799_999_000, 0)},
		},
		Schedules: []web.Schedule{{Name: "province", Nights: map[string]int{"begun": 4, "missed": 1},
			Next: time.Unix(1_800_003_600, 0), Success: time.Unix(1_799_950_000, 0)}},
	}
}

func newSight(t *testing.T, cfg web.Config) (*web.Sight, *clock) {
	t.Helper()
	c := newClock()
	cfg.Now, cfg.Version = c.now, "0.0"
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return web.New(cfg), c
}

// get returns the status and the body of a page.
func get(t *testing.T, s *web.Sight, path string) (int, string) {
	t.Helper()
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w.Code, w.Body.String()
}

// series reads the value of one series, as it is written on the page.
func series(page, name string) (float64, bool) {
	for line := range strings.Lines(page) {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), name+" "); ok {
			v, err := strconv.ParseFloat(rest, 64)
			return v, err == nil
		}
	}
	return 0, false
}

func wantSeries(t *testing.T, page, name string, want float64) {
	t.Helper()
	if got, ok := series(page, name); !ok || got != want {
		t.Errorf("%s is %v (there: %v), want %v", name, got, ok, want)
	}
}

func TestMetricsTellWhatTheStoreHolds(t *testing.T) {
	s, _ := newSight(t, web.Config{Source: &store{snap: oneSweep(11)}, Local: func() web.Local {
		return web.Local{Admitted: 1, Refused: 2, Starved: 3, MaxPer24: 4, ScopeAge: 500 * time.Millisecond, Skew: -time.Second}
	}})
	code, page := get(t, s, "/metrics")
	if code != http.StatusOK {
		t.Fatalf("status %d:\n%s", code, page)
	}
	for name, want := range map[string]float64{
		`minesweep_store_up`: 1,
		`minesweep_sweep_probes{kind="discover",sweep="7"}`:                                      1000,
		`minesweep_sweep_probes_settled_total{kind="discover",sweep="7"}`:                        900,
		`minesweep_sweep_packets_sent_total{kind="discover",sweep="7"}`:                          11,
		`minesweep_sweep_probe_states_total{kind="discover",state="open",sweep="7"}`:             12,
		`minesweep_sweep_probe_states_total{kind="discover",state="error",sweep="7"}`:            16,
		`minesweep_sweep_answers_dropped_total{kind="discover",sweep="7"}`:                       18,
		`minesweep_sweep_probe_errors_total{fault="no route to host",kind="discover",sweep="7"}`: 15,
		`minesweep_sweep_probe_errors_total{fault="other",kind="discover",sweep="7"}`:            1,
		`minesweep_sweep_probe_errors_total{fault="network is down",kind="discover",sweep="7"}`:  0,
		`minesweep_sweep_peak_per24_packets_per_second{kind="discover",sweep="7"}`:               21,
		`minesweep_sweep_budget_packets_per_second{sweep="7"}`:                                   25000,
		`minesweep_sweep_lanes{kind="discover",state="running",sweep="7"}`:                       3,
		`minesweep_sweep_queue_ports{sweep="7"}`:                                                 10,
		`minesweep_sweep_decoys_held_back{sweep="7"}`:                                            2,
		`minesweep_sweep_hosts{sweep="7",verdict="confirmed"}`:                                   5,
		`minesweep_nodes{state="alive"}`:                                                         1,
		`minesweep_nodes{state="silent"}`:                                                        1,
		`minesweep_node_clock_skew_seconds{node="one"}`:                                          1.5,
		`minesweep_node_heartbeat_timestamp_seconds{node="two\\x1b[2J"}`:                         1799999000,
		`minesweep_schedule_nights_total{outcome="missed",schedule="province"}`:                  1,
		`minesweep_schedule_next_night_timestamp_seconds{schedule="province"}`:                   1800003600,
		`minesweep_schedule_last_success_timestamp_seconds{schedule="province"}`:                 1799950000,
		`minesweep_guard_refused_total`:                                                          2,
		`minesweep_guard_scope_age_seconds`:                                                      0.5,
		`minesweep_clock_skew_seconds`:                                                           -1,
		`minesweep_store_duration_seconds_count{op="snapshot"}`:                                  1,
		`minesweep_stints_total{kind="ask",result="failed"}`:                                     0,
	} {
		wantSeries(t, page, name, want)
	}
	if !strings.Contains(page, "go_goroutines") || !strings.Contains(page, "minesweep_build_info{") {
		t.Error("the collectors of Go and of the build are not there")
	}
}

func TestManyScrapesAreOneReading(t *testing.T) {
	src := &store{snap: oneSweep(1000)}
	s, c := newSight(t, web.Config{Source: src})
	for range 5 {
		_, page := get(t, s, "/metrics")
		if _, ok := series(page, `minesweep_sweep_rate_packets_per_second{sweep="7"}`); ok {
			t.Error("a rate was told after one reading")
		}
	}
	if src.asked != 1 {
		t.Errorf("the store was read %d times by 5 scrapes of one moment", src.asked)
	}
	c.forward(10 * time.Second)
	src.snap = oneSweep(251_000)
	_, page := get(t, s, "/metrics")
	wantSeries(t, page, `minesweep_sweep_rate_packets_per_second{sweep="7"}`, 25_000)
	if src.asked != 2 {
		t.Errorf("the store was read %d times, want 2", src.asked)
	}
}

func TestSilentStoreShowsNothingThatWasNotSeen(t *testing.T) {
	src := &store{snap: oneSweep(1)}
	s, c := newSight(t, web.Config{Source: src})
	get(t, s, "/metrics")
	c.forward(time.Minute)
	src.err = errors.New("connection refused")
	code, page := get(t, s, "/metrics")
	if code != http.StatusOK {
		t.Errorf("status %d: what this process knows is still to be told", code)
	}
	wantSeries(t, page, "minesweep_store_up", 0)
	wantSeries(t, page, `minesweep_store_errors_total{op="snapshot"}`, 1)
	if strings.Contains(page, "minesweep_sweep_") {
		t.Error("numbers of sweeps are told though the store was not read")
	}
}

func TestSeriesAreBounded(t *testing.T) {
	var snap web.Snapshot
	for i := range 1000 {
		name := strconv.Itoa(i)
		snap.Sweeps = append(snap.Sweeps, web.Sweep{ID: int64(i), Counts: &web.Counts{}})
		snap.Nodes = append(snap.Nodes, web.Node{Name: name, Heartbeat: time.Unix(1, 0)})
		snap.Schedules = append(snap.Schedules, web.Schedule{Name: name, Next: time.Unix(1, 0)})
	}
	s, _ := newSight(t, web.Config{Source: &store{snap: snap}})
	_, page := get(t, s, "/metrics")
	for series, most := range map[string]int{"minesweep_sweep_open_ports{": 64, "minesweep_node_clock_skew_seconds{": 256,
		"minesweep_schedule_next_night_timestamp_seconds{": 256} {
		if got := strings.Count(page, "\n"+series); got != most {
			t.Errorf("%d series of %s}, want %d", got, series, most)
		}
	}
	wantSeries(t, page, `minesweep_nodes{state="silent"}`, 1000)
}

func TestTwoSightsShareNothing(t *testing.T) {
	one, _ := newSight(t, web.Config{})
	two, _ := newSight(t, web.Config{})
	one.Beat(time.Millisecond, errors.New("cut off"))
	_, page := get(t, two, "/metrics")
	wantSeries(t, page, "minesweep_beats_failed_total", 0)
	_, page = get(t, one, "/metrics")
	wantSeries(t, page, "minesweep_beats_failed_total", 1)
}

func TestServeEndsWithItsContextAndWarnsOfOthers(t *testing.T) {
	for _, c := range []struct {
		listen string
		warned bool
	}{{"127.0.0.1:0", false}, {"0.0.0.0:0", true}} {
		var log lockedBuffer
		s, _ := newSight(t, web.Config{Log: slog.New(slog.NewTextHandler(&log, nil))})
		ctx, stop := context.WithCancel(t.Context())
		l, err := web.Listen(ctx, c.listen)
		if err != nil {
			t.Fatal(err)
		}
		served := make(chan error, 1)
		go func() { served <- s.Serve(ctx, l) }()
		_, port, _ := strings.Cut(l.Addr().String(), "]:")
		if port == "" {
			_, port, _ = strings.Cut(l.Addr().String(), ":")
		}
		r, err := http.Get("http://127.0.0.1:" + port + "/healthz")
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(r.Body)
		r.Body.Close()
		if string(body) != "ok\n" {
			t.Errorf("%s: /healthz says %q", c.listen, body)
		}
		stop()
		if err := <-served; err != nil {
			t.Errorf("%s: %v", c.listen, err)
		}
		if got := strings.Contains(log.String(), "without a password"); got != c.warned {
			t.Errorf("%s: warned %v, want %v", c.listen, got, c.warned)
		}
	}
}

func TestListenNamesTheFlag(t *testing.T) {
	l, err := web.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, err = web.Listen(t.Context(), l.Addr().String())
	if err == nil || !strings.Contains(err.Error(), "--listen "+l.Addr().String()) || !strings.Contains(err.Error(), "name another address") {
		t.Errorf("a taken address gives %v", err)
	}
}

// lockedBuffer may be written while it is read.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
