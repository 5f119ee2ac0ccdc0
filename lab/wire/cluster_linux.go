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

// mostNodes is how many /30s of a /24 are kept for nodes.
const mostNodes = 16

// Cluster is a laboratory with several scanners, its nodes. The near network is
// their router: each node has a link to it, and through it reaches the targets.
// A second link of each node leads to the base, where what the nodes share may
// listen. The base reaches no target.
type Cluster struct {
	*Lab
	nodes []*Node
	base  *namespace
}

// Node is the network of one scanner of a [Cluster]. Its way to the targets is
// the device NearDevice.
type Node struct {
	*Network
	space          *namespace
	base           *namespace
	targets, share cable
}

// cable joins two networks; a is the node's end.
type cable struct{ a, b end }

// cableOf is the n-th cable of a network of /30s.
func cableOf(n int, deviceA, deviceB string, kind byte) cable {
	at := func(host byte) netip.Prefix {
		return netip.PrefixFrom(netip.AddrFrom4([4]byte{192, 168, kind, byte(4*n) + host}), 30)
	}
	mac := func(host byte) net.HardwareAddr { return net.HardwareAddr{2, 0, 0, kind, byte(n), host} }
	return cable{end{device: deviceA, mac: mac(1), v4: at(1)}, end{device: deviceB, mac: mac(2), v4: at(2)}}
}

// nodeCables are the networks that hold the cables to the router and to the base.
const (
	routerCables = 251
	baseCables   = 252
)

// BaseDevice is a node's way to the base.
const BaseDevice = "base0"

// NewCluster makes a laboratory of nodes scanners, 16 at most.
func NewCluster(o Options, nodes int) (c *Cluster, err error) {
	if nodes < 1 || nodes > mostNodes {
		return nil, fmt.Errorf("scan laboratory: %d nodes; write 1 to %d", nodes, mostNodes)
	}
	c = &Cluster{}
	defer func() {
		if err != nil {
			err = fmt.Errorf("scan laboratory: %w", errors.Join(err, c.Close()))
			c = nil
		}
	}()
	if c.Lab, err = New(o); err != nil {
		return c, err
	}
	if c.base, err = newNamespace(); err != nil {
		return c, err
	}
	if err = errors.Join(c.base.sysctl(quiet...), c.base.loopback()); err != nil {
		return c, err
	}
	if err = c.near.sysctl([2]string{"ipv4/ip_forward", "1"}); err != nil {
		return c, err
	}
	// The far kernel answers nodes through the router.
	if err = c.far.routeBy("192.168.251.0/24", nearEnd.v4.Addr()); err != nil {
		return c, err
	}
	for i := range nodes {
		if err = c.addNode(i, o.Resolve); err != nil {
			return c, fmt.Errorf("node %d: %w", i, err)
		}
	}
	return c, nil
}

func (c *Cluster) addNode(i int, resolve bool) error {
	space, err := newNamespace()
	if err != nil {
		return err
	}
	n := &Node{Network: space.Network, space: space, base: c.base,
		targets: cableOf(i, NearDevice, fmt.Sprintf("node%d", i), routerCables),
		share:   cableOf(i, BaseDevice, fmt.Sprintf("node%d", i), baseCables)}
	c.nodes = append(c.nodes, n)
	if err := errors.Join(space.sysctl(quiet...), space.loopback()); err != nil {
		return err
	}
	if err := n.targets.lay(space, c.near, resolve); err != nil {
		return err
	}
	// The kernel forgets neighbours where a device goes down, so here they are asked for.
	if err := n.share.lay(space, c.base, true); err != nil {
		return err
	}
	// With receive offload a veth polls, and pushes back where it is full.
	err = errors.Join(space.press(NearDevice), space.set(NearDevice, true, setGRO), c.near.set(n.targets.b.device, true, setGRO))
	if err != nil {
		return err
	}
	// What is for the base takes no other way while the link is down.
	err = space.netlink.RouteAdd(&netlink.Route{Dst: netipx.PrefixIPNet(netip.MustParsePrefix("192.168.252.0/24")),
		Type: unix.RTN_UNREACHABLE})
	if err != nil {
		return fmt.Errorf("route to the base: %w", err)
	}
	return space.routeBy("0.0.0.0/0", n.targets.b.v4.Addr())
}

