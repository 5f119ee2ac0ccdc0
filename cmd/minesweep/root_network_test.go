//go:build root

package main_test

import (
	"context"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"minesweep/lab/wire"
)

// network is a network of a test.
type network struct{ *wire.Network }

// newNetwork makes a network that has nothing but loopback.
func newNetwork(t *testing.T) *network {
	t.Helper()
	n, err := wire.NewNetwork()
	if err != nil {
		t.Fatalf("%v; run make test-root as root", err)
	}
	t.Cleanup(func() { _ = n.Close() })
	own := &network{n}
	own.ip(t, "link set lo up")
	return own
}

// ip runs ip(8) inside; args are split at blanks.
func (n *network) ip(t *testing.T, args string) {
	t.Helper()
	if err := n.Run(exec.CommandContext(t.Context(), need(t, "ip"), strings.Fields(args)...)); err != nil {
		t.Fatal(err)
	}
}

// The two ends of a join. Their neighbours are fixed, so that neither asks by
// ARP for the other.
const (
	nearAddr, nearMAC = "10.78.0.1", "02:00:00:78:00:01"
	farAddr, farMAC   = "10.78.0.2", "02:00:00:78:00:02"
)

// join connects n to far by a cable, near and far, and routes everything there.
func (n *network) join(t *testing.T, far *network) {
	t.Helper()
	n.ip(t, "link add near address "+nearMAC+" type veth peer name far address "+farMAC)
	n.ip(t, "link set far netns "+far.Path())
	for _, end := range []struct {
		*network
		dev, own, other, otherMAC string
	}{{n, "near", nearAddr, farAddr, farMAC}, {far, "far", farAddr, nearAddr, nearMAC}} {
		// No address of its own making, hence no multicast of IPv6 either. A
		// device forgets this when it is moved.
		end.ip(t, "link set "+end.dev+" addrgenmode none")
		end.ip(t, "address add "+end.own+"/30 dev "+end.dev)
		end.ip(t, "link set "+end.dev+" up")
		end.ip(t, "neighbour add "+end.other+" lladdr "+end.otherMAC+" nud permanent dev "+end.dev)
	}
	n.ip(t, "route add default via "+farAddr)
}

// dial connects inside the network; address holds no name.
func (n *network) dial(ctx context.Context, kind, address string) (c net.Conn, err error) {
	err = n.Inside(func() error {
		c, err = (&net.Dialer{}).DialContext(ctx, kind, address)
		return err
	})
	return c, err
}

// http returns a client inside the network.
func (n *network) http() *http.Client {
	return &http.Client{Transport: &http.Transport{DialContext: n.dial, DisableKeepAlives: true}}
}
