package minesweep_test

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"minesweep"
)

// memory is a store in memory with what the loop needs.
type memory struct {
	mu      sync.Mutex
	ports   []minesweep.OpenPort
	settled map[netip.AddrPort]bool
	replies map[netip.Addr][]minesweep.Reply
	hosts   map[netip.Addr]minesweep.Host
	fail    error
}

func newMemory() *memory {
	return &memory{settled: map[netip.AddrPort]bool{}, replies: map[netip.Addr][]minesweep.Reply{}, hosts: map[netip.Addr]minesweep.Host{}}
}

func (m *memory) Checkpoint(_ context.Context, _ minesweep.Progress, found []minesweep.OpenPort) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ports = append(m.ports, found...)
	return m.fail
}

func (m *memory) Pending(_ context.Context, after int64, limit int) ([]minesweep.OpenPort, int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []minesweep.OpenPort
	for ; int(after) < len(m.ports) && len(out) < limit; after++ {
		if p := m.ports[after]; !m.settled[p.Target] {
			out = append(out, p)
		}
	}
	return out, after, nil
}

func (m *memory) Settle(_ context.Context, p minesweep.OpenPort, r []minesweep.Reply, h minesweep.Host) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.settled[p.Target] = true
	m.replies[h.Address] = append(m.replies[h.Address], r...)
	m.hosts[h.Address] = h
	return nil
}

func (m *memory) History(_ context.Context, a netip.Addr) ([]minesweep.OpenPort, []minesweep.Reply, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.ports), slices.Clone(m.replies[a]), nil
}

// finder is a scanner that finds every port of ten addresses.
type finder struct{ ports int }

func (f finder) Scan(_ context.Context, _ minesweep.Plan, sink minesweep.Sink) error {
	for i := range f.ports {
		p := minesweep.OpenPort{Target: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i % 10)}), uint16(1+i/10))}
		if err := sink.Found(p); err != nil {
			return err
		}
	}
	return sink.Progress(minesweep.Progress{})
}

// echo answers each port with its own number and fails if a host is asked on
// two ports at the same time.
type echo struct {
	t    *testing.T
	mu   sync.Mutex
	busy map[netip.Addr]bool
	wait chan struct{}
}

