package lab

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"
	"sync"
	"syscall"

	"minesweep/recordings"
)

// maxConns bounds the connections that the lab serves at one time; more wait
// in the kernel's queues.
const maxConns = 1024

// Lab is a running network of simulated hosts.
type Lab struct {
	recorder  *Recorder // nil: nobody listens in
	cancel    context.CancelFunc
	done      sync.WaitGroup
	slots     chan struct{}
	secure    *tls.Config
	listeners []net.Listener
	truth     map[netip.Addr]recordings.Want
	moved     map[netip.AddrPort]netip.AddrPort
}

// Start listens on every port of every host and serves until ctx ends or Close
// is called. Where a port below 1024 may not be bound, it moves as
// [Lab.Moved] says. The error names the address that could not be had.
func Start(ctx context.Context, hosts []Simulated) (*Lab, error) {
	return StartRecorded(ctx, hosts, nil)
}

// StartRecorded is Start with a recorder of all that the lab receives.
func StartRecorded(ctx context.Context, hosts []Simulated, recorder *Recorder) (*Lab, error) {
	secure, err := selfSigned()
	if err != nil {
		return nil, fmt.Errorf("lab: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	l := &Lab{
		cancel: cancel, slots: make(chan struct{}, maxConns), secure: secure,
		truth: make(map[netip.Addr]recordings.Want), moved: make(map[netip.AddrPort]netip.AddrPort),
		recorder: recorder,
	}
	for _, h := range hosts {
		if err := l.add(ctx, h); err != nil {
			l.Close()
			return nil, fmt.Errorf("lab: %w", err)
		}
	}
	context.AfterFunc(ctx, l.hangUp)
	return l, nil
}

// Close stops listening, ends every connection and waits for the servers.
func (l *Lab) Close() {
	l.cancel()
	l.hangUp()
	l.done.Wait()
}

// Truth returns what a right sweep finds at each address of the lab.
func (l *Lab) Truth() map[netip.Addr]recordings.Want { return maps.Clone(l.truth) }

// Moved returns the ports that could not be bound, for want of privileges, and
// where they are instead: 80 at 8080, 8888 or 8008, 443 at 4433, and where
// those are taken, and any other port p, at 10000+p, 20000+p or 30000+p.
func (l *Lab) Moved() map[netip.AddrPort]netip.AddrPort { return maps.Clone(l.moved) }

func (l *Lab) hangUp() {
	for _, x := range l.listeners {
		_ = x.Close()
	}
}

func (l *Lab) add(ctx context.Context, h Simulated) error {
	if _, twice := l.truth[h.Address]; twice {
		return fmt.Errorf("host %s stands there twice", h.Address)
	}
	want := recordings.Want{}
	if h.Device.Want != nil {
		want = *h.Device.Want
	}
	l.truth[h.Address] = want
	ports := h.ports()
	slices.Reverse(ports) // a port that moves must not take the place of another
	for _, port := range ports {
		x, err := l.listen(ctx, netip.AddrPortFrom(h.Address, port))
		if err != nil {
			return err
		}
		l.listeners = append(l.listeners, x)
		s := newServer(h, port, l.secure)
		s.recorder = l.recorder
		l.done.Go(func() { l.accept(ctx, x, s) })
	}
	return nil
}

// listen binds the target, or a stand-in for it where that is refused.
func (l *Lab) listen(ctx context.Context, target netip.AddrPort) (net.Listener, error) {
	var lc net.ListenConfig
	x, err := lc.Listen(ctx, "tcp", target.String())
	if err == nil || !errors.Is(err, syscall.EACCES) || target.Port() >= privileged {
		return x, err
	}
	for _, port := range standIns(target.Port()) {
		to := netip.AddrPortFrom(target.Addr(), port)
		if x, other := lc.Listen(ctx, "tcp", to.String()); other == nil {
			l.moved[target] = to
			return x, nil
		}
	}
	return nil, err
}

// privileged is the first port that anyone may bind.
const privileged = 1024

// standIns are where a port may move to: first to such as a sweep tries and
// asks alike.
func standIns(port uint16) []uint16 {
	far := []uint16{10000 + port, 20000 + port, 30000 + port}
	switch port {
	case 80:
		return append([]uint16{8080, 8888, 8008}, far...)
	case 443:
		return append([]uint16{4433}, far...)
	}
	return far
}

// accept serves connections until the listener closes.
func (l *Lab) accept(ctx context.Context, x net.Listener, s *server) {
	for {
		conn, err := x.Accept()
		if err != nil {
			return
		}
		select {
		case l.slots <- struct{}{}:
		case <-ctx.Done():
			_ = conn.Close()
			return
		}
		l.done.Go(func() {
			defer func() { <-l.slots }()
			s.serve(ctx, conn)
		})
	}
}
