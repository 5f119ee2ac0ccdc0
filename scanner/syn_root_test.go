//go:build root

package scanner

import (
	"errors"
	"net/netip"
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

func TestRootSYNFindsTheTruth(t *testing.T) {
	const targets = "100.64.0.0/17"
	ports := []uint16{1, 2, 3, 4}
	l := wireLab(t, wire.Options{}, wire.Responder{Seed: 7, OpenOneIn: 1000, RefusePercent: 10})
	for _, c := range []struct {
		rate  int
		noXDP bool
		noGRO bool
		xdp   bool // the notice says so
	}{{rate: 50_000}, {noXDP: true}, {xdp: true}, {rate: 50_000, noGRO: true}, {noGRO: true, xdp: true}} {
		if err := errors.Join(l.Answer(*l.Responder()), l.SetGRO(!c.noGRO)); err != nil {
			t.Fatal(err)
		}
		plan := minesweep.Plan{Targets: setOf(t, targets), Ports: ports, Seed: 3}
		notices := ""
		s := wireJob{book: oneGrant(targets), rate: c.rate, plan: plan, near: l.Near, config: func(cfg *SYNConfig) {
			cfg.noXDP, cfg.Notice = c.noXDP, func(s string) { notices += s }
		}}.start(t)
		p, tally := s.finish(t), l.Tally()
		if xdp := strings.Contains(notices, "leave near0 by AF_XDP"); xdp != c.xdp {
			t.Errorf("%+v: the engine says %q", c, notices)
		}
		isTruth(t, l, s.found(), plan.Targets, ports)
		if p.Sent != 1<<17 || tally.SYNs != p.Sent || p.Closed != tally.Refused || p.Dropped != 0 || s.doubled != 0 {
			t.Errorf("%+v: on the wire %d, %d twice, %+v, %+v", c, tally.SYNs, s.doubled, p, tally)
		}
		t.Logf("%+v: %.0f packets/s, most in 100 ms %d, in 1 s %d", c, l.Timeline().PerSecond(), l.Timeline().Max(100*time.Millisecond), p.PeakRate)
	}
}
