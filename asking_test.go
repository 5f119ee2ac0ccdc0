package minesweep_test

import (
	"context"
	"math/rand/v2"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"minesweep"
)

// trickle finds ports in bursts while others are asked.
type trickle struct {
	ports []minesweep.OpenPort
	rnd   *rand.Rand
	pause func()
}

func (f trickle) Scan(_ context.Context, _ minesweep.Plan, sink minesweep.Sink) error {
	for rest := f.ports; len(rest) > 0; {
		n := min(1+f.rnd.IntN(40), len(rest))
		for _, p := range rest[:n] {
			if err := sink.Found(p); err != nil {
				return err
			}
		}
		rest = rest[n:]
		if err := sink.Progress(minesweep.Progress{}); err != nil {
			return err
		}
		f.pause()
	}
	return nil
}

// late is a queue whose pages are old when they come: others have settled
// ports of them meanwhile.
type late struct {
	*memory
	pause func()
}

func (q late) Pending(ctx context.Context, after int64, limit int) ([]minesweep.OpenPort, int64, error) {
	open, next, err := q.memory.Pending(ctx, after, min(limit, 16))
	q.pause()
	return open, next, err
}

// counted asks each port once and one port of a host at a time, or fails.
type counted struct {
	t     *testing.T
	mu    sync.Mutex
	busy  map[netip.Addr]bool
	times map[netip.AddrPort]int
	pause func(netip.AddrPort)
}

func (c *counted) Ask(_ context.Context, p minesweep.OpenPort, _ minesweep.Known) ([]minesweep.Reply, error) {
	addr := p.Target.Addr()
	c.mu.Lock()
	if c.busy[addr] {
		c.t.Errorf("%s is asked twice at the same time", addr)
	}
	c.busy[addr] = true
	c.times[p.Target]++
	c.mu.Unlock()
	c.pause(p.Target)
	c.mu.Lock()
	c.busy[addr] = false
	c.mu.Unlock()
	return []minesweep.Reply{{Target: p.Target}}, nil
}

// network is hosts in two /24s, some with many ports.
func network(rnd *rand.Rand) []minesweep.OpenPort {
	var out []minesweep.OpenPort
	for host := range 30 {
		addr := netip.AddrFrom4([4]byte{10, 0, byte(host % 2), byte(host)})
		ports := 1 + rnd.IntN(6)
		if host < 3 {
			ports = 14 // below the most that a host is asked on
		}
		for port := range ports {
			out = append(out, minesweep.OpenPort{Target: netip.AddrPortFrom(addr, uint16(port+1))})
		}
	}
	rnd.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

func TestEveryPortIsAskedOnce(t *testing.T) {
	for seed := range uint64(60) {
		rnd := rand.New(rand.NewPCG(seed, 3))
		ports := network(rnd)
		m := newMemory()
		for i := 0; i < len(ports); i += 7 { // what a crash left, some of it settled
			m.ports = append(m.ports, ports[i])
		}
		asker := &counted{t: t, busy: map[netip.Addr]bool{}, times: map[netip.AddrPort]int{}}
		asker.pause = func(p netip.AddrPort) {
			if p.Port()%3 == 0 {
				time.Sleep(time.Duration(p.Port()) * 10 * time.Microsecond) // any order will do
			}
		}
		nap := func() { time.Sleep(50 * time.Microsecond) }
		fresh := slices.DeleteFunc(slices.Clone(ports), func(p minesweep.OpenPort) bool { return slices.Contains(m.ports, p) })
		s := &minesweep.Sweeper{Scanner: trickle{fresh, rnd, nap}, Asker: asker, Judge: count{}, Assessor: count{},
			Recorder: m, Queue: late{m, nap}, History: m, Now: func() time.Time { return noon }, Asks: 1 + rnd.IntN(8)}
		minesweep.SetLineBounds(s, 1+rnd.IntN(4), 1+rnd.IntN(12), 1+rnd.IntN(5))
		if err := s.Run(t.Context(), minesweep.Plan{Ports: []uint16{3, 1, 2}}); err != nil {
			t.Fatal(err)
		}
		for _, p := range ports {
			if n := asker.times[p.Target]; n != 1 || !m.settled[p.Target] {
				t.Fatalf("seed %d: %s was asked %d times, settled: %t", seed, p.Target, n, m.settled[p.Target])
			}
		}
	}
}

// TestSlowHostsHoldNobody: hosts with many ports that do not end their answers
// keep an asker each, and every port of the others is asked meanwhile.
func TestSlowHostsHoldNobody(t *testing.T) {
	m := newMemory()
	slow := netip.MustParsePrefix("10.0.9.0/24")
	const others = 500
	for host := range byte(8) {
		for port := range uint16(100) {
			m.ports = append(m.ports, minesweep.OpenPort{Target: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 9, host}), port+1)})
		}
	}
	for host := range others {
		m.ports = append(m.ports, minesweep.OpenPort{Target: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(1 + host>>8), byte(host), 1}), 80)})
	}
	var mu sync.Mutex
	asked, released := 0, make(chan struct{})
	asker := &counted{t: t, busy: map[netip.Addr]bool{}, times: map[netip.AddrPort]int{}}
	asker.pause = func(p netip.AddrPort) {
		if slow.Contains(p.Addr()) {
			<-released
			return
		}
		mu.Lock()
		defer mu.Unlock()
		if asked++; asked == others {
			close(released)
		}
	}
	s := &minesweep.Sweeper{Scanner: finder{}, Asker: asker, Judge: count{}, Assessor: count{},
		Recorder: m, Queue: m, History: onlyReplies{m}, Now: func() time.Time { return noon }, Asks: 10}
	minesweep.SetLineBounds(s, 16, 64, 8)
	if err := s.Run(t.Context(), minesweep.Plan{}); err != nil {
		t.Fatal(err)
	}
	if len(m.settled) != len(m.ports) {
		t.Errorf("settled %d of %d", len(m.settled), len(m.ports))
	}
}

// onlyReplies spares the test the copies of all ports.
type onlyReplies struct{ *memory }

func (o onlyReplies) History(_ context.Context, a netip.Addr) ([]minesweep.OpenPort, []minesweep.Reply, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return nil, slices.Clone(o.replies[a]), nil
}
