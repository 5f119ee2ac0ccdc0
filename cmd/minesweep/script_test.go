package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"minesweep/lab"
)

func TestMain(m *testing.M) {
	testscript.Main(withHelper{m}, map[string]func(){"minesweep": func() { os.Exit(Main()) }})
}

// withHelper runs the tests with minesweep-naabu on PATH. Only the top-level
// process comes here, not the programs that scripts run.
type withHelper struct{ m *testing.M }

func (w withHelper) Run() int {
	dir, err := os.MkdirTemp("", "minesweep-test-")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := provideHelper(dir); err != nil {
		panic(err)
	}
	moreFiles() // as Main does
	return w.m.Run()
}

// provideHelper puts minesweep-naabu on PATH, building it where make has not.
func provideHelper(dir string) error {
	if _, err := exec.LookPath("minesweep-naabu"); err == nil {
		return nil
	}
	if out, err := exec.Command("go", "build", "-o", dir, "../minesweep-naabu").CombinedOutput(); err != nil {
		return errors.New("go build minesweep-naabu: " + string(out))
	}
	return os.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
}

// TestScripts runs what a user could type: testdata/script/*.txtar. Lines of
// run and exits run the program in this process, those of exec in one of its own.
// Each has addresses of its own, for all run at the same time, beside crash_test.go.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": func(ts *testscript.TestScript, neg bool, args []string) {
				cmdExits(t.Context(), ts, neg, args)
			},
			"run": func(ts *testscript.TestScript, neg bool, args []string) {
				cmdRun(t.Context(), ts, neg, args)
			},
			"page": cmdPage,
			"lab": func(ts *testscript.TestScript, neg bool, args []string) {
				startLab(t.Context(), ts, neg, args)
			},
		},
		Setup: func(e *testscript.Env) error {
			e.Setenv("RECORDINGS", recordingsDir())
			own, err := filepath.Abs("../../probes/fingerprints/testdata")
			e.Setenv("OWN", own)
			e.Setenv("GORACE", os.Getenv("GORACE"))
			return err
		},
		Condition: func(name string) (bool, error) {
			switch name {
			case "recordings":
				return recordingsDir() != "", nil
			case "race":
				return raceDetector, nil
			}
			return false, errors.New("unknown condition " + name)
		},
	})
}

// recordingsDir returns the folder of recordings that are not part of the
// project, or "" where it is absent.
func recordingsDir() string {
	dir, err := filepath.Abs("../../../shared/recordings")
	if err != nil {
		return ""
	}
	if _, err := os.Stat(filepath.Join(dir, "dev.jsonl")); err != nil {
		return ""
	}
	return dir
}

// cmdPage keeps what a server says, once there is one: page URL FILE
func cmdPage(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: page URL FILE")
	}
	var body []byte
	late := time.Now().Add(time.Minute)
	for {
		r, err := http.Get(args[0])
		if err == nil {
			body, err = io.ReadAll(r.Body)
			r.Body.Close()
		}
		if err == nil {
			break
		}
		if time.Now().After(late) {
			ts.Fatalf("%v", err)
		}
		time.Sleep(10 * time.Millisecond)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), body, 0o600))
}

// startLab starts simulated devices for the rest of the script, of the built-in
// recordings or of a directory's: lab 127.0.5.0/24 200, lab 127.0.5.0/24 rules
func startLab(ctx context.Context, ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: lab PREFIX COUNT|DIR")
	}
	prefix, err := netip.ParsePrefix(args[0])
	ts.Check(err)
	hosts, err := labHosts(prefix, args[1], ts.MkAbs)
	ts.Check(err)
	network, err := lab.Start(ctx, hosts)
	ts.Check(err)
	ts.Defer(func() { network.Close() })
}

func labHosts(prefix netip.Prefix, what string, abs func(string) string) ([]lab.Simulated, error) {
	if n, err := strconv.Atoi(what); err == nil {
		return lab.Fleet(prefix, n)
	}
	return recordedHosts(prefix, abs(what))
}

// skipInRace leaves a test to the run without the race detector.
func skipInRace(t *testing.T) {
	t.Helper()
	if raceDetector {
		t.Skip("make test runs it without the race detector")
	}
}

// fewer is n, or less under the race detector.
func fewer(n, inRace int) int {
	if raceDetector {
		return inRace
	}
	return n
}
