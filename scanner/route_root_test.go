//go:build root

package scanner

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

const (
	gatewayMAC = "02:00:00:00:00:02"
	nearMAC    = "02:00:00:00:00:01"
)

// behindGateway makes a network whose eth0 has 10.0.0.1 and 2001:db8::1, and
// the gateway's, where up0 has .254 and fe80::254; all else lies behind that.
func behindGateway(t *testing.T) (near, far *routeNet) {
	t.Helper()
	near, far = newRouteNet(t), newRouteNet(t)
	near.join(t, "eth0", far, "up0")
	far.ip(t, "link set up0 address "+gatewayMAC, "address add 10.0.0.254/24 dev up0",
		"address add fe80::254/64 dev up0 nodad")
	near.ip(t, "link set eth0 address "+nearMAC, "address add 10.0.0.1/24 dev eth0",
		"address add 2001:db8::1/64 dev eth0 nodad", "address add fe80::1/64 dev eth0 nodad",
		"route add default via 10.0.0.254", "route add default via fe80::254 dev eth0")
	return near, far
}

func TestRootRouteResolvesTheGateway(t *testing.T) {
	near, _ := behindGateway(t)
	r := near.mustRoutes(t, routeConfig{}, "100.64.0.0/12", "10.0.0.2-10.0.0.126", "2001:db8:1::/112", "127.0.0.1")
	for addr, want := range map[string]string{
		"100.64.3.4":    "eth0 [10.0.0.1] via 10.0.0.254 020000000002 020000000001 0800",
		"10.0.0.9":      "eth0 [10.0.0.1] via invalid IP",
		"2001:db8:1::7": "eth0 [2001:db8::1] via fe80::254 020000000002 020000000001 86dd",
		"127.0.0.1":     "lo [127.0.0.1] via invalid IP",
	} {
		if got := r.way(t, addr).says(); got != want {
			t.Errorf("%s: %s, want %s", addr, got, want)
		}
	}
	if n := len(r.hops()); n != 4 {
		t.Errorf("%d hops", n)
	}
	if changed, err := r.refresh(t.Context()); changed || err != nil {
		t.Errorf("refresh without a change: %v, %v", changed, err)
	}
}

func TestRootRouteNamesWhatIsWrong(t *testing.T) {
	near, _ := behindGateway(t)
	near.ip(t, "link add off0 type veth peer name off1", "address add 10.3.0.1/24 dev off0",
		"link add bare0 type veth peer name bare1", "link set bare0 up", "link set bare1 up", "address add 10.4.0.1/24 dev bare0",
		"route add blackhole 192.0.2.0/25", "route add unreachable 192.0.2.128/25", "route add prohibit 198.51.100.0/24",
		"route add blackhole 2001:db8:b::/64", "route add 203.0.113.0/24 via 10.0.0.77", "route add 203.0.114.0/24 dev bare0")
	addr := netip.MustParseAddr
	for _, c := range []struct {
		name    string
		cfg     routeConfig
		targets string
		want    string
	}{
		{"unknown", routeConfig{Interface: "nope0"}, "100.64.0.0/24", `interface "nope0" is unknown`},
		{"down", routeConfig{Interface: "off0"}, "100.64.0.0/24", "interface off0 is down"},
		{"no way there", routeConfig{Interface: "bare0"}, "100.64.0.0/24", "no route to 100.64.0.0/24 through bare0"},
		{"blackhole", routeConfig{}, "192.0.2.0/26", "the route to 192.0.2.0/26 is a blackhole"},
		{"blackhole elsewhere", routeConfig{Interface: "bare0"}, "192.0.2.0/26", "the route to 192.0.2.0/26 is a blackhole"},
		{"blackhole6", routeConfig{}, "2001:db8:b::/120", "the route to 2001:db8:b::/120 is a blackhole"},
		{"unreachable", routeConfig{}, "192.0.2.200", "the route to 192.0.2.200 is of type unreachable"},
		{"prohibit", routeConfig{}, "198.51.100.3-198.51.100.4", "the route to 198.51.100.3-198.51.100.4 is of type prohibit"},
		{"several", routeConfig{}, "192.0.2.0/24", "the route to 192.0.2.0/25 is a blackhole: remove it, or leave it out of the targets (and 1 more ranges"},
		{"silent gateway", routeConfig{}, "203.0.113.0/24", "gateway 10.0.0.77 on eth0 does not answer ARP"},
		{"source of nobody", routeConfig{Sources: []netip.Addr{addr("10.0.0.99")}}, "100.64.0.0/24", "source address 10.0.0.99 is not on this machine"},
		{"source elsewhere", routeConfig{Sources: []netip.Addr{addr("10.4.0.1")}}, "100.64.0.0/24", "none of the source addresses is on eth0, the way to 100.64.0.0/24"},
		{"source not on interface", routeConfig{Interface: "eth0", Sources: []netip.Addr{addr("10.4.0.1")}}, "100.64.0.0/24", "source address 10.4.0.1 is not on interface eth0"},
		{"idle source", routeConfig{Sources: []netip.Addr{addr("10.0.0.1"), addr("10.4.0.1")}}, "100.64.0.0/24", "source address 10.4.0.1 is on no way to a target"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := near.routes(t, c.cfg, c.targets)
			if err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("got %v, want %s…", err, c.want)
			}
		})
	}
	near.ip(t, "route del default", "-6 route del default")
	for target, want := range map[string]string{
		"192.0.3.0/24": "no route to 192.0.3.0/24:", "2001:db8:c::/120": "no route to 2001:db8:c::/120:",
	} {
		if _, err := near.routes(t, routeConfig{}, target); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %s…", err, want)
		}
	}
}

