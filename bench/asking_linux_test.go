package bench

import (
	"context"
	"net"
	"net/netip"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go4.org/netipx"
	"golang.org/x/sys/unix"

	"minesweep"
	"minesweep/db"
	"minesweep/mapper"
	"minesweep/probes"
	"minesweep/probes/fingerprints"
	"minesweep/scanner"
)

// silence accepts on one port of every loopback address and says nothing.
type silence struct {
	l    net.Listener
	port uint16
	open atomic.Int64
	most atomic.Int64
}

func newSilence(tb testing.TB) *silence {
	tb.Helper()
	lc := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) (err error) {
		cerr := c.Control(func(fd uintptr) { err = unix.BindToDevice(int(fd), "lo") })
		if err == nil {
			err = cerr
		}
		return err
	}}
	l, err := lc.Listen(tb.Context(), "tcp4", "0.0.0.0:0")
	if err != nil {
		tb.Skipf("no listener on every address of loopback: %v", err)
	}
	s := &silence{l: l, port: uint16(l.Addr().(*net.TCPAddr).Port)}
	tb.Cleanup(func() { l.Close() })
	go s.accept()
	return s
}

func (s *silence) accept() {
	for {
		conn, err := s.l.Accept()
		if err != nil {
			return
		}
		now := s.open.Add(1)
		if now > s.most.Load() {
			s.most.Store(now)
		}
		go func() {
			_, _ = conn.Read(make([]byte, 1)) // its question
			for err := error(nil); err == nil; {
				_, err = conn.Read(make([]byte, 1)) // and then until it hangs up
			}
			conn.Close()
			s.open.Add(-1)
		}()
	}
}

// given is discovery that is done already.
type given []minesweep.OpenPort

func (g given) Scan(_ context.Context, _ minesweep.Plan, sink minesweep.Sink) error {
	for _, p := range g {
		if err := sink.Found(p); err != nil {
			return err
		}
	}
	return sink.Progress(minesweep.Progress{})
}

// stage is the asking stage with everything real but discovery.
func stage(tb testing.TB, asks int, cfg probes.AskerConfig) *minesweep.Sweeper {
	tb.Helper()
	grant := minesweep.Grant{Name: "lab", Prefixes: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Rate: 1e6, RatePer24: 1e6}
	guard, err := scanner.NewGuard(tb.Context(), scanner.GuardConfig{Now: time.Now, Load: func(context.Context) (*minesweep.Scope, error) {
		return minesweep.NewScope([]minesweep.Grant{grant}, nil, time.Now())
	}})
	must(tb, err)
	go func() { _ = guard.Run(tb.Context()) }()
	rules, err := fingerprints.Load(fingerprints.Embedded())
	must(tb, err)
	m, err := mapper.New(mapper.Config{Key: make([]byte, 32)})
	must(tb, err)
	cfg.Dialer, cfg.Now = guard, time.Now
	return &minesweep.Sweeper{Asker: probes.NewAsker(cfg), Judge: rules, Assessor: m, Scrubber: m, Now: time.Now, Asks: asks,
		Grant: func(netip.Addr) *minesweep.Grant { return &grant }}
}

// over joins the stage to a store that holds nothing yet.
func over(tb testing.TB, s *minesweep.Sweeper) *db.Journal {
	tb.Helper()
	store, err := db.Open(tb.Context(), filepath.Join(tb.TempDir(), "bench.db"), time.Now)
	must(tb, err)
	tb.Cleanup(func() { must(tb, store.Close()) })
	var b netipx.IPSetBuilder
	b.AddPrefix(netip.MustParsePrefix("127.0.0.0/8"))
	targets, err := b.IPSet()
	must(tb, err)
	j, err := store.BeginSweep(tb.Context(), db.SweepSpec{Targets: targets, Ports: []uint16{80}, Alive: func(db.Owner) bool { return false }})
	must(tb, err)
	s.Recorder, s.Queue, s.History = j, j, j
	return j
}

// peak samples the memory of the process until stopped.
func peak(tb testing.TB) (most func() uint64) {
	var high uint64
	var done sync.WaitGroup
	stop := make(chan struct{})
	sample := func() {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		high = max(high, m.HeapInuse+m.StackInuse)
	}
	done.Go(func() {
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				sample()
			}
		}
	})
	return func() uint64 {
		close(stop)
		done.Wait()
		sample()
		return high
	}
}

