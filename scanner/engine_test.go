package scanner

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// builtHelper is the variable of the environment that names the directory of
// the helper which this process, and not one that it descends from, has built.
func builtHelper() string { return fmt.Sprint("MINESWEEP_TEST_HELPER_", os.Getpid()) }

// buildHelper builds minesweep-naabu once a run and returns its path.
func buildHelper(t *testing.T) string {
	t.Helper()
	dir := os.Getenv(builtHelper())
	if dir == "" {
		var err error
		if dir, err = os.MkdirTemp("", "minesweep-scanner-test-"); err != nil {
			t.Fatal(err)
		}
		if err := os.Setenv(builtHelper(), dir); err != nil {
			t.Fatal(err)
		}
		build := exec.Command("go", "build", "-o", filepath.Join(dir, helperName()), "../cmd/minesweep-naabu")
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	return filepath.Join(dir, helperName())
}

// reset answers a connection with a reset at once.
func reset(conn net.Conn) { _ = conn.(*net.TCPConn).SetLinger(0) }

func TestEngineFindsWhatListens(t *testing.T) {
	helper := buildHelper(t)
	hold := func(conn net.Conn) { _, _ = conn.Read(make([]byte, 1)) }
	want := map[netip.AddrPort]bool{serve(t, "127.77.0.3:0", hold): true}
	hidden := serve(t, "127.77.0.5:0", hold)
	ports := fmt.Sprintf("%d,1", hidden.Port())
	// A reset that overtakes the accept is a matter of luck: have many.
	for i := range 40 {
		want[serve(t, fmt.Sprintf("127.77.0.%d:0", 10+i), reset)] = true
	}
	for target := range want {
		ports += fmt.Sprintf(",%d", target.Port())
	}
	var notices []string
	n, err := NewNaabu(NaabuConfig{
		Path: helper, Guard: loopbackGuard(t, "127.77.0.5/32"), Now: time.Now,
		Notice: func(s string) { notices = append(notices, s) },
	})
	if err != nil {
		t.Fatal(err)
	}
	sink := &found{}
	plan := planOf(t, "127.77.0.0/26", ports)
	if err := n.Scan(t.Context(), plan, sink); err != nil {
		t.Fatal(err)
	}
	for target := range want {
		if sink.ports[target] != "connect" {
			t.Errorf("%s is open and was not found", target)
		}
	}
	probes, each := uint64(64*len(plan.Ports)), uint64(len(plan.Ports))
	if p := sink.last(); p.Cursor != probes || p.Refused != each || int(p.Open) != len(want) || p.Closed != probes-each-p.Open {
		t.Errorf("progress is %+v; found %v", p, sink.ports)
	}
	if want := "the engine is connect: every target is on this machine or has an IPv6 address"; notices[0] != want {
		t.Errorf("the operator was told %q", notices)
	}
}

// The child decides for itself too: a parent gone wrong gets nothing out.
func TestEngineKeepsItsOwnScope(t *testing.T) {
	c, err := startChild(t.Context(), buildHelper(t), []string{"-engine=connect"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	target := serve(t, "127.77.0.6:0", func(net.Conn) {})
	scopes := []*ScopeLine{
		{Allow: []netip.Prefix{netip.MustParsePrefix("127.77.0.0/24")}, Deny: []netip.Prefix{netip.MustParsePrefix("127.77.0.6/32")}},
		{Allow: []netip.Prefix{netip.MustParsePrefix("127.77.0.6/32")}},
		{},
		{Own: netip.AddrPortFrom(target.Addr(), target.Port()+1)},
		{Own: target},
	}
	for i, want := range []string{StateRefused, StateOpen, StateRefused, StateRefused, StateOpen} {
		if err := c.send(Command{Scope: scopes[i]}); err != nil {
			t.Fatal(err)
		}
		if err := c.send(Command{Target: target}); err != nil {
			t.Fatal(err)
		}
		r, err := c.next()
		if err == nil && r.Ready {
			r, err = c.next()
		}
		if err != nil || r.State != want || r.Target != target {
			t.Errorf("scope %d: %+v, %v; want %s", i, r, err, want)
		}
	}
	if err := c.in.Close(); err != nil {
		t.Fatal(err)
	}
	<-c.ended // it ends with its input
	if c.result != nil {
		t.Errorf("it ended with %v", c.result)
	}
}
