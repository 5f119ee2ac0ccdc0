//go:build root

package scanner

import (
	"encoding/binary"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go4.org/netipx"
	"golang.org/x/sys/unix"

	"minesweep"
	"minesweep/lab/wire"
)

// TestRootSYNFindsIPv6 takes a list of addresses all over a network.
func TestRootSYNFindsIPv6(t *testing.T) {
	t.Parallel()
	l := wireLab(t, wire.Options{}, wire.Responder{Seed: 8, OpenOneIn: 20, RefusePercent: 10, Scope: prefixesOf("fd00:2::/96")})
	var b netipx.IPSetBuilder
	for i := range uint32(2000) {
		a := netip.MustParseAddr("fd00:2::").As16()
		binary.BigEndian.PutUint32(a[12:], i*2_147_000)
		b.Add(netip.AddrFrom16(a))
	}
	targets, err := b.IPSet()
	if err != nil {
		t.Fatal(err)
	}
	plan := minesweep.Plan{Targets: targets, Ports: []uint16{80, 4028}, Seed: 3}
	g := oneGrant("fd00:2::/96")
	g.exclude("fd00:2::8000:0/98")
	s := wireJob{book: g, rate: 10_000, plan: plan, near: l.Near}.start(t)
	p := s.finish(t)
	var in netipx.IPSetBuilder
	in.AddSet(targets)
	in.RemovePrefix(netip.MustParsePrefix("fd00:2::8000:0/98"))
	allowed, err := in.IPSet()
	if err != nil {
		t.Fatal(err)
	}
	isTruth(t, l, s.found(), allowed, plan.Ports)
	if tally := l.Tally(); p.Refused < 900 || p.Sent+p.Refused != 4000 || tally.SYNs != p.Sent || tally.Outside != 0 {
		t.Errorf("%+v\n%+v", p, tally)
	}
}

// wiring is a near network and a far one whose own kernel answers.
type wiring struct {
	near, far *routeNet
	mu        sync.Mutex
	sources   map[string]int // SYNs that came to the far side, by device and source
}

func newWiring(t *testing.T) *wiring {
	t.Helper()
	w := &wiring{near: newRouteNet(t), far: newRouteNet(t), sources: make(map[string]int)}
	return w
}

// listen accepts on port of every address of the far side.
func (w *wiring) listen(t *testing.T, port uint16) {
	t.Helper()
	err := w.far.Inside(func() error {
		l, err := net.Listen("tcp", fmt.Sprintf(":%d", port))
		if err == nil {
			t.Cleanup(func() { _ = l.Close() })
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// packetSocket opens one on a device of n.
func packetSocket(t *testing.T, n *routeNet, device string) int {
	t.Helper()
	var fd int
	err := n.Inside(func() error {
		const all = unix.ETH_P_ALL<<8 | unix.ETH_P_ALL>>8
		dev, err := net.InterfaceByName(device)
		if err != nil {
			return err
		}
		if fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0); err != nil {
			return err
		}
		if err := unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1); err != nil {
			return err
		}
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 16<<20); err != nil {
			return err
		}
		if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Usec: 50_000}); err != nil {
			return err
		}
		return unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: all, Ifindex: dev.Index})
	})
	if err != nil {
		t.Fatal(err)
	}
	return fd
}

// frames hands what comes in on a device to take, until the test ends.
func frames(t *testing.T, n *routeNet, device string, take func(fd int, frame []byte)) {
	t.Helper()
	fd := packetSocket(t, n, device)
	stop, done := make(chan struct{}), make(chan struct{})
	t.Cleanup(func() { close(stop); <-done; _ = unix.Close(fd) })
	go func() {
		defer close(done)
		frame := make([]byte, 2048)
		for {
			length, err := unix.Read(fd, frame)
			if err == nil {
				take(fd, frame[:length])
				continue
			}
			select {
			case <-stop:
				return
			default:
			}
		}
	}()
}

