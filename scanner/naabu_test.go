package scanner

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go4.org/netipx"

	"minesweep"
)

// found is a sink that remembers.
type found struct {
	mu       sync.Mutex
	ports    map[netip.AddrPort]string // engine
	progress []minesweep.Progress
	onFound  func() error
}

func (f *found) Found(p minesweep.OpenPort) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ports == nil {
		f.ports = make(map[netip.AddrPort]string)
	}
	if f.onFound != nil {
		if err := f.onFound(); err != nil {
			return err
		}
	}
	f.ports[p.Target] = p.Engine
	return nil
}

func (f *found) Progress(p minesweep.Progress) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.progress = append(f.progress, p)
	return nil
}

func (f *found) last() minesweep.Progress { return f.progress[len(f.progress)-1] }

// fakeNaabu is a Naabu whose child is this test binary.
func fakeNaabu(t *testing.T, g *Guard, mode string, notice func(string)) *Naabu {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	n, err := NewNaabu(NaabuConfig{
		Path: self, Guard: g, Now: time.Now, Timeout: 50 * time.Millisecond, Notice: notice,
	})
	if err != nil {
		t.Fatal(err)
	}
	n.childEnv = []string{fakeMode + "=" + mode}
	return n
}

func planOf(t *testing.T, targets, ports string) minesweep.Plan {
	t.Helper()
	set, err := ParseTargets([]string{targets})
	if err != nil {
		t.Fatal(err)
	}
	list, err := ParsePorts(ports)
	if err != nil {
		t.Fatal(err)
	}
	return minesweep.Plan{Targets: set, Ports: list, Seed: 11}
}

func loopbackGuard(t *testing.T, excluded ...string) *Guard {
	b := &book{grants: []minesweep.Grant{grantOf("g", "127.0.0.0/8")}}
	for _, p := range excluded {
		b.exclude(p)
	}
	return newGuard(t, b, time.Now)
}

func TestNaabuCountsAndReports(t *testing.T) {
	for _, mode := range []string{"connect", "syn"} {
		t.Run(mode, func(t *testing.T) {
			var mu sync.Mutex
			var notices []string
			n := fakeNaabu(t, loopbackGuard(t, "127.0.0.3/32"), mode, func(s string) {
				mu.Lock()
				defer mu.Unlock()
				notices = append(notices, s)
			})
			sink := &found{}
			if err := n.Scan(t.Context(), planOf(t, "127.0.0.1-3", "80,1500,2000-2009"), sink); err != nil {
				t.Fatal(err)
			}
			want := minesweep.Progress{Cursor: 36, Total: 36, Sent: 22, Open: 2, Closed: 20, Refused: 12, Errors: 2,
				Faults: minesweep.Faults{minesweep.NoSocket: 1, minesweep.OtherFault: 1}}
			if mode == "syn" {
				want.Closed, want.Filtered = 0, 20
			}
			if got := sink.last(); !reflect.DeepEqual(got, want) {
				t.Errorf("progress is %+v, want %+v", got, want)
			}
			if len(sink.ports) != 2 || sink.ports[netip.MustParseAddrPort("127.0.0.1:80")] != mode {
				t.Errorf("found %v", sink.ports)
			}
			all := strings.Join(notices, "\n")
			for _, s := range []string{"the engine is " + mode + ": a test", "a note", "was not probed: too many open files"} {
				if strings.Count(all, s) != 1 {
					t.Errorf("notices lack %q or say it twice:\n%s", s, all)
				}
			}
		})
	}
}

func TestNaabuFaultsAreOneSentence(t *testing.T) {
	for mode, want := range map[string]string{
		"dies-at-once": "minesweep-naabu ended before its work was done: exit status 3: panic: no luck today[0m",
		"dies":         "minesweep-naabu ended before its work was done: exit status 7: out of ideas",
		"garbage":      `minesweep-naabu: line "hello" is not a report`,
		"long":         "minesweep-naabu wrote a line longer than 64 KiB",
		"error":        "minesweep-naabu: the interface went away",
		"unasked":      "minesweep-naabu answered for 192.0.2.1:80, which was not asked",
		"ready-twice":  "minesweep-naabu said twice that it is ready",
		"deaf":         "was not heard: the engine is deaf, nothing was scanned",
	} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			err := fakeNaabu(t, loopbackGuard(t), mode, nil).Scan(t.Context(), planOf(t, "127.0.0.1-9", "2000-2019"), &found{})
			if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, want %q", err, want)
			}
		})
	}
}

func TestNaabuCoversOnlyWhatACanaryProves(t *testing.T) {
	sink := &found{}
	err := fakeNaabu(t, loopbackGuard(t), "syn-goes-deaf", nil).Scan(t.Context(), planOf(t, "127.0.0.1", "80,2000"), sink)
	if !errors.Is(err, ErrDeaf) || !strings.Contains(err.Error(), "the engine went deaf") {
		t.Errorf("got %v", err)
	}
	if got := sink.last(); got.Cursor != 0 || got.Sent != 2 || len(sink.ports) != 1 {
		t.Errorf("progress is %+v, found %v", got, sink.ports)
	}
}

