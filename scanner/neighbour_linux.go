package scanner

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"
)

const (
	gatewayWait = 3 * time.Second // for a gateway's MAC, in all
	probeWait   = time.Second     // of these, for the MAC that was known before
	gatewayPoll = 10 * time.Millisecond
	// freshStates are the states in which the kernel itself would send without asking.
	freshStates = netlink.NUD_REACHABLE | netlink.NUD_PERMANENT | netlink.NUD_NOARP
	knownStates = freshStates | netlink.NUD_STALE | netlink.NUD_DELAY | netlink.NUD_PROBE
)

// errSilent says that a gateway gave no answer in time.
var errSilent = errors.New("no answer")

// refresh looks at the interfaces and gateways of all hops again, and asks
// gateways that were not heard for some time. changed says that a header is a
// new one. It fails where an interface is down or a gateway is silent for 3 s;
// headers then stay as they were.
func (r *routes) refresh(ctx context.Context) (changed bool, err error) {
	var group errgroup.Group
	var anew atomic.Bool
	for _, h := range r.list {
		group.Go(func() error {
			renewed, err := r.kernel.refreshHop(ctx, h)
			if renewed {
				anew.Store(true)
			}
			return err
		})
	}
	err = group.Wait()
	return anew.Load(), err
}

func (k *kernel) refreshHop(ctx context.Context, h *hop) (changed bool, err error) {
	d, err := k.deviceNow(h.index)
	if err != nil || !h.ether {
		return false, err
	}
	mac, err := k.resolve(ctx, h.index, h.gateway)
	if err != nil {
		return false, gatewayFault(h, err)
	}
	return h.setMACs(mac, d.mac), nil
}

func gatewayFault(h *hop, err error) error {
	asking := "ARP"
	if h.gateway.Is6() {
		asking = "NDP"
	}
	switch {
	case errors.Is(err, errSilent):
		return fmt.Errorf("gateway %s on %s does not answer %s: check that it is there, or name another way by --interface", h.gateway, h.name, asking)
	case errors.Is(err, unix.EPERM):
		return fmt.Errorf("gateway %s on %s is not known yet and asking by %s needs CAP_NET_ADMIN: grant it, or ping the gateway once", h.gateway, h.name, asking)
	}
	return fmt.Errorf("gateway %s on %s: %w", h.gateway, h.name, err)
}

// resolve returns the MAC of addr on the link. The kernel asks, and keeps the
// answer for everybody: first the station that was known, then all.
func (k *kernel) resolve(ctx context.Context, index int, addr netip.Addr) (net.HardwareAddr, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, gatewayWait, errSilent)
	defer cancel()
	n, err := k.neighbour(index, addr)
	if err != nil || n.State&freshStates != 0 {
		return n.HardwareAddr, err
	}
	if n.State&knownStates != 0 {
		last := n.HardwareAddr
		mac, err := k.probe(ctx, n)
		if errors.Is(err, unix.EPERM) {
			return last, nil // what the kernel would use as well
		}
		if !errors.Is(err, errSilent) {
			return mac, err
		}
		n.State, n.HardwareAddr = netlink.NUD_FAILED, nil
		if err := k.handle.NeighSet(&n); err != nil {
			return nil, err
		}
	}
	ask := func() error {
		return k.handle.NeighSet(&netlink.Neigh{LinkIndex: index, IP: addr.AsSlice(), State: netlink.NUD_NONE, Flags: netlink.NTF_USE})
	}
	if err := ask(); err != nil {
		return nil, err
	}
	// What fails was asked for by somebody before us.
	return k.await(ctx, index, addr, ask)
}

// probe asks the station that n names whether it is still there.
func (k *kernel) probe(ctx context.Context, n netlink.Neigh) (net.HardwareAddr, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, probeWait, errSilent)
	defer cancel()
	n.State, n.Flags = netlink.NUD_PROBE, 0
	if err := k.handle.NeighSet(&n); err != nil {
		return nil, err
	}
	addr, _ := netip.AddrFromSlice(n.IP)
	return k.await(ctx, n.LinkIndex, addr.Unmap(), func() error { return errSilent })
}

// await watches the neighbour table until addr is heard or ctx ends. Where the
// kernel gives up, failed says what becomes of it.
func (k *kernel) await(ctx context.Context, index int, addr netip.Addr, failed func() error) (net.HardwareAddr, error) {
	ticker := time.NewTicker(gatewayPoll)
	defer ticker.Stop()
	for {
		n, err := k.neighbour(index, addr)
		if err != nil || n.State&freshStates != 0 {
			return n.HardwareAddr, err
		}
		if n.State == netlink.NUD_FAILED {
			if err := failed(); err != nil {
				return nil, err
			}
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-ticker.C:
		}
	}
}

// neighbour returns the kernel's entry of addr; the zero entry where there is none.
func (k *kernel) neighbour(index int, addr netip.Addr) (netlink.Neigh, error) {
	family := netlink.FAMILY_V4
	if addr.Is6() {
		family = netlink.FAMILY_V6
	}
	list, err := k.handle.NeighList(index, family)
	if err != nil && !errors.Is(err, netlink.ErrDumpInterrupted) {
		return netlink.Neigh{}, fmt.Errorf("neighbours: %w", err)
	}
	for _, n := range list {
		if own := n.IP.To4(); bytes.Equal(n.IP, addr.AsSlice()) || own != nil && bytes.Equal(own, addr.AsSlice()) {
			return n, nil
		}
	}
	return netlink.Neigh{}, nil
}
