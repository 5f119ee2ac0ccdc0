package wire

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/vishvananda/netlink"
	"go4.org/netipx"
	"golang.org/x/sys/unix"
)

// NearDevice is the scanner's only way out.
const NearDevice = "near0"

// FarDevice is where the responder sits.
const FarDevice = "far0"

// NearAddr is the scanner's own address, of IPv4.
func NearAddr() netip.Addr { return nearEnd.v4.Addr() }

// FarAddr is its gateway's.
func FarAddr() netip.Addr { return farEnd.v4.Addr() }

// end is one end of a cable; v6 may be missing.
type end struct {
	device string
	mac    net.HardwareAddr
	v4, v6 netip.Prefix
}

var (
	nearEnd = end{NearDevice, net.HardwareAddr{2, 0, 0, 0, 0xfa, 1}, netip.MustParsePrefix("192.168.250.1/30"), netip.MustParsePrefix("fd00:1::1/64")}
	farEnd  = end{FarDevice, net.HardwareAddr{2, 0, 0, 0, 0xfa, 2}, netip.MustParsePrefix("192.168.250.2/30"), netip.MustParsePrefix("fd00:1::2/64")}

	// The last is the closed world: what far does not own it drops.
	nearRoutes = prefixes("10.0.0.0/8", "100.64.0.0/10", "0.0.0.0/0", "fd00:2::/96")
	farOwns    = prefixes("10.0.0.0/8", "100.64.0.0/10", "fd00:2::/96")
)

// quiet keeps the kernel from sending what nobody asked it for, and from
// forwarding. IPv6 may be off in the network that a new one takes after.
var quiet = [][2]string{
	{"ipv4/ip_forward", "0"}, {"ipv4/conf/all/rp_filter", "0"}, {"ipv4/conf/default/rp_filter", "0"},
	{"ipv6/conf/all/disable_ipv6", "0"}, {"ipv6/conf/default/disable_ipv6", "0"},
	{"ipv6/conf/all/forwarding", "0"}, {"ipv6/conf/default/addr_gen_mode", "1"},
	{"ipv6/conf/default/router_solicitations", "0"}, {"ipv6/conf/default/accept_ra", "0"},
}

// genModeNone is IN6_ADDR_GEN_MODE_NONE of linux/if_link.h.
const genModeNone = 1

// connect joins near and far. One queue each way: one processor at a time runs
// the responder, which therefore counts without atomics.
func connect(near, far *namespace, resolve bool) error {
	if err := errors.Join(near.sysctl(quiet...), far.sysctl(quiet...)); err != nil {
		return err
	}
	attrs := netlink.NewLinkAttrs()
	attrs.Name, attrs.HardwareAddr, attrs.NumTxQueues, attrs.NumRxQueues = NearDevice, nearEnd.mac, 1, 1
	pair := netlink.NewVeth(attrs)
	pair.PeerName, pair.PeerHardwareAddr = FarDevice, farEnd.mac
	pair.PeerNumTxQueues, pair.PeerNumRxQueues = 1, 1
	pair.PeerNamespace = netlink.NsFd(int(far.handle.Fd()))
	if err := near.netlink.LinkAdd(pair); err != nil {
		return fmt.Errorf("veth pair: %w", err)
	}
	if err := near.setUp(nearEnd, farEnd, resolve); err != nil {
		return fmt.Errorf("near side: %w", err)
	}
	if err := far.setUp(farEnd, nearEnd, resolve); err != nil {
		return fmt.Errorf("far side: %w", err)
	}
	return errors.Join(near.route(nearRoutes), far.own(farOwns))
}

func (n *namespace) setUp(own, other end, resolve bool) error {
	lo, err := n.netlink.LinkByName("lo")
	if err != nil {
		return err
	}
	device, err := n.netlink.LinkByName(own.device)
	if err != nil {
		return err
	}
	// No address of its own making, hence no multicast either. A device forgets
	// this when it is moved.
	if err := n.netlink.LinkSetIP6AddrGenMode(device, genModeNone); err != nil {
		return err
	}
	if err := errors.Join(n.netlink.LinkSetUp(lo), n.netlink.LinkSetUp(device)); err != nil {
		return err
	}
	for i, p := range []netip.Prefix{own.v4, own.v6} {
		if !p.IsValid() {
			continue
		}
		addr := &netlink.Addr{IPNet: netipx.PrefixIPNet(p), Flags: unix.IFA_F_NODAD * i}
		addr.IP = p.Addr().AsSlice() // PrefixIPNet masks it off
		if err := n.netlink.AddrAdd(device, addr); err != nil {
			return fmt.Errorf("address %s: %w", p, err)
		}
	}
	if resolve {
		return nil
	}
	for _, ip := range []netip.Addr{other.v4.Addr(), other.v6.Addr()} {
		if !ip.IsValid() {
			continue
		}
		err := n.netlink.NeighAdd(&netlink.Neigh{LinkIndex: device.Attrs().Index, State: netlink.NUD_PERMANENT,
			IP: ip.AsSlice(), HardwareAddr: other.mac})
		if err != nil {
			return fmt.Errorf("neighbour %s: %w", ip, err)
		}
	}
	return nil
}

// route sends prefixes to the far end.
func (n *namespace) route(prefixes []netip.Prefix) error {
	for _, p := range prefixes {
		gateway := farEnd.v4
		if p.Addr().Is6() {
			gateway = farEnd.v6
		}
		err := n.netlink.RouteAdd(&netlink.Route{Dst: netipx.PrefixIPNet(p), Gw: gateway.Addr().AsSlice()})
		if err != nil {
			return fmt.Errorf("route %s: %w", p, err)
		}
	}
	return nil
}

// own makes every address of prefixes one of this host's.
func (n *namespace) own(prefixes []netip.Prefix) error {
	lo, err := n.netlink.LinkByName("lo")
	if err != nil {
		return err
	}
	for _, p := range prefixes {
		err := n.netlink.RouteAdd(&netlink.Route{Dst: netipx.PrefixIPNet(p), LinkIndex: lo.Attrs().Index,
			Type: unix.RTN_LOCAL, Scope: netlink.SCOPE_HOST, Table: unix.RT_TABLE_LOCAL})
		if err != nil {
			return fmt.Errorf("own %s: %w", p, err)
		}
	}
	return nil
}

// press gives device a queue that pushes back when it is full, as a NIC's does.
// Without one veth drops silently. Its limit is the device's txqueuelen, 1000.
func (n *namespace) press(device string) error {
	link, err := n.netlink.LinkByName(device)
	if err != nil {
		return err
	}
	return n.netlink.QdiscReplace(&netlink.GenericQdisc{QdiscType: "pfifo", QdiscAttrs: netlink.QdiscAttrs{
		LinkIndex: link.Attrs().Index, Handle: netlink.MakeHandle(1, 0), Parent: netlink.HANDLE_ROOT}})
}