func (e *echo) Ask(ctx context.Context, p minesweep.OpenPort, _ minesweep.Known) ([]minesweep.Reply, error) {
	addr := p.Target.Addr()
	e.mu.Lock()
	if e.busy[addr] {
		e.t.Errorf("%s is asked twice at the same time", addr)
	}
	e.busy[addr] = true
	e.mu.Unlock()
	if e.wait != nil {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	e.mu.Lock()
	e.busy[addr] = false
	e.mu.Unlock()
	return []minesweep.Reply{{Target: p.Target, Raw: []byte("worker bob")}}, nil
}

// count is a judge and assessor that shows how many replies it was given.
type count struct{}

func (count) Judge(r []minesweep.Reply) []minesweep.Evidence {
	return []minesweep.Evidence{{Weight: len(r), Quote: string(r[0].Raw)}}
}

func (count) Assess(o minesweep.Observation) minesweep.Host {
	return minesweep.Host{Address: o.Address, Model: o.Evidence[0].Quote, Ports: make([]minesweep.HostPort, o.Evidence[0].Weight)}
}

// scrub takes every reply's text away.
type scrub struct{}

func (scrub) Scrub(_ *minesweep.Grant, replies []minesweep.Reply) []minesweep.Reply {
	for i := range replies {
		replies[i].Raw = []byte("worker #")
	}
	return replies
}

func newSweeper(t *testing.T, m *memory, ports int) (*minesweep.Sweeper, *echo) {
	asker := &echo{t: t, busy: map[netip.Addr]bool{}}
	return &minesweep.Sweeper{Scanner: finder{ports}, Asker: asker, Judge: count{}, Assessor: count{}, Scrubber: scrub{},
		Recorder: m, Queue: m, History: m, Now: func() time.Time { return noon }}, asker
}

func TestSweepSettlesEveryOpenPort(t *testing.T) {
	m := newMemory()
	s, _ := newSweeper(t, m, 1000)
	if err := s.Run(t.Context(), minesweep.Plan{Ports: make([]uint16, 100)}); err != nil {
		t.Fatal(err)
	}
	if len(m.settled) != 1000 || len(m.hosts) != 10 {
		t.Errorf("settled %d ports of %d hosts, want 1000 of 10", len(m.settled), len(m.hosts))
	}
	for addr, h := range m.hosts {
		// A host is asked on 16 ports at most; the last judgement saw them all.
		if len(h.Ports) != 16 {
			t.Errorf("%s: last judged with %d replies, want 16", addr, len(h.Ports))
		}
		if h.Model != "worker #" {
			t.Errorf("%s: judged before it was scrubbed: %q", addr, h.Model)
		}
	}
}

func TestSweepGoesOnWithWhatACrashLeft(t *testing.T) {
	m := newMemory()
	m.ports = []minesweep.OpenPort{{Target: netip.MustParseAddrPort("10.0.9.9:80")}}
	s, _ := newSweeper(t, m, 0)
	if err := s.Run(t.Context(), minesweep.Plan{}); err != nil {
		t.Fatal(err)
	}
	if !m.settled[m.ports[0].Target] {
		t.Error("an open port that an earlier process found was not asked")
	}
}

func TestSweepStopsWithTheContext(t *testing.T) {
	m := newMemory()
	s, asker := newSweeper(t, m, 5)
	asker.wait = make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	s.Watch = func(minesweep.Progress) { cancel() }
	if err := s.Run(ctx, minesweep.Plan{}); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	if len(m.ports) != 5 || len(m.settled) != 0 {
		t.Errorf("found %d, settled %d: what was found must stay, what was not asked must not be settled", len(m.ports), len(m.settled))
	}
}

func TestSweepFailsWhenTheStoreFails(t *testing.T) {
	m := newMemory()
	m.fail = errors.New("disk full")
	s, _ := newSweeper(t, m, 5)
	if err := s.Run(t.Context(), minesweep.Plan{}); err == nil || err.Error() != "disk full" {
		t.Errorf("got %v", err)
	}
}

// holdBack is a sieve that lets only the ports from a number on through, and
// remembers what it is told.
type holdBack struct {
	from  uint16
	mu    sync.Mutex
	heard map[netip.AddrPort]string
}

func (h *holdBack) Sift(_ context.Context, p minesweep.OpenPort, _ []minesweep.OpenPort) (string, error) {
	if p.Target.Port() < h.from {
		return "SYN proxy", nil
	}
	return "", nil
}

func (h *holdBack) Heard(p minesweep.OpenPort, replies []minesweep.Reply, _ []minesweep.Evidence) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(replies) > 0 {
		h.heard[p.Target] = replies[0].Probe + replies[0].Refused
	}
}

// TestSweepAsksNotWhatTheSieveHoldsBack holds more ports of each host back than
// are asked: the ones behind must be asked all the same.
func TestSweepAsksNotWhatTheSieveHoldsBack(t *testing.T) {
	m := newMemory()
	s, _ := newSweeper(t, m, 300)
	sieve := &holdBack{from: 26, heard: map[netip.AddrPort]string{}}
	s.Sieve = sieve
	if err := s.Run(t.Context(), minesweep.Plan{Ports: make([]uint16, 30)}); err != nil {
		t.Fatal(err)
	}
	asked, held := 0, 0
	for target, said := range sieve.heard {
		switch {
		case said == "":
			asked++
		case said == "sieveSYN proxy" && target.Port() < 26:
			held++
		}
	}
	if asked != 50 || held != 250 || len(m.settled) != 300 {
		t.Errorf("asked %d, held back %d, settled %d; want 50, 250, 300", asked, held, len(m.settled))
	}
	for addr, replies := range m.replies {
		if len(replies) != 30 {
			t.Errorf("%s: %d replies are stored, want 30", addr, len(replies))
		}
	}
}

func TestSweepFailsWhenTheSieveFails(t *testing.T) {
	m := newMemory()
	s, _ := newSweeper(t, m, 5)
	s.Sieve = failing{}
	if err := s.Run(t.Context(), minesweep.Plan{}); err == nil || err.Error() != "sieve broke" || len(m.settled) > 0 {
		t.Errorf("got %v, settled %d", err, len(m.settled))
	}
}

type failing struct{ minesweep.Sieve }

func (failing) Sift(context.Context, minesweep.OpenPort, []minesweep.OpenPort) (string, error) {
	return "", errors.New("sieve broke")
}
