package scanner

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"syscall"
)

// Dial admits target and connects to it by TCP. It takes an address, so that
// no name is resolved and nothing can lead it elsewhere; the scope is asked
// once more for the address really dialled, between socket and connect.
// Closing the connection frees the host. An error that wraps
// [minesweep.ErrRefused] means that nothing was sent.
func (g *Guard) Dial(ctx context.Context, target netip.AddrPort) (net.Conn, error) {
	target = netip.AddrPortFrom(target.Addr().Unmap(), target.Port())
	release, err := g.Admit(ctx, target.Addr())
	if err != nil {
		return nil, err
	}
	dialer := net.Dialer{
		Timeout:   g.cfg.ConnectTimeout,
		KeepAlive: -1,
		Control: func(_, address string, _ syscall.RawConn) error {
			return g.allowSocket(target, address)
		},
	}
	conn, err := dialer.DialContext(ctx, "tcp", target.String())
	if err != nil {
		release()
		return nil, err
	}
	return &guardedConn{Conn: conn, release: release}, nil
}

// allowSocket is asked by the dialer with the address it is about to connect to.
func (g *Guard) allowSocket(target netip.AddrPort, address string) error {
	dialled, err := netip.ParseAddrPort(address)
	if err != nil || netip.AddrPortFrom(dialled.Addr().Unmap(), dialled.Port()) != target {
		return fmt.Errorf("the dialer was about to connect to %s instead of %s", address, target)
	}
	if _, err := g.decide(target.Addr()); err != nil {
		g.refused.Add(1)
		return err
	}
	return nil
}

// guardedConn frees its host when it is closed.
type guardedConn struct {
	net.Conn
	release func()
}

func (c *guardedConn) Close() error {
	err := c.Conn.Close()
	c.release()
	return err
}

// ownListeners are the canaries: the only targets that need no grant.
type ownListeners struct {
	mu   sync.Mutex
	held map[netip.AddrPort]struct{}
}

// permitOwn makes the one exception to the scope: l, a listener that this
// process itself holds on 127.0.0.1, may be probed at its exact address and
// port until revoke is called. It proves that an engine hears answers, and no
// packet for it leaves the machine. The address is taken from the listener,
// so nothing else can be named.
func (g *Guard) permitOwn(l *net.TCPListener) (own netip.AddrPort, revoke func(), err error) {
	own = l.Addr().(*net.TCPAddr).AddrPort()
	if own.Addr() != netip.AddrFrom4([4]byte{127, 0, 0, 1}) {
		return netip.AddrPort{}, nil, fmt.Errorf("canary %s does not listen on 127.0.0.1", own)
	}
	g.own.mu.Lock()
	defer g.own.mu.Unlock()
	if g.own.held == nil {
		g.own.held = make(map[netip.AddrPort]struct{})
	}
	g.own.held[own] = struct{}{}
	return own, func() { g.own.remove(own) }, nil
}

func (o *ownListeners) remove(own netip.AddrPort) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.held, own)
}

// has reports whether target is exactly a canary that listens now.
func (o *ownListeners) has(target netip.AddrPort) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	_, ok := o.held[target]
	return ok
}
