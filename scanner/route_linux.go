package scanner

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

	"go4.org/netipx"
)

// routeConfig is what the operator fixed; zero values mean: as the kernel would.
type routeConfig struct {
	Interface string       // the only one that may be used; "" any
	Sources   []netip.Addr // spread over the probes; families without one are the kernel's choice
	Ports     portSpan     // of the sources; zero: chosen by holdPorts
}

// routes knows the way of each target, as the kernel's tables had it when it
// was made. Only the gateways' MACs are followed after that.
type routes struct {
	kernel *kernel
	list   []*hop
	table  hopTable
}

// findRoutes asks the kernel for the ways of all targets and resolves their
// gateways, which takes up to 3 s where one is silent. It must run in the
// network namespace of the sweep; what it returns may be used in any, and is
// to be closed. Where several targets have no way, the error names the first.
func findRoutes(ctx context.Context, targets *netipx.IPSet, cfg routeConfig) (*routes, error) {
	k, err := newKernel(cfg)
	if err != nil {
		return nil, err
	}
	r := &routes{kernel: k}
	if err := r.find(ctx, targets); err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

func (r *routes) find(ctx context.Context, targets *netipx.IPSet) error {
	borders, err := r.kernel.borders(targets)
	if err != nil {
		return err
	}
	known := make(map[string]int)
	var refused []error
	for _, p := range cut(targets, borders) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		h, err := r.kernel.wayTo(p.sample)
		if err != nil {
			refused = append(refused, err)
			continue
		}
		r.table.add(p.from, r.number(known, h))
	}
	r.table.seal()
	if len(refused) > 1 {
		return fmt.Errorf("%w (and %d more ranges of targets have no way)", refused[0], len(refused)-1)
	}
	if len(refused) == 1 {
		return refused[0]
	}
	if err := r.kernel.everySourceUsed(r.list); err != nil {
		return err
	}
	_, err = r.refresh(ctx)
	return err
}

// number returns the index of h in the list, which gets it where it is new.
func (r *routes) number(known map[string]int, h *hop) int {
	key := fmt.Sprint(h.index, h.gateway, h.ether, h.sources)
	n, ok := known[key]
	if !ok {
		n = len(r.list)
		known[key] = n
		r.list = append(r.list, h)
	}
	return n
}

// hops returns all ways out, each once.
func (r *routes) hops() []*hop { return slices.Clone(r.list) }

// sources returns the addresses of all hops, each once.
func (r *routes) sources() []netip.Addr {
	var all []netip.Addr
	for _, h := range r.list {
		all = append(all, h.sources...)
	}
	slices.SortFunc(all, netip.Addr.Compare)
	return slices.Compact(all)
}

// of returns the index into hops of a target's way. For an address that is no
// target it says nothing: that of another target, or -1.
func (r *routes) of(addr netip.Addr) int { return r.table.of(addr) }

// close ends the talk with the kernel; hops and of go on working.
func (r *routes) close() { r.kernel.handle.Close() }
