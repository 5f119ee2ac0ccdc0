//go:build root

package main_test

import (
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"
)

// TestRootRefusedScanSendsNothing scans what nobody granted, with a way out
// to it, and looks at every device.
func TestRootRefusedScanSendsNothing(t *testing.T) {
	n, far := newNetwork(t), newNetwork(t)
	n.join(t, far)
	far.ip(t, "route add blackhole default") // takes the control packets and says nothing
	b := newBuilt(t, n)

	got := b.silently(t, "scan", "192.0.2.0/24")
	if got.status != 3 {
		t.Errorf("exit status %d, want 3", got.status)
	}
	for _, want := range []string{"192.0.2.0/24", "no grant", "minesweep grant add"} {
		if !strings.Contains(got.stderr, want) {
			t.Errorf("standard error does not say %q: %q", want, got.stderr)
		}
	}
	if got.stdout != "" {
		t.Errorf("standard output of a refused scan: %q", got.stdout)
	}
}

// silently runs a command that may send nothing, on no device of its network,
// which is joined to another.
func (b *built) silently(t *testing.T, args ...string) outcome {
	t.Helper()
	c := b.net.capture(t, "")
	c.control(t, b.net) // the capture hears what goes where a scan would go
	got := b.run(t, args...)
	c.control(t, b.net) // what was sent before it would have been captured before it
	return got
}

// controls are sent by the test: to where the scan was to go, and on loopback.
var controls = []string{"192.0.2.1:9", "127.0.0.1:9009"}

// control sends one packet to each of the controls, and wants to see them in
// the capture and nothing else before them.
func (c *capture) control(t *testing.T, n *network) {
	t.Helper()
	var hearer io.Closer // without one there would be an ICMP error on loopback
	if err := n.Inside(func() (err error) {
		hearer, err = net.ListenPacket("udp", controls[1])
		return err
	}); err != nil {
		t.Fatal(err)
	}
	defer hearer.Close()
	for _, to := range controls {
		n.send(t, to)
		if p := c.next(t, 10*time.Second); p.to != netip.MustParseAddrPort(to) {
			t.Errorf("a packet that the test did not send: %s", p.line)
		}
	}
}

// send sends one UDP packet.
func (n *network) send(t *testing.T, to string) {
	t.Helper()
	conn, err := n.dial(t.Context(), "udp", to)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte("control")); err != nil {
		t.Fatal(err)
	}
}

// TestRootExclusionWhileScanning excludes half of what is being scanned, and
// then stops the scan as Ctrl-C does.
func TestRootExclusionWhileScanning(t *testing.T) {
	for _, engine := range []string{"connect", "syn"} {
		t.Run(engine, func(t *testing.T) { exclusionWhileScanning(t, engine) })
	}
}

func exclusionWhileScanning(t *testing.T, engine string) {
	const granted, excluded = "10.79.0.0/24", "10.79.0.128/25"
	n, far := newNetwork(t), newNetwork(t)
	n.join(t, far)
	far.ip(t, "route add local "+granted+" dev lo") // all of it is there and refuses
	b := newBuilt(t, n)
	b.grant(t, granted)
	c := n.capture(t, "dst net "+granted)
	scan := n.start(t, nil, b.dir, b.path, "scan", granted, "--ports", "1-1000", "--engine", engine, "--rate", "100")

	half := netip.MustParsePrefix(excluded)
	var before int // to what will be excluded
	for before < 20 {
		if half.Contains(c.nextOf(t, scan).to.Addr()) {
			before++
		}
	}
	b.must(t, "exclude", "add", excluded, "--reason", "test")
	bites := time.Now().Add(time.Second)
	for after := 0; after < 100; { // of the other half: the scan goes on
		p := c.nextOf(t, scan)
		switch {
		case !p.at.After(bites):
		case half.Contains(p.to.Addr()):
			t.Fatalf("%s after the exclusion a packet goes there: %s", p.at.Sub(bites)+time.Second, p.line)
		default:
			after++
		}
	}
	c.interrupt(t, n, scan, "10.79.0.1:9")
}

// interrupt stops scan and wants no packet of it after a second. The last
// packet of all is the test's own, to control.
func (c *capture) interrupt(t *testing.T, n *network, scan *program, control string) {
	t.Helper()
	bites := time.Now().Add(time.Second)
	if err := scan.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if status := scan.status(t); status != 1 || !strings.Contains(scan.log.String(), "probes settled") {
		t.Errorf("an interrupted scan ends with status %d and does not say what it covered: %s", status, scan.log)
	}
	n.send(t, control)
	for p := c.next(t, 10*time.Second); p.to != netip.MustParseAddrPort(control); p = c.next(t, 10*time.Second) {
		if p.at.After(bites) {
			t.Errorf("%s after Ctrl-C a packet goes out: %s", p.at.Sub(bites)+time.Second, p.line)
		}
	}
}

// nextOf is next, while scan has to run on.
func (c *capture) nextOf(t *testing.T, scan *program) packet {
	t.Helper()
	select {
	case <-scan.ended:
		t.Fatalf("the scan ended early: %v", scan.err)
	default:
	}
	return c.next(t, 10*time.Second)
}
