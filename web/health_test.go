package web_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"minesweep/web"
)

func TestHealthNamesTheLoopThatStandsStill(t *testing.T) {
	s, c := newSight(t, web.Config{})
	turn, _ := s.Loop("beat", 10*time.Second)
	_, over := s.Loop("tick", 30*time.Second)
	c.forward(9 * time.Second)
	turn()
	c.forward(9 * time.Second)
	if code, body := get(t, s, "/healthz"); code != http.StatusOK || body != "ok\n" {
		t.Errorf("both loops turn: %d %q", code, body)
	}
	c.forward(2 * time.Second)
	code, body := get(t, s, "/healthz")
	if code != http.StatusServiceUnavailable || body != "loop beat has not turned for 11s, it should every 10s\n" {
		t.Errorf("a loop stands still: %d %q", code, body)
	}
	turn()
	over()
	c.forward(10 * time.Second)
	if code, body := get(t, s, "/healthz"); code != http.StatusOK {
		t.Errorf("a loop that is over counts: %d %q", code, body)
	}
	_, page := get(t, s, "/metrics")
	wantSeries(t, page, `minesweep_loop_turns_total{loop="beat"}`, 2)
	wantSeries(t, page, `minesweep_loop_age_seconds{loop="beat"}`, 10)
}

func TestReadyHasALineForEachFailure(t *testing.T) {
	asked := 0
	schema := errors.New("database pg: its schema is 7, this program's is 5:\n upgrade \x1b[2Jit")
	s, c := newSight(t, web.Config{Checks: []web.Check{
		{Name: "store", Check: func(context.Context) error { asked++; return nil }},
		{Name: "schema", Check: func(context.Context) error { return schema }},
		{Name: "clock", Check: func(context.Context) error { return errors.New("this clock is 9 s ahead") }},
	}})
	code, body := get(t, s, "/readyz")
	want := "schema: database pg: its schema is 7, this program's is 5:\\x0a upgrade \\x1b[2Jit\nclock: this clock is 9 s ahead\n"
	if code != http.StatusServiceUnavailable || body != want {
		t.Errorf("%d %q, want 503 %q", code, body, want)
	}
	get(t, s, "/readyz")
	if asked != 1 {
		t.Errorf("the store was asked %d times within a second", asked)
	}
	c.forward(2 * time.Second)
	get(t, s, "/readyz")
	if asked != 2 {
		t.Errorf("the store was asked %d times, want 2: the old answer is kept too long", asked)
	}
}

func TestReadyIsOKWhenAllHolds(t *testing.T) {
	s, _ := newSight(t, web.Config{Checks: []web.Check{{Name: "store", Check: func(context.Context) error { return nil }}}})
	if code, body := get(t, s, "/readyz"); code != http.StatusOK || body != "ok\n" {
		t.Errorf("%d %q", code, body)
	}
}

func TestReadyDoesNotWaitForACheckThatHangs(t *testing.T) {
	t.Parallel()
	free := make(chan struct{})
	defer close(free)
	s, _ := newSight(t, web.Config{Checks: []web.Check{{Name: "store", Check: func(context.Context) error { <-free; return nil }}}})
	if code, body := get(t, s, "/readyz"); code != http.StatusServiceUnavailable || body != "store: no answer within 2s\n" {
		t.Errorf("%d %q", code, body)
	}
}

func TestPagesTakeNothingElse(t *testing.T) {
	s, _ := newSight(t, web.Config{})
	if code, _ := get(t, s, "/debug/pprof/"); code != http.StatusNotFound {
		t.Errorf("a page that is not ours answers %d", code)
	}
	if code, body := get(t, s, "/"); code != http.StatusOK || !strings.Contains(body, "/metrics") {
		t.Errorf("/ says %d %q", code, body)
	}
}

func TestSystemdHearsThatItLives(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notify")
	l, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Skip(err)
	}
	defer func() { _ = l.Close() }()
	hear := func() string {
		buf := make([]byte, 64)
		n, err := l.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		return string(buf[:n])
	}
	s, _ := newSight(t, web.Config{})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	env := map[string]string{"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "20000"}
	go func() { ended <- s.Systemd(ctx, func(k string) string { return env[k] }) }()
	if word := hear(); word != "READY=1" {
		t.Errorf("first word %q", word)
	}
	for range 3 {
		if word := hear(); word != "WATCHDOG=1" {
			t.Errorf("%q", word)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	for word := hear(); word != "STOPPING=1"; word = hear() {
		if word != "WATCHDOG=1" {
			t.Fatalf("%q", word)
		}
	}
}

func TestWatchdogIsSilentWhileALoopStandsStill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notify")
	l, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Skip(err)
	}
	defer func() { _ = l.Close() }()
	s, c := newSight(t, web.Config{})
	s.Loop("beat", time.Second)
	c.forward(time.Minute)
	ctx, stop := context.WithCancel(t.Context())
	stop() // after one look
	if err := s.Systemd(ctx, func(k string) string {
		return map[string]string{"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "60000000"}[k]
	}); err != nil {
		t.Fatal(err)
	}
	var words []string
	for len(words) < 2 {
		buf := make([]byte, 64)
		n, err := l.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		words = append(words, string(buf[:n]))
	}
	if got := strings.Join(words, " "); got != "READY=1 STOPPING=1" {
		t.Errorf("systemd heard %q", got)
	}
}

func TestWithoutSystemdNothingIsSaid(t *testing.T) {
	s, _ := newSight(t, web.Config{})
	if err := s.Systemd(t.Context(), func(string) string { return "" }); err != nil {
		t.Error(err)
	}
}