// lay makes the devices of a cable and sets both ends up.
func (c cable) lay(a, b *namespace, resolve bool) error {
	attrs := netlink.NewLinkAttrs()
	attrs.Name, attrs.HardwareAddr, attrs.NumTxQueues, attrs.NumRxQueues = c.a.device, c.a.mac, 1, 1
	pair := netlink.NewVeth(attrs)
	pair.PeerName, pair.PeerHardwareAddr = c.b.device, c.b.mac
	pair.PeerNumTxQueues, pair.PeerNumRxQueues = 1, 1
	pair.PeerNamespace = netlink.NsFd(int(b.handle.Fd()))
	if err := a.netlink.LinkAdd(pair); err != nil {
		return fmt.Errorf("veth pair %s: %w", c.a.device, err)
	}
	return errors.Join(a.setUp(c.a, c.b, resolve), b.setUp(c.b, c.a, resolve))
}

func (n *namespace) loopback() error {
	lo, err := n.netlink.LinkByName("lo")
	if err != nil {
		return err
	}
	return n.netlink.LinkSetUp(lo)
}

func (n *namespace) routeBy(prefix string, gateway netip.Addr) error {
	to := netip.MustParsePrefix(prefix)
	err := n.netlink.RouteAdd(&netlink.Route{Dst: netipx.PrefixIPNet(to), Gw: gateway.AsSlice()})
	if err != nil {
		return fmt.Errorf("route %s: %w", prefix, err)
	}
	return nil
}

// Nodes returns the scanners' networks. They are closed with the cluster.
func (c *Cluster) Nodes() []*Node { return c.nodes }

// Base returns the network of what the nodes share. It is closed with the cluster.
func (c *Cluster) Base() *Network { return c.base.Network }

// Close takes everything down. Programs that run inside keep their network.
func (c *Cluster) Close() error {
	for _, n := range c.nodes {
		n.space.close()
	}
	if c.base != nil {
		c.base.close()
	}
	if c.Lab == nil {
		return nil
	}
	return c.Lab.Close()
}

// BaseAddr is the base's address on the node's own link, by which the node
// reaches it.
func (n *Node) BaseAddr() netip.Addr { return n.share.b.v4.Addr() }

// End is one end of a node's link to the base.
type End bool

const (
	// NodeEnd going down is what the node's kernel knows of: it refuses to send.
	NodeEnd End = false
	// BaseEnd going down leaves the node with a silent link.
	BaseEnd End = true
)

// Join sets one end of the node's link to the base up or down.
func (n *Node) Join(e End, up bool) error {
	space, device := n.space, n.share.a.device
	if e == BaseEnd {
		space, device = n.base, n.share.b.device
	}
	dev, err := space.netlink.LinkByName(device)
	if err != nil {
		return err
	}
	if up {
		return space.netlink.LinkSetUp(dev)
	}
	return space.netlink.LinkSetDown(dev)
}

// Sent reads how many packets the node put on its way to the targets.
func (n *Node) Sent() (uint64, error) {
	dev, err := n.space.netlink.LinkByName(n.targets.a.device)
	if err != nil {
		return 0, err
	}
	return dev.Attrs().Statistics.TxPackets, nil
}

// Narrow makes the node's way to the targets an uplink of so many bytes/s, as
// frames with their Ethernet headers. What does not fit is refused to who sends it.
func (n *Node) Narrow(bytesPerSecond uint64) error {
	const burst, queue = 16 << 10, 64 << 10 // bytes
	dev, err := n.space.netlink.LinkByName(n.targets.a.device)
	if err != nil {
		return err
	}
	microseconds := float64(burst) * 1e6 / float64(bytesPerSecond)
	return n.space.netlink.QdiscReplace(&netlink.Tbf{
		QdiscAttrs: netlink.QdiscAttrs{LinkIndex: dev.Attrs().Index, Handle: netlink.MakeHandle(2, 0), Parent: netlink.HANDLE_ROOT},
		Rate:       bytesPerSecond, Limit: queue, Buffer: uint32(microseconds * netlink.TickInUsec()),
	})
}