func TestNaabuCancelKillsTheChild(t *testing.T) {
	pidFile := filepath.Join(t.TempDir(), "pid")
	t.Setenv("TMPDIR", t.TempDir())
	g := loopbackGuard(t)
	n := fakeNaabu(t, g, "silent="+pidFile, nil)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for g.Counts().Admitted < 5 && ctx.Err() == nil {
			runtime.Gosched()
		}
		cancel()
	}()
	sink := &found{}
	if err := n.Scan(ctx, planOf(t, "127.0.0.1-9", "2000-2019"), sink); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	text, err := os.ReadFile(pidFile)
	if err != nil {
		t.Fatal(err)
	}
	pid, _ := strconv.Atoi(string(text))
	if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("the child %d is still there: %v", pid, err)
	}
	if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "minesweep-naabu-*")); len(left) != 0 {
		t.Errorf("its home was left behind: %v", left)
	}
	if sink.last().Cursor != 0 {
		t.Errorf("progress is %+v", sink.last())
	}
}

func TestNaabuDoesNotPassWhatWasNotRecorded(t *testing.T) {
	full := errors.New("host 127.0.0.1: the disk is full")
	sink := &found{onFound: func() error { return full }}
	err := fakeNaabu(t, loopbackGuard(t), "connect", nil).Scan(t.Context(), planOf(t, "127.0.0.1", "80"), sink)
	if !errors.Is(err, full) || sink.last().Cursor != 0 {
		t.Errorf("got %v, progress %+v", err, sink.last())
	}
}

func TestNaabuResumes(t *testing.T) {
	plan := planOf(t, "127.0.0.1-4", "80,81,82,83,84")
	whole := make(map[netip.AddrPort]bool)
	for _, cursor := range []uint64{0, 7, 20, 25} {
		plan.Cursor = cursor
		sink := &found{}
		if err := fakeNaabu(t, loopbackGuard(t), "connect", nil).Scan(t.Context(), plan, sink); err != nil {
			t.Fatal(err)
		}
		if got, want := len(sink.ports), 20-int(min(cursor, 20)); got != want {
			t.Errorf("from %d: %d ports, want %d", cursor, got, want)
		}
		if sink.last().Cursor != 20 || sink.last().Total != 20 {
			t.Errorf("from %d: progress is %+v", cursor, sink.last())
		}
		for p := range sink.ports {
			whole[p] = true
		}
	}
	if len(whole) != 20 {
		t.Errorf("%d ports in all", len(whole))
	}
}

func TestNaabuStopsWithAStaleScope(t *testing.T) {
	clock := newFakeClock()
	b := &book{grants: []minesweep.Grant{grantOf("g", "127.0.0.0/8")}}
	g := newGuard(t, b, clock.now)
	clock.t = clock.t.Add(time.Minute)
	sink := &found{}
	err := fakeNaabu(t, g, "connect", nil).Scan(t.Context(), planOf(t, "127.0.0.1-9", "80"), sink)
	if !errors.Is(err, ErrStale) || len(sink.ports) != 0 || sink.last().Cursor != 0 {
		t.Errorf("got %v, found %v, progress %+v", err, sink.ports, sink.last())
	}
}

func TestNaabuNeedsItsHelper(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := NewNaabu(NaabuConfig{Guard: loopbackGuard(t), Now: time.Now})
	if err == nil || !strings.Contains(err.Error(), "nor in PATH") || !strings.Contains(err.Error(), "go build") {
		t.Errorf("got %v", err)
	}
	_, err = NewNaabu(NaabuConfig{Guard: loopbackGuard(t), Now: time.Now, Path: "/nowhere/minesweep-naabu"})
	if err == nil || !strings.Contains(err.Error(), "/nowhere/minesweep-naabu cannot be run") {
		t.Errorf("got %v", err)
	}
	_, err = NewNaabu(NaabuConfig{Guard: loopbackGuard(t), Now: time.Now, Engine: "fast"})
	if err == nil || err.Error() != `engine "fast" is not known, write auto, connect or syn` {
		t.Errorf("got %v", err)
	}
}

func TestNaabuRefusesAnEndlessPlan(t *testing.T) {
	plan := planOf(t, "2001:db8::", "80")
	var wide netipx.IPSetBuilder
	wide.AddPrefix(netip.MustParsePrefix("2001:db8::/32"))
	var err error
	if plan.Targets, err = wide.IPSet(); err != nil {
		t.Fatal(err)
	}
	err = fakeNaabu(t, loopbackGuard(t), "connect", nil).Scan(t.Context(), plan, &found{})
	if err == nil || !strings.Contains(err.Error(), "name smaller prefixes") {
		t.Errorf("got %v", err)
	}
}

func FuzzParseReport(f *testing.F) {
	for _, s := range []string{
		`{"ready":true,"engine":"connect","why":"asked for"}`, `{"target":"127.0.0.1:80","state":"open","engine":"syn"}`,
		`{"error":"no"}`, `{"target":"127.0.0.1:80"}`, `{"state":"open"}`, `{}`, `null`, `{"ready":true,"engine":"x"}`,
		`{"target":"[::1%lo]:1","state":"open"}`, `{"error":"a"}{"error":"b"}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		r, err := ParseReport(line)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("the error has more than one line: %v", err)
			}
			return
		}
		if r.Target.IsValid() != knownState(r.State) || !r.Ready && r.Error == "" && !r.Target.IsValid() {
			t.Errorf("%q was read as %+v", line, r)
		}
	})
}

func FuzzParseCommand(f *testing.F) {
	f.Add([]byte(`{"scope":{"allow":["127.0.0.0/8"],"deny":["127.0.9.9/32"],"own":"127.0.0.1:9"}}`))
	f.Add([]byte(`{"target":"127.0.0.9:4028"}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		c, err := ParseCommand(line)
		if err == nil && (c.Scope != nil) == c.Target.IsValid() {
			t.Errorf("%q was read as %s", line, fmt.Sprint(c))
		}
	})
}