func TestRootRouteSilentGatewaysOfIPv6AndNoCarrier(t *testing.T) {
	near, far := behindGateway(t)
	near.ip(t, "route add 2001:db8:5::/64 via fe80::77 dev eth0")
	if _, err := near.routes(t, routeConfig{}, "2001:db8:5::1"); err == nil || !strings.HasPrefix(err.Error(), "gateway fe80::77 on eth0 does not answer NDP") {
		t.Errorf("got %v", err)
	}
	r := near.mustRoutes(t, routeConfig{}, "100.64.0.1")
	far.ip(t, "link set up0 down")
	want := "interface eth0 has no carrier"
	if _, err := r.refresh(t.Context()); err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("refresh: %v", err)
	}
	if _, err := near.routes(t, routeConfig{Interface: "eth0"}, "100.64.0.1"); err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("find: %v", err)
	}
	near.ip(t, "link del eth0")
	if _, err := r.refresh(t.Context()); err == nil || !strings.Contains(err.Error(), "is gone") {
		t.Errorf("refresh without the device: %v", err)
	}
}

func TestRootRouteSeveralInterfacesAndSources(t *testing.T) {
	near, far := behindGateway(t)
	near.join(t, "eth1", far, "up1")
	far.ip(t, "address add 10.1.0.254/24 dev up1", "link set up1 address 02:00:00:00:01:02")
	near.ip(t, "link set eth1 address 02:00:00:00:01:01", "address add 10.1.0.1/24 dev eth1", "address add 10.0.0.2/24 dev eth0",
		"address add 10.9.9.9/32 dev lo", "route add 100.65.0.0/16 via 10.1.0.254", "route add local 10.8.0.0/30 dev lo")
	cfg := routeConfig{Sources: []netip.Addr{
		netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2"), netip.MustParseAddr("10.1.0.1"),
		netip.MustParseAddr("10.9.9.9"), netip.MustParseAddr("10.8.0.3"),
	}}
	r := near.mustRoutes(t, cfg, "100.64.0.0/15")
	for addr, want := range map[string]string{
		"100.64.255.255": "eth0 [10.0.0.1 10.0.0.2 10.9.9.9 10.8.0.3] via 10.0.0.254 020000000002 020000000001 0800",
		"100.65.0.0":     "eth1 [10.1.0.1 10.9.9.9 10.8.0.3] via 10.1.0.254 020000000102 020000000101 0800",
	} {
		if got := r.way(t, addr).says(); got != want {
			t.Errorf("%s: %s, want %s", addr, got, want)
		}
	}
	if got, want := r.sources(), 5; len(got) != want {
		t.Errorf("sources are %v", got)
	}
	// The operator's interface wins over the better route; the gateway of an
	// IPv4 route may speak IPv6; of several gateways the kernel picks one.
	near.ip(t, "route add default via 10.1.0.254 metric 500", "route add 100.80.0.0/16 via inet6 fe80::254 dev eth0",
		"route add 100.81.0.0/16 nexthop via 10.0.0.254 nexthop via 10.1.0.254")
	r = near.mustRoutes(t, routeConfig{Interface: "eth1"}, "100.64.0.0/15")
	if got, want := r.way(t, "100.64.0.1").says(), "eth1 [10.1.0.1] via 10.1.0.254 020000000102 020000000101 0800"; got != want {
		t.Errorf("by interface: %s, want %s", got, want)
	}
	r = near.mustRoutes(t, routeConfig{}, "100.80.0.0/15")
	if got, want := r.way(t, "100.80.0.1").says(), "eth0 [10.0.0.1] via fe80::254 020000000002 020000000001 0800"; got != want {
		t.Errorf("via IPv6: %s, want %s", got, want)
	}
	if h := r.way(t, "100.81.0.1"); !h.ether {
		t.Errorf("of several gateways: %s", h.says())
	}
	// The policy routes by source: the first source has its own way out.
	near.ip(t, "rule add from 10.1.0.1 lookup 77", "route add default via 10.1.0.254 table 77")
	cfg.Sources = []netip.Addr{netip.MustParseAddr("10.1.0.1")}
	r = near.mustRoutes(t, cfg, "100.64.0.0/15")
	if got, want := r.way(t, "100.64.0.1").says(), "eth1 [10.1.0.1] via 10.1.0.254 020000000102 020000000101 0800"; got != want {
		t.Errorf("by source: %s, want %s", got, want)
	}
	// And by destination, which cuts where no route does.
	near.ip(t, "rule add to 100.64.128.0/17 lookup 77")
	r = near.mustRoutes(t, routeConfig{}, "100.64.0.0/16")
	if a, b := r.way(t, "100.64.127.255").name, r.way(t, "100.64.128.0").name; a != "eth0" || b != "eth1" {
		t.Errorf("by destination: %s and %s", a, b)
	}
}