// hosts are n addresses of loopback over many /24s, each with one open port.
func hosts(n int, port uint16) given {
	out := make(given, n)
	for i := range out {
		addr := netip.AddrFrom4([4]byte{127, byte(10 + i>>16), byte(i), byte(1 + i>>8&0x7f)})
		out[i] = minesweep.OpenPort{Target: netip.AddrPortFrom(addr, port), At: time.Now(), Engine: "syn"}
	}
	return out
}

// TestSilentHostsCostLittle asks 20,000 hosts that accept and say nothing:
// hundreds at a time, in memory that follows how many are asked and not how
// many there are.
func TestSilentHostsCostLittle(t *testing.T) {
	const asks, ceiling = 1000, 128 << 20
	quiet := newSilence(t)
	n := 20000
	if inRace {
		n = 4000 // the detector is slow, and memory is not what it looks for
	}
	ports := hosts(n, quiet.port)
	s := stage(t, asks, probes.AskerConfig{Idle: 30 * time.Millisecond, Total: 100 * time.Millisecond, Banner: 20 * time.Millisecond})
	m := &ledger{left: len(ports), settled: make(map[netip.AddrPort]bool, len(ports))}
	s.Scanner, s.Recorder, s.Queue, s.History = ports, m, m, m
	runtime.GC()
	before := peak(t)()
	most := peak(t)
	must(t, s.Run(t.Context(), minesweep.Plan{Ports: []uint16{quiet.port}}))
	high := most()
	t.Logf("%d MB at most, %d MB before, with %d connections open at the server, whose memory is in it too", high>>20, before>>20, quiet.most.Load())
	if m.left != 0 {
		t.Errorf("%d ports were not settled", m.left)
	}
	if high > ceiling {
		t.Errorf("%d MB, at most %d are allowed", high>>20, ceiling>>20)
	}
	if n := quiet.most.Load(); n < asks/4 {
		t.Errorf("at most %d connections at the same time, want about %d", n, asks)
	}
}

// ledger is a queue in memory that keeps no more than what is to be asked.
type ledger struct {
	mu      sync.Mutex
	ports   []minesweep.OpenPort
	settled map[netip.AddrPort]bool
	left    int
}

func (l *ledger) Checkpoint(_ context.Context, _ minesweep.Progress, found []minesweep.OpenPort) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ports = append(l.ports, found...)
	return nil
}

func (l *ledger) Pending(_ context.Context, after int64, limit int) ([]minesweep.OpenPort, int64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var page []minesweep.OpenPort
	for int(after) < len(l.ports) && len(page) < limit {
		if p := l.ports[after]; !l.settled[p.Target] {
			page = append(page, p)
		}
		after++
	}
	return page, after, nil
}

func (l *ledger) Settle(_ context.Context, p minesweep.OpenPort, _ []minesweep.Reply, _ minesweep.Host) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.settled[p.Target] = true
	l.left--
	return nil
}

// History says that a host was asked so much on another port that this one
// gets its first question only: the test is of connections, not of questions.
func (l *ledger) History(_ context.Context, addr netip.Addr) ([]minesweep.OpenPort, []minesweep.Reply, error) {
	reply := minesweep.Reply{Target: netip.AddrPortFrom(addr, 1), Probe: "http/", Request: []byte("GET")}
	return nil, slices.Repeat([]minesweep.Reply{reply}, 8), nil
}

// BenchmarkAskSilent asks 5,000 silent hosts with the time-outs of a real
// sweep, and settles them in a real store.
func BenchmarkAskSilent(b *testing.B) {
	quiet := newSilence(b)
	for b.Loop() {
		s := stage(b, 2048, probes.AskerConfig{})
		over(b, s)
		s.Scanner = hosts(5000, quiet.port)
		most := peak(b)
		must(b, s.Run(b.Context(), minesweep.Plan{Ports: []uint16{quiet.port}}))
		b.ReportMetric(float64(most()>>20), "MB")
		b.ReportMetric(float64(quiet.most.Load()), "in-flight")
	}
}
