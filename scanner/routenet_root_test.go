//go:build root

package scanner

import (
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"go4.org/netipx"
	"golang.org/x/sys/unix"
)

// routeNet is a network namespace without a name, which ends with the test's
// handle, so that even a killed test leaves none.
type routeNet struct{ handle *os.File }

// newRouteNet makes one that has nothing but loopback and the devices, routes
// and addresses that lines, arguments of ip(8), make.
func newRouteNet(t *testing.T, lines ...string) *routeNet {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	n := &routeNet{}
	err := onItsThread(func() (err error) {
		if err = unix.Unshare(unix.CLONE_NEWNET); err == nil {
			n.handle, err = os.Open("/proc/thread-self/ns/net")
		}
		return err
	})
	if err != nil {
		t.Fatalf("network namespace: %v", err)
	}
	t.Cleanup(func() { _ = n.handle.Close() })
	n.ip(t, append([]string{"link set lo up"}, lines...)...)
	return n
}

// onItsThread runs f, which may move its thread into another network, and
// lets that thread end.
func onItsThread(f func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		done <- f()
	}()
	return <-done
}

// inside runs f in the network; sockets that f makes stay there.
func (n *routeNet) inside(f func() error) error {
	return onItsThread(func() error {
		if err := unix.Setns(int(n.handle.Fd()), unix.CLONE_NEWNET); err != nil {
			return err
		}
		return f()
	})
}

func (n *routeNet) ip(t *testing.T, lines ...string) {
	t.Helper()
	for _, line := range lines {
		n.run(t, exec.Command("ip", strings.Fields(line)...))
	}
}

func (n *routeNet) run(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	var out []byte
	err := n.inside(func() (err error) {
		out, err = cmd.CombinedOutput()
		return err
	})
	if err != nil {
		t.Fatalf("%s: %v: %s", cmd, err, out)
	}
}

// join lays a cable between device near in n and device far in the other
// network. Neither asks for anything by itself.
func (n *routeNet) join(t *testing.T, near string, other *routeNet, far string) {
	t.Helper()
	n.ip(t, "link add "+near+" type veth peer name "+far,
		fmt.Sprintf("link set %s netns /proc/%d/fd/%d", far, os.Getpid(), other.handle.Fd()),
		"link set "+near+" addrgenmode none", "link set "+near+" up")
	other.ip(t, "link set "+far+" addrgenmode none", "link set "+far+" up")
}

// routes finds routes from inside; they are closed with the test.
func (n *routeNet) routes(t *testing.T, cfg routeConfig, targets ...string) (r *routes, err error) {
	t.Helper()
	set := setOf(t, targets...)
	err = n.inside(func() (err error) {
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
