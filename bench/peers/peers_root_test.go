//go:build root && linux

package main

import (
	"context"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func newTestGround(t *testing.T) *ground {
	t.Helper()
	g, err := newGround()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.lab.Close(); err != nil {
			t.Error(err)
		}
	})
	return g
}

// Each program that is here does a small job: what the laboratory counted is
// what was asked, and what it parsed is true.
func TestRootEachProgramDoesTheJob(t *testing.T) {
	g := newTestGround(t)
	for _, p := range catalogue(options{minesweep: "minesweep", naabu: "../../.bin/naabu"}) {
		t.Run(p.name, func(t *testing.T) {
			path, err := exec.LookPath(p.path)
			if err == nil {
				p.path, err = filepath.Abs(path)
			}
			switch {
			case err != nil && p.ours:
				t.Fatalf("%v; make test-root builds it", err)
			case err != nil && os.Getenv("CI") != "" && !strings.HasPrefix(p.name, naabuName):
				t.Fatalf("%v; .ci/run installs it", err)
			case err != nil: // naabu's own program needs modules that are not always to be had
				t.Skip(err)
			}
			r, err := g.measure(t.Context(), p, newJob("100.64.0.0/20", 4, 20_000))
			if err != nil {
				t.Fatal(err)
			}
			// The kernel tries a connection a second time.
			if again := p.name != minesweepSYN && p.ours && r.sent > 1<<14; r.sent != 1<<14 && !again || r.outside != 0 || r.score.untrue != 0 || r.score.truth == 0 || r.score.found == 0 {
				t.Errorf("%s", r)
			}
			if p.name == minesweepSYN && r.score.found != r.score.truth {
				t.Errorf("missed some: %s", r)
			}
			if r.cpu == 0 || r.resident < 1e6 || r.active == 0 || r.wall < r.active {
				t.Errorf("CPU %v, %d bytes, active %v of %v", r.cpu, r.resident, r.active, r.wall)
			}
		})
	}
}

// A program that goes where it may not, finds what is not there and fails is seen.
func TestRootMeasureSeesMisdeeds(t *testing.T) {
	g := newTestGround(t)
	liar := program{name: "liar", path: "minesweep", steps: func(path string, _ job, s site) []step {
		ask := exec.Command(path, "grant", "add", "lab", "100.64.9.0/30", "--authority", "a", "--basis", "b", "--db", storeOf(s.dir))
		if out, err := ask.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		args := []string{path, "scan", "100.64.9.0/30", "--ports", "1-4", "--engine", "syn", "--no-questions", "--db", storeOf(s.dir)}
		parse := func(io.Reader) ([]netip.AddrPort, error) { return targets("192.0.2.1:1"), nil }
		return []step{{args: args, parse: parse, ports: 4}}
	}}
	r, err := g.measure(t.Context(), liar, newJob("100.64.0.0/30", 4, 0))
	if err != nil || r.outside != 16 || r.score.untrue != 1 {
		t.Errorf("%s, %v; want 16 packets outside and an untrue port", r, err)
	}
	broken := program{name: "broken", path: "sh", steps: func(path string, _ job, _ site) []step {
		return []step{{args: []string{path, "-c", "echo it is broken >&2; exit 3"}, ports: 1}}
	}}
	_, err = g.measure(context.WithoutCancel(t.Context()), broken, newJob("100.64.0.0/30", 4, 0))
	if err == nil || !strings.Contains(err.Error(), "it is broken") {
		t.Errorf("%v; want what the program said", err)
	}
}
