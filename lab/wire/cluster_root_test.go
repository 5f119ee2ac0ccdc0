//go:build root

package wire

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"testing"
	"time"
)

func newCluster(t *testing.T, nodes int) *Cluster {
	t.Helper()
	c, err := NewCluster(Options{}, nodes)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// greeter listens in a network and says a word to whoever comes.
func greeter(t *testing.T, n *Network, word string) (port uint16) {
	t.Helper()
	var l net.Listener
	if err := n.Inside(func() (err error) {
		l, err = net.Listen("tcp4", "0.0.0.0:0")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(c, word)
			c.Close()
		}
	}()
	return uint16(l.Addr().(*net.TCPAddr).Port)
}

// said connects from inside a network and returns what was said.
func said(n *Network, to netip.AddrPort) (word string, err error) {
	err = n.Inside(func() error {
		c, err := net.DialTimeout("tcp4", to.String(), 2*time.Second)
		if err != nil {
			return err
		}
		defer c.Close()
		all, err := io.ReadAll(c)
		word = string(all)
		return err
	})
	return word, err
}

// TestRootClusterReaches wants every node to reach the targets and the base, and
// each to be cut from the base alone.
func TestRootClusterReaches(t *testing.T) {
	c := newCluster(t, 3)
	target := netip.MustParseAddr("100.64.7.9")
	_, far := c.Networks()
	port, shared := greeter(t, far, "target"), greeter(t, c.Base(), "base")
	if err := c.Answer(Responder{Scope: []netip.Prefix{netip.PrefixFrom(target, 32)},
		Places: []Place{{Prefix: netip.PrefixFrom(target, 32), Kind: Passed}}}); err != nil {
		t.Fatal(err)
	}
	want := func(i int, to netip.AddrPort, word string) {
		t.Helper()
		if got, err := said(c.Nodes()[i].Network, to); err != nil || got != word {
			t.Errorf("node %d at %s heard %q, %v; want %q", i, to, got, err, word)
		}
	}
	base := func(i int) netip.AddrPort { return netip.AddrPortFrom(c.Nodes()[i].BaseAddr(), shared) }
	for i, n := range c.Nodes() {
		want(i, netip.AddrPortFrom(target, port), "target")
		want(i, base(i), "base")
		if sent, err := n.Sent(); err != nil || sent < 4 {
			t.Errorf("node %d sent %d packets, %v", i, sent, err)
		}
	}
	for _, e := range []End{NodeEnd, BaseEnd} {
		if err := c.Nodes()[1].Join(e, false); err != nil {
			t.Fatal(err)
		}
		if word, err := said(c.Nodes()[1].Network, base(1)); err == nil {
			t.Errorf("a node that is cut off at end %v heard %q", e, word)
		}
		want(1, netip.AddrPortFrom(target, port), "target")
		want(2, base(2), "base")
		if err := c.Nodes()[1].Join(e, true); err != nil {
			t.Fatal(err)
		}
		want(1, base(1), "base")
	}
	if tally := c.Tally(); tally.SYNs != 5 || tally.Outside != 0 {
		t.Errorf("%d SYNs, %d outside of scope; want 5 and none", tally.SYNs, tally.Outside)
	}
	if _, err := said(c.Base(), netip.AddrPortFrom(target, port)); err == nil {
		t.Error("the base reaches a target")
	}
	if _, err := said(c.Nodes()[0].Network, netip.AddrPortFrom(netip.MustParseAddr("203.0.113.1"), port)); err == nil {
		t.Error("a node reaches what is no target")
	}
}

func TestRootClusterBounds(t *testing.T) {
	for _, nodes := range []int{0, mostNodes + 1} {
		if c, err := NewCluster(Options{}, nodes); err == nil {
			t.Error(errors.Join(fmt.Errorf("%d nodes were had", nodes), c.Close()))
		}
	}
}
