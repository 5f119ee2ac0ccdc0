package scanner

import (
	"context"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
)

// contextEndingOnceWaited returns a context that ends when somebody waits in p.
func contextEndingOnceWaited(t *testing.T, p *pacer) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for ctx.Err() == nil {
			p.mu.Lock()
			for _, l := range p.lanes {
				if l.users > 0 {
					cancel()
				}
			}
			p.mu.Unlock()
			runtime.Gosched()
		}
	}()
	return ctx, cancel
}

// waiters returns how many are inside or waiting for addr.
func (h *hostGate) waiters(addr netip.Addr) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	if turn := h.hosts[addr]; turn != nil {
		return turn.refs
	}
	return 0
}

func TestHostGateLetsOneIn(t *testing.T) {
	h := newHostGate()
	addr := netip.MustParseAddr("10.0.0.1")
	var inside atomic.Int32
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			release, err := h.enter(t.Context(), addr)
			if err != nil {
				t.Error(err)
				return
			}
			if inside.Add(1) != 1 {
				t.Error("two are inside")
			}
			runtime.Gosched()
			inside.Add(-1)
			release()
			release() // a second call must not let another one in
		})
	}
	all.Wait()
	if len(h.hosts) != 0 {
		t.Errorf("%d hosts are remembered", len(h.hosts))
	}
}

func TestHostGateWaitEndsWithItsContext(t *testing.T) {
	h := newHostGate()
	addr := netip.MustParseAddr("10.0.0.1")
	release, err := h.enter(t.Context(), addr)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error)
	go func() {
		_, err := h.enter(ctx, addr)
		failed <- err
	}()
	for h.waiters(addr) < 2 {
		runtime.Gosched()
	}
	other, err := h.enter(t.Context(), netip.MustParseAddr("10.0.0.2"))
	if err != nil {
		t.Fatal("another host had to wait")
	}
	other()
	cancel()
	if err := <-failed; err == nil {
		t.Error("a busy host was entered")
	}
	release()
	if len(h.hosts) != 0 {
		t.Errorf("%d hosts are remembered", len(h.hosts))
	}
}