// capture counts the SYNs that come in on a far device.
func (w *wiring) capture(t *testing.T, device string) {
	frames(t, w.far, device, func(_ int, frame []byte) {
		if len(frame) < 54 || binary.BigEndian.Uint16(frame[12:]) != unix.ETH_P_IP || frame[23] != protoTCP || frame[47] != flagSYN {
			return
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		w.sources[device+" "+netip.AddrFrom4([4]byte(frame[26:30])).String()]++
	})
}

// sweep probes targets on ports 4028, where the far side listens, and 4029.
func (w *wiring) sweep(t *testing.T, config func(*SYNConfig), targets ...string) *wireScan {
	t.Helper()
	plan := minesweep.Plan{Targets: setOf(t, targets...), Ports: []uint16{4028, 4029}, Seed: 4}
	return wireJob{book: oneGrant(targets...), rate: 5000, plan: plan, near: w.near.Inside, config: config}.start(t)
}

// allOpen fails the test where not port 4028 of each target was found, and
// 4029 was heard to be closed.
func allOpen(t *testing.T, s *wireScan, targets ...string) {
	t.Helper()
	p, n := s.finish(t), 0
	for _, prefix := range setOf(t, targets...).Prefixes() {
		for a := prefix.Addr(); prefix.Contains(a); a = a.Next() {
			n++
			if _, ok := s.found()[netip.AddrPortFrom(a, 4028)]; !ok {
				t.Errorf("%s listens and was not found", a)
			}
		}
	}
	if int(p.Open) != n || int(p.Closed) != n || len(s.found()) != n || int(p.Sent) != 2*n {
		t.Errorf("of %d: %d found, %+v", n, len(s.found()), p)
	}
}

// TestRootSYNTakesEveryWay sweeps by two cables at once, from several addresses,
// and what lies on the link itself.
func TestRootSYNTakesEveryWay(t *testing.T) {
	t.Parallel()
	w := newWiring(t)
	w.near.join(t, "e0", w.far, "f0")
	w.near.join(t, "e1", w.far, "f1")
	w.near.ip(t, "addr add 10.61.0.1/24 dev e0", "addr add 10.61.0.3/24 dev e0", "addr add 10.61.0.4/24 dev e0",
		"addr add 10.62.0.1/24 dev e1", "route add 10.63.0.0/25 via 10.61.0.2", "route add 10.64.0.0/25 via 10.62.0.2",
		"-6 addr add fd00:67::1/64 dev e0 nodad")
	w.far.ip(t, "addr add 10.61.0.2/24 dev f0", "addr add 10.62.0.2/24 dev f1",
		"-6 addr add fd00:67::2/64 dev f0 nodad", "-6 addr add fd00:67::3/64 dev f0 nodad",
		"addr add 10.61.0.9/24 dev f0", "addr add 10.61.0.10/24 dev f0",
		"route add local 10.63.0.0/25 dev lo", "route add local 10.64.0.0/25 dev lo")
	w.listen(t, 4028)
	w.capture(t, "f0")
	w.capture(t, "f1")
	for _, way := range []struct {
		name    string
		targets []string
		sources []string
		from    []string // device and source, as captured
	}{
		{"two cables", []string{"10.63.0.0/25", "10.64.0.0/25"}, nil, []string{"f0 10.61.0.1", "f1 10.62.0.1"}},
		{"three sources", []string{"10.63.0.0/25"}, []string{"10.61.0.1", "10.61.0.3", "10.61.0.4"},
			[]string{"f0 10.61.0.1", "f0 10.61.0.3", "f0 10.61.0.4"}},
		{"on the link", []string{"10.61.0.2/32", "10.61.0.9/32", "10.61.0.10/32"}, nil, []string{"f0 10.61.0.1"}},
		{"on the link and behind a gateway of it", []string{"10.61.0.9/32", "10.63.0.0/25"}, nil, []string{"f0 10.61.0.1"}},
		{"IPv6 on the link", []string{"fd00:67::2/127"}, nil, nil},
	} {
		t.Run(way.name, func(t *testing.T) {
			w.mu.Lock()
			clear(w.sources)
			w.mu.Unlock()
			s := w.sweep(t, func(c *SYNConfig) {
				for _, text := range way.sources {
					c.Sources = append(c.Sources, netip.MustParseAddr(text))
				}
			}, way.targets...)
			allOpen(t, s, way.targets...)
			time.Sleep(100 * time.Millisecond) // the capture's own pause
			w.mu.Lock()
			defer w.mu.Unlock()
			if got := slices.Sorted(maps.Keys(w.sources)); !slices.Equal(got, way.from) {
				t.Errorf("packets came by %v; want %v", w.sources, way.from)
			}
			for name, n := range w.sources {
				if n < int(s.progress().Sent)/len(way.from)/2 {
					t.Errorf("%s sent %d of %d", name, n, s.progress().Sent)
				}
			}
		})
	}
}

// TestRootSYNTakesAVLAN sweeps by a device for one VLAN of a cable.
func TestRootSYNTakesAVLAN(t *testing.T) {
	t.Parallel()
	w := newWiring(t)
	w.near.join(t, "e0", w.far, "f0")
	err := w.near.Inside(func() error {
		return exec.Command("ip", "link", "add", "link", "e0", "name", "e0.7", "type", "vlan", "id", "7").Run()
	})
	if err != nil {
		t.Skip("this kernel has no VLAN devices; Debian's has") // tagged answers are in TestRootSYNBelievesNoForgery
	}
	w.near.ip(t, "link set e0.7 up", "addr add 10.65.0.1/24 dev e0.7", "route add 10.66.0.0/25 via 10.65.0.2")
	w.far.ip(t, "link add link f0 name f0.7 type vlan id 7", "link set f0.7 up", "addr add 10.65.0.2/24 dev f0.7",
		"route add local 10.66.0.0/25 dev lo")
	w.listen(t, 4028)
	w.capture(t, "f0.7")
	allOpen(t, w.sweep(t, nil, "10.66.0.0/25"), "10.66.0.0/25")
	time.Sleep(100 * time.Millisecond) // the capture's own pause
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.sources["f0.7 10.65.0.1"] != 256 {
		t.Errorf("packets came by %v", w.sources)
	}
}

// TestRootSYNNobodyOnTheLink finds who is there among addresses that nobody has.
func TestRootSYNNobodyOnTheLink(t *testing.T) {
	t.Parallel()
	w := newWiring(t)
	w.near.join(t, "e0", w.far, "f0")
	w.near.ip(t, "addr add 10.61.0.1/24 dev e0")
	w.far.ip(t, "addr add 10.61.0.20/24 dev f0", "addr add 10.61.0.77/24 dev f0")
	w.listen(t, 4028)
	s := w.sweep(t, nil, "10.61.0.0/25")
	p := s.finish(t)
	var got []string
	for target := range s.found() {
		got = append(got, target.String())
	}
	slices.Sort(got)
	if want := "10.61.0.20:4028 10.61.0.77:4028"; strings.Join(got, " ") != want {
		t.Errorf("found %v; want %s; %+v", got, want, p)
	}
}
