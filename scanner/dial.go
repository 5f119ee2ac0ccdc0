package scanner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	firstPause    = 10 * time.Millisecond
	longestPause  = time.Second
	starvedAtMost = time.Minute
)

// Dial admits target and connects to it by TCP. It takes an address, so that
// no name is resolved and nothing can lead it elsewhere; the scope is asked
// once more for the address really dialled, between socket and connect.
// Closing the connection frees the host, and resets it where the target was silent
// or has not taken all that was written. An error that wraps [minesweep.ErrRefused] means
// that nothing was sent.
//
// A connect may take as long as the round trips of the target's neighbours
// suggest, 300 ms to GuardConfig.ConnectTimeout. Where that proves too short
// it is tried once more with the whole of it, admitted anew: a port that
// discovery found must not be lost to a lost packet. Where this machine has no
// socket left, Dial waits and tries again, for a minute.
func (g *Guard) Dial(ctx context.Context, target netip.AddrPort) (net.Conn, error) {
	target = netip.AddrPortFrom(target.Addr().Unmap(), target.Port())
	full := g.cfg.ConnectTimeout
	limit := g.trips.limit(target.Addr(), full)
	conn, err := g.dialPatiently(ctx, target, limit)
	if limit < full && timedOut(err) && ctx.Err() == nil {
		return g.dialPatiently(ctx, target, full)
	}
	return conn, err
}

// dialPatiently waits while this machine has no socket for the target.
func (g *Guard) dialPatiently(ctx context.Context, target netip.AddrPort, limit time.Duration) (net.Conn, error) {
	var waited time.Duration
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		conn, err := g.dialOnce(ctx, target, limit)
		if !starved(err) || waited >= starvedAtMost {
			return conn, err
		}
		g.starved.Add(1)
		// Not all at the same time again.
		spread := pause/2 + rand.N(pause) //nolint:gosec // no secret
		if err := sleep(ctx, spread); err != nil {
			return nil, err
		}
		waited += spread
	}
}

func (g *Guard) dialOnce(ctx context.Context, target netip.AddrPort, limit time.Duration) (net.Conn, error) {
	release, err := g.Admit(ctx, target.Addr())
	if err != nil {
		return nil, err
	}
	dialer := net.Dialer{
		Timeout:   limit,
		KeepAlive: -1,
		Control: func(_, address string, _ syscall.RawConn) error {
			return g.allowSocket(target, address)
		},
	}
	began := g.cfg.Now()
	conn, err := dialer.DialContext(ctx, "tcp", target.String())
	if err == nil || errors.Is(err, syscall.ECONNREFUSED) {
		g.trips.observe(target.Addr(), g.cfg.Now().Sub(began))
	}
	if err != nil {
		release()
		return nil, err
	}
	return newGuardedConn(conn, release), nil
}

func timedOut(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

// starved reports whether a dial failed for want of something on this machine
// that comes back: then nothing was sent, and nothing is known of the target.
func starved(err error) bool {
	for _, want := range []error{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.EADDRNOTAVAIL} {
		if errors.Is(err, want) {
			return true
		}
	}
	return false
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

// guardedConn frees its host when it is closed. Unless it is closed in peace it is
// reset: also where this process is killed the kernel does not repeat for minutes,
// past every budget, what a silent peer was asked.
type guardedConn struct {
	net.Conn
	release func()
	spoke   atomic.Bool // the peer sent a byte, or ended
}

func newGuardedConn(conn net.Conn, release func()) *guardedConn {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	return &guardedConn{Conn: conn, release: release}
}

func (c *guardedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 || errors.Is(err, io.EOF) {
		c.spoke.Store(true)
	}
	return n, err
}

// Close ends the connection in order where the peer spoke and took all that it
// was sent.
func (c *guardedConn) Close() error {
	if tcp, ok := c.Conn.(*net.TCPConn); ok && c.spoke.Load() && notTaken(tcp) == 0 {
		_ = tcp.SetLinger(-1)
	}
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
