//go:build root

package main_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"minesweep"
)

// built is minesweep as a user runs it, with a store of its own in dir.
type built struct {
	net       *network
	dir, path string
}

// newBuilt builds both commands. They lie in the user's cache folder, where
// the next test finds them built.
func newBuilt(t *testing.T, n *network) *built {
	t.Helper()
	bin := filepath.Join(cacheDir(t), "bin")
	ctx, cancel := context.WithTimeout(t.Context(), lifetime)
	defer cancel()
	if err := command(ctx, "", nil, need(t, "go"), "build", "-o", bin+"/", ".", "../minesweep-naabu"); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	return &built{net: n, dir: t.TempDir(), path: filepath.Join(bin, "minesweep")}
}

func cacheDir(t *testing.T) string {
	t.Helper()
	dir, err := os.UserCacheDir()
	if err != nil {
		t.Fatalf("the folder for what the test builds: %v", err)
	}
	return filepath.Join(dir, "minesweep-test")
}

// outcome is what one command of minesweep gave.
type outcome struct {
	status         int
	stdout, stderr string
}

func (b *built) run(t *testing.T, args ...string) outcome {
	t.Helper()
	var out bytes.Buffer
	p := b.net.start(t, &out, b.dir, b.path, args...)
	status := p.status(t)
	return outcome{status, out.String(), p.log.String()}
}

// must runs a command that has to succeed and returns its standard output.
func (b *built) must(t *testing.T, args ...string) string {
	t.Helper()
	got := b.run(t, args...)
	if got.status != 0 {
		t.Fatalf("minesweep %s: exit status %d", strings.Join(args, " "), got.status)
	}
	return got.stdout
}

// grant gives authority over the prefixes.
func (b *built) grant(t *testing.T, prefixes ...string) {
	t.Helper()
	b.must(t, slices.Concat([]string{"grant", "add", "lab"}, prefixes,
		[]string{"--authority", "test", "--basis", "test", "--privacy", "organisation", "--rate", "2000", "--rate-per-24", "2000"})...)
}

// scan scans and returns the hosts by address.
func (b *built) scan(t *testing.T, args ...string) map[netip.Addr]minesweep.Host {
	t.Helper()
	out := b.must(t, append([]string{"scan", "-o", "jsonl"}, args...)...)
	hosts := make(map[netip.Addr]minesweep.Host)
	lines := bufio.NewScanner(strings.NewReader(out))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var h minesweep.Host
		if err := json.Unmarshal(lines.Bytes(), &h); err != nil {
			t.Fatalf("scan: line %q is no host: %v", lines.Text(), err)
		}
		hosts[h.Address] = h
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return hosts
}

// wantHost is what a scan has to say of one host.
type wantHost struct {
	what, address string
	ports         []uint16 // that must have been found open
	verdicts      []minesweep.Verdict
	class         minesweep.Class // "" where the class does not matter
}

// unconfirmed are the verdicts that accuse nobody.
var unconfirmed = []minesweep.Verdict{minesweep.Unidentified, minesweep.Suspected, minesweep.Silent}

func (w wantHost) check(t *testing.T, hosts map[netip.Addr]minesweep.Host) {
	t.Helper()
	h, ok := hosts[addr(w.address)]
	if !ok {
		t.Errorf("%s at %s was not found", w.what, w.address)
		return
	}
	for _, port := range w.ports {
		if !slices.ContainsFunc(h.Ports, func(p minesweep.HostPort) bool { return p.Port == port }) {
			t.Errorf("%s at %s: port %d was not found open", w.what, w.address, port)
		}
	}
	if !slices.Contains(w.verdicts, h.Verdict) || w.class != "" && h.Class != w.class {
		t.Errorf("%s at %s is %s %q, want %v %q; evidence %+v", w.what, w.address, h.Verdict, h.Class, w.verdicts, w.class, h.Evidence)
	}
	t.Logf("%s at %s: %s %s %s %s, %d pieces of evidence, doubts %q", w.what, w.address, h.Verdict, h.Class, h.Vendor, h.Model, len(h.Evidence), h.Doubts)
}

// checkHosts wants exactly these hosts.
func checkHosts(t *testing.T, hosts map[netip.Addr]minesweep.Host, want ...wantHost) {
	t.Helper()
	for _, w := range want {
		w.check(t, hosts)
	}
	for a, h := range hosts {
		if !slices.ContainsFunc(want, func(w wantHost) bool { return addr(w.address) == a }) {
			t.Errorf("%s is in the output (%s, ports %v), where no program runs", a, h.Verdict, h.Ports)
		}
	}
}
