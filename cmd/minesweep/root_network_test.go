//go:build root

package main_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// network is a network namespace without a name. It lives as long as the
// test's handle or a process inside, so that even a killed test leaves none.
type network struct{ handle *os.File }

// newNetwork makes a network that has nothing but loopback.
func newNetwork(t *testing.T) *network {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Fatal("the tests of real programs make network namespaces and need root; run make test-root as root")
	}
	n := &network{}
	err := onOwnThread(func() (err error) {
		if err = unix.Unshare(unix.CLONE_NEWNET); err == nil {
			n.handle, err = os.Open("/proc/thread-self/ns/net")
		}
		return err
	})
	if err != nil {
		t.Fatalf("network namespace: %v", err)
	}
	t.Cleanup(func() { n.handle.Close() })
	n.ip(t, "link set lo up")
	return n
}

// onOwnThread runs f, which may move its thread into another network, and
// brings the thread home. It must not die instead: Linux would end every
// program that was started from it (PR_SET_PDEATHSIG).
func onOwnThread(f func() error) (err error) {
	runtime.LockOSThread()
	home, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		return err
	}
	defer home.Close()
	defer func() {
		if herr := unix.Setns(int(home.Fd()), unix.CLONE_NEWNET); herr != nil {
			err = fmt.Errorf("thread does not come home: %w", herr)
			return
		}
		runtime.UnlockOSThread()
	}()
	return f()
}

// inside runs f in the network. Sockets and processes that f makes stay there.
func (n *network) inside(f func() error) error {
	return onOwnThread(func() error {
		if err := unix.Setns(int(n.handle.Fd()), unix.CLONE_NEWNET); err != nil {
			return err
		}
		return f()
	})
}

// ip runs ip(8) inside; args are split at blanks.
func (n *network) ip(t *testing.T, args string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), need(t, "ip"), strings.Fields(args)...)
	var out []byte
	err := n.inside(func() (err error) {
		out, err = cmd.CombinedOutput()
		return err
	})
	if err != nil {
		t.Fatalf("ip %s: %v\n%s", args, err, out)
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
	n.ip(t, fmt.Sprintf("link set far netns /proc/%d/fd/%d", os.Getpid(), far.handle.Fd()))
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
	err = n.inside(func() error {
		c, err = (&net.Dialer{}).DialContext(ctx, kind, address)
		return err
	})
	return c, err
}

// http returns a client inside the network.
func (n *network) http() *http.Client {
	return &http.Client{Transport: &http.Transport{DialContext: n.dial, DisableKeepAlives: true}}
}
