package scanner

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"minesweep"
)

// linux is how most stacks answer.
var linux = minesweep.Stack{Heard: true, TTL: 63, Window: 65160, Options: "MSTNW"}

func openPort(target string, stack minesweep.Stack) minesweep.OpenPort {
	return minesweep.OpenPort{Target: netip.MustParseAddrPort(target), Stack: stack}
}

func TestSieveReadsTheStack(t *testing.T) {
	for _, tt := range []struct {
		name  string
		stack minesweep.Stack
		want  string
	}{
		{"not heard, as in a connect scan", minesweep.Stack{}, ""},
		{"Linux", linux, ""},
		{"SYN proxy", minesweep.Stack{Heard: true, TTL: 250}, "SYN proxy: window 0 and no options"},
		{"netfilter's SYNPROXY before a service", minesweep.Stack{Heard: true, TTL: 63, Options: "MSTNW"}, ""},
		{"LaBrea", minesweep.Stack{Heard: true, TTL: 250, Window: 10}, "tarpit: a window of 10 bytes and no options"},
		{"LaBrea at its least", minesweep.Stack{Heard: true, Window: 1}, "tarpit: a window of 1 bytes and no options"},
		{"the widest tarpit", minesweep.Stack{Heard: true, Window: 63}, "tarpit: a window of 63 bytes and no options"},
		{"a small device", minesweep.Stack{Heard: true, Window: 64}, ""},
		{"a small window with an MSS", minesweep.Stack{Heard: true, Window: 10, Options: "M"}, ""},
		{"lwIP without options", minesweep.Stack{Heard: true, TTL: 255, Window: 2144}, ""},
	} {
		if got := stackReason(tt.stack); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// knocked is a host that listens on the first of its unused ports, or on both.
type knocked struct {
	sieve *Sieve
	bytes chan int // that came on each connection
}

func newKnocked(t *testing.T, addr string, listeners int) *knocked {
	t.Helper()
	b := &book{grants: []minesweep.Grant{grantOf("lab", "127.0.0.0/8")}}
	b.exclude("127.66.6.0/24")
	host := netip.MustParseAddr(addr)
	k := &knocked{bytes: make(chan int, 10)}
	cfg := SieveConfig{Guard: newGuard(t, b, time.Now), Ports: tier1[:], ConnectTimeout: 10 * time.Second}
	var first, second uint16
	for free := false; !free; cfg.Seed++ { // on this machine others may use what a miner's does not
		k.sieve = NewSieve(cfg)
		var ok bool
		first, second, ok = k.sieve.unusedOf(host)
		if !ok || first == second || first < firstUnused || second > lastUnused {
			t.Fatalf("unused ports %d and %d, %v", first, second, ok)
		}
		free = isFree(host, first) && isFree(host, second)
	}
	for _, port := range []uint16{first, second}[:listeners] {
		serve(t, netip.AddrPortFrom(host, port).String(), func(c net.Conn) {
			n, _ := c.Read(make([]byte, 100))
			k.bytes <- n
		})
	}
	return k
}

func isFree(host netip.Addr, port uint16) bool {
	l, err := net.Listen("tcp4", netip.AddrPortFrom(host, port).String())
	return err == nil && l.Close() == nil
}

func TestSieveKnocksWhereNobodyListens(t *testing.T) {
	quiet := minesweep.Stack{}
	for _, tt := range []struct {
		name      string
		addr      string
		listeners int
		port      minesweep.OpenPort
		known     []minesweep.OpenPort
		held      bool
		knocks    uint64
	}{
		{"a router that forwards one port", "127.66.1.1", 0, openPort("127.66.1.1:80", linux), nil, false, 1},
		{"a service on the unlucky port", "127.66.1.2", 1, openPort("127.66.1.2:80", linux), nil, false, 2},
		{"every port open", "127.66.1.3", 2, openPort("127.66.1.3:80", linux), nil, true, 2},
		{"every port open, found by connecting", "127.66.1.4", 2, openPort("127.66.1.4:80", quiet), nil, true, 2},
		{"every port open and alike", "127.66.1.5", 2, openPort("127.66.1.5:80", linux),
			[]minesweep.OpenPort{openPort("127.66.1.5:80", linux), openPort("127.66.1.5:443", linux), openPort("127.66.1.5:3333", linux)}, true, 2},
		{"a service behind a box that opens all the rest", "127.66.1.6", 2, openPort("127.66.1.6:80", linux),
			[]minesweep.OpenPort{openPort("127.66.1.6:80", linux), openPort("127.66.1.6:443", boxed), openPort("127.66.1.6:3333", boxed)}, false, 2},
		{"out of scope", "127.66.6.1", 2, openPort("127.66.6.1:80", linux), nil, false, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			k := newKnocked(t, tt.addr, tt.listeners)
			why, err := k.sieve.Sift(t.Context(), tt.port, tt.known)
			if err != nil || (why != "") != tt.held {
				t.Fatalf("%q, %v; held back: want %v", why, err, tt.held)
			}
			if tt.held && !strings.HasSuffix(why, "where nobody listens: "+minesweep.EveryPortOpen) {
				t.Errorf("the reason is %q", why)
			}
			if n := k.sieve.cfg.Guard.Counts().Admitted; n != tt.knocks {
				t.Errorf("%d connections, want %d", n, tt.knocks)
			}
			if n := k.sieve.hosts.len(); (n > 0) != (tt.knocks > 0) {
				t.Errorf("%d hosts are remembered", n)
			}
		})
	}
}

// boxed is how a middlebox of these tests answers.
var boxed = minesweep.Stack{Heard: true, TTL: 55, Window: 8192, Options: "M"}

func TestSieveKnocksOnceAndSaysNothing(t *testing.T) {
	k := newKnocked(t, "127.66.2.1", 2)
	for _, port := range []string{"80", "443", "3333"} {
		if why, err := k.sieve.Sift(t.Context(), openPort("127.66.2.1:"+port, linux), nil); why == "" || err != nil {
			t.Errorf("port %s: %q, %v", port, why, err)
		}
	}
	if n := k.sieve.cfg.Guard.Counts().Admitted; n != 2 {
		t.Errorf("%d connections, want 2", n)
	}
	for range 2 {
		if n := <-k.bytes; n != 0 {
			t.Errorf("%d bytes were sent", n)
		}
	}
}

func TestSieveKnocksNowhereWhereItNeedNot(t *testing.T) {
	k := newKnocked(t, "127.66.2.2", 2)
	if why, err := k.sieve.Sift(t.Context(), openPort("127.66.2.2:80", minesweep.Stack{Heard: true}), nil); why == "" || err != nil {
		t.Errorf("a SYN proxy: %q, %v", why, err)
	}
	all, err := ParsePorts("-")
	if err != nil {
		t.Fatal(err)
	}
	s := NewSieve(SieveConfig{Guard: k.sieve.cfg.Guard, Ports: all})
	if why, err := s.Sift(t.Context(), openPort("127.66.2.2:80", linux), nil); why != "" || err != nil {
		t.Errorf("every port is swept: %q, %v", why, err)
	}
	if n := k.sieve.cfg.Guard.Counts().Admitted; n != 0 {
		t.Errorf("%d connections, want none", n)
	}
}

func TestSieveStopsWithTheContext(t *testing.T) {
	k := newKnocked(t, "127.66.2.3", 2)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if why, err := k.sieve.Sift(ctx, openPort("127.66.2.3:80", linux), nil); !errors.Is(err, context.Canceled) || why != "" {
		t.Errorf("%q, %v", why, err)
	}
	if why, err := k.sieve.Sift(t.Context(), openPort("127.66.2.3:80", linux), nil); why == "" || err != nil {
		t.Errorf("what was not found out was remembered: %q, %v", why, err)
	}
}

// TestUnusedPortsAreUnused looks at all that may be chosen.
func TestUnusedPortsAreUnused(t *testing.T) {
	swept := []uint16{20001, 60999}
	ports := unusedPorts(swept)
	if len(ports) < 30000 {
		t.Fatalf("only %d", len(ports))
	}
	for _, port := range ports {
		for _, used := range append(AllTiers(), swept...) {
			if port == used || port < 20000 || port > 60999 {
				t.Fatalf("port %d is used", port)
			}
		}
	}
	s := NewSieve(SieveConfig{Ports: swept, Seed: 7})
	chosen := make(map[uint16]bool)
	for i := range 256 {
		first, second, _ := s.unusedOf(netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}))
		if first == second {
			t.Errorf("10.0.0.%d: the same port twice", i)
		}
		chosen[first] = true
	}
	if len(chosen) < 200 {
		t.Errorf("256 hosts have only %d ports", len(chosen))
	}
}