// A macvlan is to the kernel what a VLAN is: a device upon a device.
func TestRootRouteOverStackedDevices(t *testing.T) {
	for kind, options := range map[string]string{"vlan": "id 5", "macvlan": "mode private"} {
		t.Run(kind, func(t *testing.T) {
			near, far := behindGateway(t)
			if near.Inside(exec.Command("ip", strings.Fields("link add link eth0 name try0 type "+kind+" "+options)...).Run) != nil {
				t.Skipf("this kernel has no %s devices; Debian's has", kind)
			}
			macs := map[*routeNet]string{near: "02:00:00:00:05:01", far: "02:00:00:00:05:02"}
			for n, end := range map[*routeNet][2]string{near: {"eth0", "10.5.0.1/24"}, far: {"up0", "10.5.0.254/24"}} {
				n.ip(t, "link add link "+end[0]+" name s5 type "+kind+" "+options, "link set s5 address "+macs[n],
					"link set s5 addrgenmode none", "link set s5 up", "address add "+end[1]+" dev s5")
			}
			far.run(t, exec.Command("sh", "-c", "echo 1 >/proc/sys/net/ipv4/conf/all/arp_ignore")) // up0 shall not answer for s5
			near.ip(t, "route add 100.70.0.0/16 via 10.5.0.254")
			r := near.mustRoutes(t, routeConfig{}, "100.70.0.0/16")
			h := r.way(t, "100.70.0.1")
			if got, want := h.says(), "s5 [10.5.0.1] via 10.5.0.254 020000000502 020000000501 0800"; got != want {
				t.Errorf("%s, want %s", got, want)
			}
			_ = near.Inside(func() error {
				if d, err := net.InterfaceByName("s5"); err != nil || d.Index != h.index || d.MTU != h.mtu {
					t.Errorf("index %d, mtu %d; the device is %+v, %v", h.index, h.mtu, d, err)
				}
				return nil
			})
		})
	}
}

