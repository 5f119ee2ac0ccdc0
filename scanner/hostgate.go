package scanner

import (
	"context"
	"net/netip"
	"sync"
)

// hostGate lets one connection at a time to a host. It remembers only hosts
// that are connected to or waited for.
type hostGate struct {
	mu    sync.Mutex
	hosts map[netip.Addr]*hostTurn
}

type hostTurn struct {
	busy chan struct{} // holds one token while somebody is inside
	refs int           // inside or waiting
}

func newHostGate() *hostGate { return &hostGate{hosts: make(map[netip.Addr]*hostTurn)} }

// enter waits until the host is free and takes it; release gives it back and
// may be called more than once.
func (h *hostGate) enter(ctx context.Context, addr netip.Addr) (release func(), err error) {
	turn := h.refer(addr)
	select {
	case turn.busy <- struct{}{}:
	case <-ctx.Done():
		h.forget(addr, turn)
		return nil, ctx.Err()
	}
	return sync.OnceFunc(func() {
		<-turn.busy
		h.forget(addr, turn)
	}), nil
}

func (h *hostGate) refer(addr netip.Addr) *hostTurn {
	h.mu.Lock()
	defer h.mu.Unlock()
	turn := h.hosts[addr]
	if turn == nil {
		turn = &hostTurn{busy: make(chan struct{}, 1)}
		h.hosts[addr] = turn
	}
	turn.refs++
	return turn
}

func (h *hostGate) forget(addr netip.Addr, turn *hostTurn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if turn.refs--; turn.refs == 0 {
		delete(h.hosts, addr)
	}
}
