package scanner

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/vishvananda/netlink"
	"go4.org/netipx"
	"golang.org/x/sys/unix"
)

// errElsewhere says that the kernel's way does not lead through the interface
// that the operator fixed.
var errElsewhere = errors.New("no route through the interface")

// wayTo returns the hop of all addresses of r, which lie between two borders.
func (k *kernel) wayTo(r netipx.IPRange) (*hop, error) {
	candidates := k.candidates(r.From().Is4())
	if len(candidates) == 0 || !k.bySource {
		return k.way(r, netip.Addr{}, candidates)
	}
	// Each source may have a way of its own: the first that has one decides.
	var first *hop
	var refused error
	for _, s := range candidates {
		h, err := k.way(r, s.addr, []source{s})
		switch {
		case err != nil:
			refused = cmp.Or(refused, err)
		case first == nil:
			first = h
		case first.index == h.index && first.gateway == h.gateway:
			first.sources = append(first.sources, s.addr)
		}
	}
	if first == nil {
		return nil, refused
	}
	return first, nil
}

// way asks for one way, from one source or from the one that the kernel picks.
func (k *kernel) way(r netipx.IPRange, from netip.Addr, candidates []source) (*hop, error) {
	route, err := k.ask(r.From(), from)
	if err != nil {
		return nil, k.refusal(r, err)
	}
	picked, _ := netip.AddrFromSlice(route.Src)
	if !from.IsValid() && len(candidates) == 0 && k.bySource && picked.IsValid() {
		if route, err = k.ask(r.From(), picked); err != nil {
			return nil, k.refusal(r, err)
		}
	}
	d, err := k.device(route.LinkIndex)
	if err != nil {
		return nil, err
	}
	h := &hop{index: d.index, name: d.name, mtu: d.mtu, gateway: gatewayOf(route), own: d.loopback}
	h.ether = d.ethernet && h.gateway.IsValid() && route.Encap == nil && !k.protected.Contains(r.From())
	h.sources, err = sourcesOf(d, candidates, picked, r)
	return h, err
}

// sourcesOf returns those of the operator's addresses that belong to d, or the
// kernel's pick where the operator named none.
func sourcesOf(d device, candidates []source, picked netip.Addr, r netipx.IPRange) ([]netip.Addr, error) {
	if len(candidates) == 0 {
		if !picked.IsValid() || picked.IsUnspecified() {
			return nil, fmt.Errorf("interface %s has no address to reach %s from: give it one, or name one of this machine by --source", d.name, nameRange(r))
		}
		return []netip.Addr{picked.Unmap()}, nil
	}
	var own []netip.Addr
	for _, s := range candidates {
		if s.on(d) {
			own = append(own, s.addr)
		}
	}
	if len(own) == 0 {
		return nil, fmt.Errorf("none of the source addresses is on %s, the way to %s: name one of its addresses by --source", d.name, nameRange(r))
	}
	return own, nil
}

// ask is what `ip route get` does.
func (k *kernel) ask(addr, from netip.Addr) (netlink.Route, error) {
	options := &netlink.RouteGetOptions{}
	if k.only != nil {
		options.OifIndex = k.only.index
	}
	if from.IsValid() {
		options.SrcAddr = from.AsSlice()
	}
	found, err := k.handle.RouteGetWithOptions(addr.AsSlice(), options)
	if err != nil {
		return netlink.Route{}, err
	}
	if len(found) == 0 {
		return netlink.Route{}, unix.ENETUNREACH
	}
	// Where an interface is fixed and has no route, Linux takes the target to
	// be on its link, and names no table.
	if k.only != nil && found[0].Type != unix.RTN_LOCAL && (found[0].Table == 0 || found[0].LinkIndex != k.only.index) {
		return netlink.Route{}, errElsewhere
	}
	return found[0], nil
}

// refusal says in one sentence why there is no way to r.
func (k *kernel) refusal(r netipx.IPRange, err error) error {
	name := nameRange(r)
	if errors.Is(err, errElsewhere) {
		// A fixed interface hides routes that refuse: look again without it.
		if _, hidden := k.handle.RouteGet(r.From().AsSlice()); hidden == nil || errors.Is(hidden, unix.ENETUNREACH) {
			return fmt.Errorf("no route to %s through %s: add one, or leave --interface out", name, k.only.name)
		} else {
			err = hidden
		}
	}
	switch {
	case errors.Is(err, unix.ENETUNREACH):
		return fmt.Errorf("no route to %s: add one, or leave it out of the targets", name)
	case errors.Is(err, unix.EINVAL):
		return fmt.Errorf("the route to %s is a blackhole: remove it, or leave it out of the targets", name)
	case errors.Is(err, unix.EHOSTUNREACH):
		return fmt.Errorf("the route to %s is of type unreachable: remove it, or leave it out of the targets", name)
	case errors.Is(err, unix.EACCES):
		return fmt.Errorf("the route to %s is of type prohibit: remove it, or leave it out of the targets", name)
	}
	return fmt.Errorf("route to %s: %w", name, err)
}

// gatewayOf returns the next hop, which may be of the other family; the zero
// address where the target is on the link.
func gatewayOf(route netlink.Route) netip.Addr {
	gateway := route.Gw
	if via, ok := route.Via.(*netlink.Via); ok {
		gateway = via.Addr
	}
	addr, ok := netip.AddrFromSlice(slices.Clone(gateway))
	if !ok || addr.IsUnspecified() {
		return netip.Addr{}
	}
	return addr.Unmap()
}