func TestRootRouteOverATunnel(t *testing.T) {
	near, _ := behindGateway(t)
	request, err := unix.NewIfreq("tun0")
	if err != nil {
		t.Fatal(err)
	}
	request.SetUint16(unix.IFF_TUN)
	var tun *os.File
	err = near.Inside(func() (err error) { // a tunnel belongs to the network that its file was opened in
		if tun, err = os.OpenFile("/dev/net/tun", os.O_RDWR, 0); err != nil {
			return err
		}
		return unix.IoctlIfreq(int(tun.Fd()), unix.TUNSETIFF, request)
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tun.Close() }()
	near.ip(t, "link set tun0 addrgenmode none", "link set tun0 mtu 1400 up", "address add 10.6.0.1/30 dev tun0", "route add 100.71.0.0/16 via 10.6.0.2")
	h := near.mustRoutes(t, routeConfig{}, "100.71.0.0/16").way(t, "100.71.0.1")
	if got, want := h.says(), "tun0 [10.6.0.1] via 10.6.0.2"; got != want || h.mtu != 1400 {
		t.Errorf("%s, mtu %d; want %s, mtu 1400", got, h.mtu, want)
	}
	near.ip(t, "link set eth0 arp off")
	if got, want := near.mustRoutes(t, routeConfig{}, "100.64.0.1").way(t, "100.64.0.1").says(), "eth0 [10.0.0.1] via 10.0.0.254"; got != want {
		t.Errorf("without ARP: %s, want %s", got, want)
	}
}

func TestRootRouteLeavesIPsecToTheKernel(t *testing.T) {
	near, _ := behindGateway(t)
	near.ip(t, "xfrm policy add src 0.0.0.0/0 dst 100.64.0.0/16 dir out tmpl src 10.0.0.1 dst 10.0.0.254 proto esp mode tunnel",
		"xfrm policy add src 0.0.0.0/0 dst 100.66.0.0/16 dir in tmpl src 10.0.0.1 dst 10.0.0.254 proto esp mode tunnel",
		"xfrm policy add src 0.0.0.0/0 dst 100.67.0.0/16 dir out")
	r := near.mustRoutes(t, routeConfig{}, "100.64.0.0/14")
	for addr, frames := range map[string]bool{"100.64.0.0": false, "100.64.255.255": false, "100.65.0.0": true, "100.66.0.1": true, "100.67.0.1": true} {
		if h := r.way(t, addr); h.ether != frames {
			t.Errorf("%s: %s", addr, h.says())
		}
	}
	near.ip(t, "xfrm policy add src ::/0 dst ::/0 dir out action block")
	r = near.mustRoutes(t, routeConfig{}, "100.65.0.0", "2001:db8:1::1")
	if a, b := r.way(t, "100.65.0.0"), r.way(t, "2001:db8:1::1"); !a.ether || b.ether {
		t.Errorf("all of IPv6 is blocked: %s; %s", a.says(), b.says())
	}
}

func TestRootRouteTenThousandPrefixes(t *testing.T) {
	near, far := behindGateway(t)
	far.ip(t, "address add 10.0.0.253/24 dev up0")
	var script, targets strings.Builder
	for i := range 10_000 {
		net := fmt.Sprintf("100.%d.%d.0/28", 64+i/256, i%256)
		fmt.Fprintf(&script, "route add %s via 10.0.0.%d\n", net, 253+i%2)
		fmt.Fprintf(&targets, "%s ", net)
	}
	batch := exec.Command("ip", "-batch", "-")
	batch.Stdin = strings.NewReader(script.String())
	near.run(t, batch)
	start := time.Now()
	r := near.mustRoutes(t, routeConfig{}, targets.String())
	took := time.Since(start)
	t.Logf("10,000 routes and prefixes: %v", took)
	if took > 5*time.Second {
		t.Errorf("10,000 prefixes took %v", took)
	}
	if n := len(r.hops()); n != 2 || len(r.table.starts4) != 10_000 {
		t.Errorf("%d hops in %d stretches", n, len(r.table.starts4))
	}
}

func TestRootSourcePortInUse(t *testing.T) {
	n := newRouteNet(t, "address add 10.0.0.1/32 dev lo")
	sources := []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("10.0.0.1")}
	err := n.Inside(func() error {
		first, err := holdPorts(sources, portSpan{})
		if err != nil {
			return err
		}
		if first.span != (portSpan{61000, 61063}) || first.notice != "" {
			t.Errorf("chosen: %+v", first)
		}
		second, err := holdPorts(sources[1:], portSpan{})
		if err != nil {
			return err
		}
		if second.span != (portSpan{61064, 61127}) {
			t.Errorf("chosen while the first is held: %v", second.span)
		}
		_, err = holdPorts(sources, portSpan{61010, 61040})
		if want := "source port 61010 of 127.0.0.1 is in use by another program"; err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("named: %v", err)
		}
		first.release()
		second.release()
		again, err := holdPorts(sources, portSpan{61010, 61040})
		if err != nil {
			return err
		}
		again.release()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	n.run(t, exec.Command("sh", "-c", "echo 1024 65535 > /proc/sys/net/ipv4/ip_local_port_range"))
	if err := n.Inside(func() error {
		held, err := holdPorts(sources, portSpan{})
		if err != nil {
			return err
		}
		if held.span != (portSpan{61000, 61063}) || !strings.HasPrefix(held.notice, "ip_local_port_range 1024-65535 leaves no room for source ports, so 61000-61063 are") {
			t.Errorf("without room: %+v", held)
		}
		held.release()
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}
