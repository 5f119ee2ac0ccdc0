//go:build root

package scanner

import (
	"context"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"minesweep"
	"minesweep/lab/wire"
)

// wireLab makes a laboratory that answers as r says.
func wireLab(t testing.TB, o wire.Options, r wire.Responder) *wire.Lab {
	t.Helper()
	l, err := wire.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := l.Answer(r); err != nil {
		t.Fatal(err)
	}
	return l
}

// gathered keeps what a scan found and how it ended.
type gathered struct {
	mu      sync.Mutex
	ports   map[netip.AddrPort]minesweep.Stack
	doubled int
	last    minesweep.Progress
	pace    time.Duration // that the store takes for each open port
}

func (g *gathered) Found(p minesweep.OpenPort) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.ports == nil {
		g.ports = make(map[netip.AddrPort]minesweep.Stack)
	}
	if _, ok := g.ports[p.Target]; ok {
		g.doubled++
	}
	g.ports[p.Target] = p.Stack
	time.Sleep(g.pace)
	return nil
}

func (g *gathered) Progress(p minesweep.Progress) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.last = p
	return nil
}

// synJob is one scan in a laboratory.
type synJob struct {
	rate, per24 int
	grant       string
	exclude     string
	plan        minesweep.Plan
	config      func(*SYNConfig)
}

// scan runs the job in the near network.
func (j synJob) scan(t testing.TB, l *wire.Lab, sink minesweep.Sink) error {
	t.Helper()
	grant := grantOf("lab", j.grant)
	grant.Rate, grant.RatePer24 = 5_000_000, max(j.per24, 1_000_000)
	if j.per24 > 0 {
		grant.RatePer24 = j.per24
	}
	b := &book{grants: []minesweep.Grant{grant}}
	if j.exclude != "" {
		b.exclude(j.exclude)
	}
	g, err := NewGuard(t.Context(), GuardConfig{Load: b.load, Rate: j.rate, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() { _ = g.Run(ctx) }()
	cfg := SYNConfig{Guard: g, Now: time.Now, Notice: func(s string) { t.Log(s) }}
	if j.config != nil {
		j.config(&cfg)
	}
	s, err := NewSYN(cfg)
	if err != nil {
		return err
	}
	return l.Near(func() error { return s.Scan(t.Context(), j.plan, sink) })
}

func checkTruth(t testing.TB, l *wire.Lab, sink *gathered, targets string, ports []uint16) {
	t.Helper()
	truth := 0
	for target := range l.Responder().Truth([]netip.Prefix{netip.MustParsePrefix(targets)}, ports) {
		truth++
		if _, ok := sink.ports[target]; !ok {
			t.Errorf("%s is open and was not found", target)
		}
	}
	if len(sink.ports) != truth || sink.doubled != 0 {
		t.Errorf("%d found, %d of them twice, %d open", len(sink.ports), sink.doubled, truth)
	}
}

func TestRootSYNFindsTheTruth(t *testing.T) {
	const targets = "100.64.0.0/17"
	ports := []uint16{1, 2, 3, 4}
	l := wireLab(t, wire.Options{}, wire.Responder{Seed: 7, OpenOneIn: 1000, RefusePercent: 10})
	for _, c := range []struct {
		rate     int
		noXDP    bool
		leavesBy string // what the notice says
	}{{rate: 50_000}, {noXDP: true}, {leavesBy: "AF_XDP"}} {
		rate := c.rate
		if err := l.Answer(*l.Responder()); err != nil {
			t.Fatal(err)
		}
		sink := &gathered{}
		plan := minesweep.Plan{Targets: setOf(t, targets), Ports: ports, Seed: 3}
		began := time.Now()
		notices := ""
		job := synJob{rate: rate, grant: targets, plan: plan, config: func(cfg *SYNConfig) {
			cfg.noXDP, cfg.Notice = c.noXDP, func(s string) { notices += s }
		}}
		if err := job.scan(t, l, sink); err != nil {
			t.Fatal(err)
		}
		if fast := strings.Contains(notices, "leave near0 by AF_XDP"); fast != (c.leavesBy != "") {
			t.Errorf("rate %d: the engine says %q", rate, notices)
		}
		p, tally, line := sink.last, l.Tally(), l.Timeline()
		checkTruth(t, l, sink, targets, ports)
		if p.Sent != 1<<17 || tally.SYNs != p.Sent || p.Cursor != p.Total || p.Closed != tally.Refused || p.Dropped != 0 {
			t.Errorf("sent %d, on the wire %d, progress %+v, %+v", p.Sent, tally.SYNs, p, tally)
		}
		t.Logf("rate %d: %.0f packets/s in %s, max 100 ms %d, peak %d, cpus %d", rate, line.PerSecond(), time.Since(began),
			line.Max(100*time.Millisecond), p.PeakRate, runtime.NumCPU())
	}
}
