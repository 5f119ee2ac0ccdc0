//go:build root

package scanner

import (
	"fmt"
	"net/netip"
	"os/exec"
	"strings"
	"testing"

	"go4.org/netipx"

	"minesweep/lab/wire"
)

// routeNet is a network of a test.
type routeNet struct{ *wire.Network }

// newRouteNet makes one that has nothing but loopback and the devices, routes
// and addresses that lines, arguments of ip(8), make.
func newRouteNet(t *testing.T, lines ...string) *routeNet {
	t.Helper()
	n, err := wire.NewNetwork()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = n.Close() })
	r := &routeNet{n}
	r.ip(t, append([]string{"link set lo up"}, lines...)...)
	return r
}

func (n *routeNet) ip(t *testing.T, lines ...string) {
	t.Helper()
	for _, line := range lines {
		n.run(t, exec.Command("ip", strings.Fields(line)...))
	}
}

func (n *routeNet) run(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := n.Run(cmd); err != nil {
		t.Fatal(err)
	}
}

// join lays a cable between device near in n and device far in the other
// network. Neither asks for anything by itself.
func (n *routeNet) join(t *testing.T, near string, other *routeNet, far string) {
	t.Helper()
	n.ip(t, "link add "+near+" type veth peer name "+far,
		"link set "+far+" netns "+other.Path(),
		"link set "+near+" addrgenmode none", "link set "+near+" up")
	other.ip(t, "link set "+far+" addrgenmode none", "link set "+far+" up")
}

// routes finds routes from inside; they are closed with the test.
func (n *routeNet) routes(t *testing.T, cfg routeConfig, targets ...string) (r *routes, err error) {
	t.Helper()
	set := setOf(t, targets...)
	err = n.Inside(func() (err error) {
		r, err = findRoutes(t.Context(), set, cfg)
		return err
	})
	if err == nil {
		t.Cleanup(r.close)
	}
	return r, err
}

// mustRoutes is routes where there are some.
func (n *routeNet) mustRoutes(t *testing.T, cfg routeConfig, targets ...string) *routes {
	t.Helper()
	r, err := n.routes(t, cfg, targets...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// way returns the hop of one target.
func (r *routes) way(t *testing.T, addr string) *hop {
	t.Helper()
	n := r.of(netip.MustParseAddr(addr))
	if n < 0 {
		t.Fatalf("%s has no hop", addr)
	}
	return r.hops()[n]
}

// says writes a hop on one line, for comparing.
func (h *hop) says() string {
	line := fmt.Sprintf("%s %v via %v", h.name, h.sources, h.gateway)
	if h.ether {
		f := h.header()
		line += fmt.Sprintf(" %x %x %x", f[:6], f[6:12], f[12:])
	}
	return line
}

func setOf(t testing.TB, targets ...string) *netipx.IPSet {
	t.Helper()
	set, err := ParseTargets(targets)
	if err != nil {
		t.Fatal(err)
	}
	return set
}
