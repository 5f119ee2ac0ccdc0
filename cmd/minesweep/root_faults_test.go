//go:build root

package main_test

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"minesweep/lab/wire"
)

// faultPrefix × faultPorts is what the tests of faults sweep: more than what
// is left to connections.
const faultPrefix = "10.50.0.0/22"

var faultPorts = []uint16{80, 4028}

func faultResponder() wire.Responder {
	base := netip.MustParsePrefix(faultPrefix)
	return wire.Responder{Seed: 31, OpenOneIn: 20, RefusePercent: 50, Scope: []netip.Prefix{base, netip.MustParsePrefix("10.60.0.0/24")},
		Places: []wire.Place{{Prefix: netip.MustParsePrefix("10.60.0.0/24"), Kind: wire.Silent}},
		Pairs:  wire.Pairs{Base: base, Ports: faultPorts}}
}

func faultScan(flags ...string) []string {
	return slices.Concat([]string{"scan", faultPrefix, "--ports", portList(faultPorts), "--no-questions"}, flags)
}

// resumes wants the first sweep to be where a resume finds all of the truth.
func (w *wired) resumes(t *testing.T) {
	t.Helper()
	w.must(t, "sweeps", "resume", "1", "--engine", "syn", "--no-questions", "--wait", "200ms")
	w.isTruth(t, w.openPorts(t, "1"), []string{faultPrefix}, faultPorts)
	if rows := w.sweeps(t); len(rows) != 1 || rows[0].Status != "done" || rows[0].Covered != 100 {
		t.Errorf("sweeps: %+v", rows)
	}
	w.within(t)
}

// TestRootFaultsBeforeTheFirstPacket takes from the SYN engine what it needs.
// Each fault is one sentence, and nothing has left for the targets.
func TestRootFaultsBeforeTheFirstPacket(t *testing.T) {
	for _, c := range []struct {
		name    string
		options wire.Options
		far     string // what ip does there
		near    string
		flags   []string
		mended  []string // what ip does near
		says    []string
	}{
		{name: "interface down", near: "link set near0 down", flags: []string{"--interface", "near0"},
			mended: []string{"link set near0 up", "route add 10.0.0.0/8 via 192.168.250.2"},
			says:   []string{"interface near0 is down", "ip link set near0 up"}},
		{name: "no route", near: "route flush table main dev near0",
			mended: []string{"route add 192.168.250.0/30 dev near0", "route add 10.0.0.0/8 via 192.168.250.2"},
			says:   []string{"no route to " + faultPrefix, "add one"}},
		{name: "no answer to ARP", options: wire.Options{Resolve: true}, far: "address del 192.168.250.2/30 dev far0",
			says: []string{"gateway 192.168.250.2 on near0 does not answer ARP"}},
		{name: "source not here", flags: []string{"--source", "192.168.250.9"}, says: []string{"source address 192.168.250.9 is not on this machine"}},
		{name: "no such interface", flags: []string{"--interface", "eth77"}, says: []string{"eth77"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWired(t, c.options, faultResponder())
			w.grantFast(t, faultPrefix)
			far := w.farNetwork()
			if c.far != "" {
				far.ip(t, c.far)
			}
			if c.near != "" {
				w.net.ip(t, c.near)
			}
			got := w.run(t, faultScan(append(c.flags, "--engine", "syn")...)...)
			got.ends(t, 1, c.says...)
			if n := w.lab.Tally().SYNs; n != 0 {
				t.Errorf("%d SYNs left", n)
			}
			if c.far != "" {
				far.ip(t, strings.Replace(c.far, " del ", " add ", 1))
			}
			for _, args := range c.mended {
				w.net.ip(t, args)
			}
			w.resumes(t)
			w.eachPair(t, 1)
		})
	}
}

// farNetwork is the targets' side, for ip.
func (w *wired) farNetwork() *network {
	_, far := w.lab.Networks()
	return &network{far}
}

