package scanner

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// canaryWatch is a target that is known to be open, and whether it answered.
type canaryWatch struct {
	target netip.AddrPort
	heard  atomic.Bool
}

// localCanary is a listener of ours on loopback. Its answers go through the
// same filter, ring and proof as all others.
type localCanary struct {
	canaryWatch
	listener *net.TCPListener
	revoke   func()
	fd       int
	guard    *Guard
	proof    *proof
}

// loopback returns the index of the loopback device.
func loopback() (int, error) {
	links, err := netlink.LinkList()
	if err != nil {
		return 0, fmt.Errorf("interfaces of this machine: %w", err)
	}
	for _, l := range links {
		if l.Attrs().Flags&net.FlagLoopback != 0 {
			if l.Attrs().Flags&net.FlagUp == 0 {
				return 0, fmt.Errorf("interface %s is down: switch it on with ip link set %s up", l.Attrs().Name, l.Attrs().Name)
			}
			return l.Attrs().Index, nil
		}
	}
	return 0, fmt.Errorf("this machine has no loopback device, where the canary listens")
}

func openLocalCanary(g *Guard, p *proof) (*localCanary, error) {
	listener, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, fmt.Errorf("canary: %w", err)
	}
	c := &localCanary{listener: listener, guard: g, proof: p}
	if c.target, c.revoke, err = g.permitOwn(listener); err != nil {
		_ = listener.Close()
		return nil, err
	}
	c.fd, err = unix.Socket(unix.AF_INET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.IPPROTO_RAW)
	if err != nil {
		c.revoke()
		_ = listener.Close()
		return nil, fmt.Errorf("canary: %w", err)
	}
	return c, nil
}

// probe sends one SYN to the listener, past the scope: the guard knows the
// listener as this process's own.
func (c *localCanary) probe(slot uint64) error {
	if !c.guard.own.has(c.target) {
		return fmt.Errorf("canary %s is no listener of ours", c.target)
	}
	own := addressOf(c.target.Addr())
	port, sequence := c.proof.own(own, own, c.target.Port(), slot)
	b := make([]byte, maxFrame)
	b = b[:newFrame().write(b, own, own, port, c.target.Port(), sequence)]
	return unix.Sendto(c.fd, b, 0, &unix.SockaddrInet4{Addr: c.target.Addr().As4()})
}

func (c *localCanary) close() {
	c.revoke()
	_ = c.listener.Close()
	_ = unix.Close(c.fd)
}

// heardCanary takes the answer of a canary.
func (s *synScan) heardCanary(target netip.AddrPort) bool {
	switch target {
	case s.local.target:
		s.local.heard.Store(true)
		return true
	case s.named.target:
		s.named.heard.Store(true)
		return !s.inPlan(target)
	}
	return false
}

func (s *synScan) inPlan(target netip.AddrPort) bool {
	for _, port := range s.plan.Ports {
		if port == target.Port() {
			return s.plan.Targets.Contains(target.Addr())
		}
	}
	return false
}

// canaries probes all canaries and fails where one is not heard: a deaf
// receiver looks like an empty network. send lets a probe out by the guard.
func (s *synScan) canaries(ctx context.Context, send func(context.Context, waiting) error) error {
	s.singing.Lock()
	defer s.singing.Unlock()
	began := s.gate.now()
	if err := s.await(ctx, &s.local.canaryWatch, func() error { return s.local.probe(uint64(s.gate.now() / slotLength)) }); err != nil {
		return err
	}
	if s.named.target.IsValid() {
		w := waiting{step: noStep, a: addressOf(s.named.target.Addr()), port: s.named.target.Port()}
		if err := s.await(ctx, &s.named, func() error { return send(ctx, w) }); err != nil {
			return err
		}
	}
	s.deaf.canary.Store(began)
	return nil
}

// canariesMeanwhile is canaries while the sender is at work.
func (s *synScan) canariesMeanwhile(ctx context.Context) error {
	if !s.sending.Load() {
		return nil
	}
	err := s.canaries(ctx, func(_ context.Context, w waiting) error {
		s.sender.errand.Store(&w)
		return nil
	})
	if !s.sending.Load() {
		return nil // the sender ended meanwhile, and looks at the canaries itself
	}
	return err
}

// canaryTries is how often a canary is probed before it counts as silent; one
// packet may be lost.
const canaryTries = 3

func (s *synScan) await(ctx context.Context, c *canaryWatch, probe func() error) error {
	c.heard.Store(false)
	for range canaryTries {
		if err := probe(); err != nil {
			return fmt.Errorf("canary %s: %w", c.target, err)
		}
		for waited := time.Duration(0); waited < canaryWait/canaryTries; waited += canaryLook {
			if err := sleep(ctx, canaryLook); err != nil {
				return err
			}
			if c.heard.Load() {
				return nil
			}
		}
	}
	return deaf("canary %s was not heard: the engine is deaf, or the canary is closed; what was sent since it was last heard does not count", c.target)
}

// canaryLook is how long to wait between two looks for an answer.
const canaryLook = 5 * time.Millisecond