func TestRecentForgetsWhatWasUsedLongestAgo(t *testing.T) {
	r := newRecent[int, string](3)
	for i, s := range []string{"a", "b", "c"} {
		r.put(i, s)
	}
	r.get(0)
	r.put(1, "B")
	r.put(3, "d")
	if _, ok := r.get(2); ok || r.len() != 3 {
		t.Errorf("%d are kept, the one used longest ago %v", r.len(), ok)
	}
	for key, want := range map[int]string{0: "a", 1: "B", 3: "d"} {
		if got, ok := r.get(key); !ok || got != want {
			t.Errorf("%d: %q, %v", key, got, ok)
		}
	}
}

func TestSieveIsBounded(t *testing.T) {
	all, err := ParsePorts("-")
	if err != nil {
		t.Fatal(err)
	}
	s := NewSieve(SieveConfig{Ports: all, Hosts: 8, Groups: 8})
	for i := range 5000 {
		p := minesweep.OpenPort{Target: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(i >> 8), byte(i), 1}), 80), Stack: linux}
		if why, err := s.Sift(t.Context(), p, nil); why != "" || err != nil {
			t.Fatal(why, err)
		}
		s.Heard(p, nil, nil)
	}
	if s.hosts.len() > 8 || s.alike.groups.len() > 8 || s.alike.real.len() > 8 {
		t.Errorf("%d hosts, %d groups", s.hosts.len(), s.alike.groups.len())
	}
}