// TestRootSourcePortInUse lets another program have one of the ports.
func TestRootSourcePortInUse(t *testing.T) {
	w := newWired(t, wire.Options{}, faultResponder())
	w.grantFast(t, faultPrefix)
	var other io.Closer
	err := w.net.Inside(func() (err error) {
		other, err = net.Listen("tcp4", fmt.Sprintf("%s:61007", wire.NearAddr()))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	got := w.run(t, faultScan("--engine", "syn", "--source-port", "61000-61031")...)
	got.ends(t, 1, "source port 61007 of "+wire.NearAddr().String()+" is in use by another program")
	if n := w.lab.Tally().SYNs; n != 0 {
		t.Errorf("%d SYNs left", n)
	}
	other.Close()
	w.resumes(t)
}

// TestRootInterfaceGoesDown takes the interface away in the middle of a sweep.
func TestRootInterfaceGoesDown(t *testing.T) {
	w := newWired(t, wire.Options{}, faultResponder())
	w.grantFast(t, faultPrefix)
	var out strings.Builder
	scan := w.net.start(t, &out, w.dir, w.path, faultScan("--engine", "syn", "--rate", "1000")...)
	w.after(t, scan, 300)
	w.net.ip(t, "link set near0 down")
	outcome{scan.status(t), out.String(), scan.log.String()}.ends(t, 1, "interface near0 is down")
	w.net.ip(t, "link set near0 up")
	w.net.ip(t, "route add 10.0.0.0/8 via 192.168.250.2")
	w.resumes(t)
}

// TestRootSilentCanary names a canary that nobody hears.
func TestRootSilentCanary(t *testing.T) {
	w := newWired(t, wire.Options{}, faultResponder())
	w.grantFast(t, faultPrefix, "10.60.0.0/24")
	got := w.run(t, faultScan("--engine", "syn", "--canary", "10.60.0.7:80")...)
	got.ends(t, 1, "canary 10.60.0.7:80 was not heard: the engine is deaf, or the canary is closed")
	if n := w.lab.Tally().SYNs; n == 0 || n > 3 {
		t.Errorf("%d SYNs left, want those to the canary", n)
	}
	w.resumes(t)
}

// nobody is the user of Debian's that owns nothing.
const nobody = 65534

// unprivileged runs the program as nobody.
func (w *wired) unprivileged(t *testing.T, args ...string) outcome {
	t.Helper()
	var out, errs strings.Builder
	cmd := w.command(t, args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	if err := w.lab.Start(cmd); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // its status says it
	return outcome{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
}

// TestRootWithoutPrivileges sweeps as a user who may not open raw sockets.
func TestRootWithoutPrivileges(t *testing.T) {
	r := faultResponder()
	r.Places = append(r.Places, wire.Place{Prefix: netip.MustParsePrefix(faultPrefix), Kind: wire.Real})
	r.RefusePercent = 100
	w := newWired(t, wire.Options{}, r)
	w.openTo(t, nobody)
	for _, port := range faultPorts {
		w.listen(t, port, func(c net.Conn) { c.Close() })
	}
	want := func(got outcome, status int, texts ...string) {
		t.Helper()
		got.ends(t, status, texts...)
	}
	want(w.unprivileged(t, "grant", "add", "lab", faultPrefix, "--authority", "test", "--basis", "test",
		"--rate", "100000", "--rate-per-24", "100000"), 0)
	want(w.unprivileged(t, faultScan("--engine", "syn")...), 1, "need root or CAP_NET_RAW", "setcap cap_net_raw+ep")
	if n := w.lab.Tally().SYNs; n != 0 {
		t.Errorf("%d SYNs left", n)
	}
	want(w.unprivileged(t, faultScan("--engine", "auto")...), 0, "the engine is connect", "need root or CAP_NET_RAW")
	w.isTruth(t, w.openPorts(t, "1"), []string{faultPrefix}, faultPorts)
	w.within(t)
}

// openTo gives a user a copy of the programs and the store's folder.
func (w *wired) openTo(t *testing.T, uid int) {
	t.Helper()
	dir, err := os.MkdirTemp("", "minesweep-nobody-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	for _, name := range []string{"minesweep", "minesweep-naabu"} {
		b, err := os.ReadFile(filepath.Join(filepath.Dir(w.path), name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chown(dir, uid, uid); err != nil {
		t.Fatal(err)
	}
	w.dir, w.path = dir, filepath.Join(dir, "minesweep")
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
}
