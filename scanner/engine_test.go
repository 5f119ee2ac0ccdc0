package scanner

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// builtHelper names the directory of the helper that this run has built.
const builtHelper = "MINESWEEP_TEST_HELPER"

// buildHelper builds minesweep-naabu once a run and returns its path.
func buildHelper(t *testing.T) string {
	t.Helper()
	dir := os.Getenv(builtHelper)
	if dir == "" {
		var err error
		if dir, err = os.MkdirTemp("", "minesweep-scanner-test-"); err != nil {
			t.Fatal(err)
		}
		if err := os.Setenv(builtHelper, dir); err != nil {
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
	plain := serve(t, "127.77.0.3:0", hold)
	resets := serve(t, "127.77.0.4:0", reset)
	hidden := serve(t, "127.77.0.5:0", hold)
	ports := fmt.Sprintf("%d,%d,%d,1", plain.Port(), resets.Port(), hidden.Port())

	var mu sync.Mutex
	var notices []string
	n, err := NewNaabu(NaabuConfig{
		Path: helper, Guard: loopbackGuard(t, "127.77.0.5/32"), Now: time.Now,
		Notice: func(s string) {
			mu.Lock()
			defer mu.Unlock()
			notices = append(notices, s)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	// A reset that overtakes the accept is a matter of luck: try it often.
	for range 20 {
		sink := &found{}
		if err := n.Scan(t.Context(), planOf(t, "127.77.0.0/29", ports), sink); err != nil {
			t.Fatal(err)
		}
		if len(sink.ports) != 2 || sink.ports[plain] != "connect" || sink.ports[resets] != "connect" {
			t.Fatalf("found %v, want %s and %s", sink.ports, plain, resets)
		}
		p := sink.last()
		if p.Cursor != 32 || p.Refused != 4 || p.Open != 2 || p.Closed != 26 || p.Errors != 0 {
			t.Fatalf("progress is %+v", p)
		}
	}
	if want := "the engine is connect: every target is on this machine or has an IPv6 address"; notices[0] != want {
		t.Errorf("the operator was told %q", notices)
	}
}

// The child decides for itself too: a parent gone wrong gets nothing out.
func TestEngineKeepsItsOwnScope(t *testing.T) {
	c, err := startChild(buildHelper(t), []string{"-engine=connect"}, nil)
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
