package scanner

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// source is an address of this machine that the operator wants to send from.
type source struct {
	addr netip.Addr
	// index of the interface that has it; 0 where it belongs to none alone: on
	// loopback, or a whole prefix that the local routing table has. The network
	// must bring its answers here by itself.
	index int
}

func (s source) on(d device) bool { return s.index == 0 || s.index == d.index || d.loopback }

// findSources checks the addresses that the operator named.
func (k *kernel) findSources(named []netip.Addr) error {
	if len(named) == 0 {
		return nil
	}
	owners, err := k.owners()
	if err != nil {
		return err
	}
	for _, addr := range named {
		addr = addr.Unmap()
		s := source{addr, owners[addr]}
		if s.index == 0 && !k.isLocal(addr) {
			return fmt.Errorf("source address %s is not on this machine: ip address lists those that are", addr)
		}
		if k.only != nil && !s.on(*k.only) {
			return fmt.Errorf("source address %s is not on interface %s: name one that is, or leave one of --source and --interface out", addr, k.only.name)
		}
		if !slices.Contains(k.sources, s) {
			k.sources = append(k.sources, s)
		}
	}
	return nil
}

// owners returns which interface has which address, loopback left out.
func (k *kernel) owners() (map[netip.Addr]int, error) {
	list, err := k.handle.AddrList(nil, netlink.FAMILY_ALL)
	if err != nil {
		return nil, fmt.Errorf("addresses of this machine: %w", err)
	}
	owners := make(map[netip.Addr]int)
	for _, a := range list {
		link, err := k.handle.LinkByIndex(a.LinkIndex)
		if err != nil || link.Attrs().RawFlags&unix.IFF_LOOPBACK != 0 {
			continue
		}
		if addr, ok := netip.AddrFromSlice(a.IP); ok {
			owners[addr.Unmap()] = a.LinkIndex
		}
	}
	return owners, nil
}

// isLocal reports whether the kernel takes packets for addr as its own.
func (k *kernel) isLocal(addr netip.Addr) bool {
	found, err := k.handle.RouteGet(addr.AsSlice())
	return err == nil && len(found) == 1 && found[0].Type == unix.RTN_LOCAL
}

// candidates returns the operator's addresses of one family.
func (k *kernel) candidates(is4 bool) []source {
	var of []source
	for _, s := range k.sources {
		if s.addr.Is4() == is4 {
			of = append(of, s)
		}
	}
	return of
}

// everySourceUsed fails where the operator named an address that no way uses:
// the answers to it would be fewer than he thinks, namely none.
func (k *kernel) everySourceUsed(list []*hop) error {
	for _, s := range k.sources {
		if !slices.ContainsFunc(list, func(h *hop) bool { return slices.Contains(h.sources, s.addr) }) {
			return fmt.Errorf("source address %s is on no way to a target: leave it out of --source", s.addr)
		}
	}
	return nil
}
