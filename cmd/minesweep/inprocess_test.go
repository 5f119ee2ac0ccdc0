package main

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go4.org/netipx"

	"minesweep"
	"minesweep/scanner"
)

// desk runs commands in this process, with a clock and a resolver of its own.
type desk struct {
	t      *testing.T
	p      *program
	stdout *bytes.Buffer
	stderr *bytes.Buffer
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, stdout: &bytes.Buffer{}, stderr: &bytes.Buffer{}}
	path := filepath.Join(t.TempDir(), "minesweep.db")
	rules, err := builtIn()
	if err != nil {
		t.Fatal(err)
	}
	d.p = &program{
		loaded: rules,
		stdin:  strings.NewReader(""), stdout: d.stdout, stderr: d.stderr,
		getenv: func(string) string { return "" },
		now:    func() time.Time { return time.Date(2026, 11, 21, 20, 0, 0, 0, time.UTC) },
		lookup: func(context.Context, string) ([]netip.Addr, error) {
			return nil, errors.New("no resolver in this test")
		},
		newSYN: func(scanner.SYNConfig) (minesweep.Scanner, error) {
			return nil, errors.New("no raw sockets in this test")
		},
	}
	t.Setenv("MINESWEEP_DB", "sqlite://"+path)
	return d
}

// run runs one command line and returns its exit status and what it said.
func (d *desk) run(args ...string) (int, string, string) {
	d.t.Helper()
	d.stdout.Reset()
	d.stderr.Reset()
	status := d.p.run(d.t.Context(), args)
	return status, d.stdout.String(), d.stderr.String()
}

func (d *desk) grant(args ...string) {
	d.t.Helper()
	args = append([]string{"grant", "add"}, args...)
	if status, _, said := d.run(append(args, "--authority", "a", "--basis", "b")...); status != exitDone {
		d.t.Fatalf("grant add: %s", said)
	}
}

// want runs a command that is to fail with a status and a sentence.
func (d *desk) want(status int, sentence string, args ...string) {
	d.t.Helper()
	got, out, said := d.run(args...)
	if got != status || !strings.Contains(said, sentence) || out != "" {
		d.t.Errorf("minesweep %s: status %d, want %d\n%s%s\nwant %q", strings.Join(args, " "), got, status, out, said, sentence)
	}
}

func mustTargets(t *testing.T, words ...string) *netipx.IPSet {
	t.Helper()
	set, err := scanner.ParseTargets(words)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// found is an engine that finds what it is told.
type found []minesweep.OpenPort

func (f found) Scan(_ context.Context, plan minesweep.Plan, sink minesweep.Sink) error {
	for _, port := range f {
		if err := sink.Found(port); err != nil {
			return err
		}
	}
	total, _ := plan.Total()
	return sink.Progress(minesweep.Progress{
		Cursor: total, Total: total, Sent: total, Open: uint64(len(f)), Filtered: total - uint64(len(f)),
		Received: uint64(len(f)), Dropped: 3, Slowed: 2, PeakRate: 900, PeakPer24: 90,
	})
}

func TestSweepLongerThanItsAuthority(t *testing.T) {
	d := newDesk(t)
	d.grant("night", "10.0.0.0/16", "--window", "19:00-21:00")
	d.grant("short", "10.1.0.0/16", "--to", "2026-11-21T20:10:00Z", "--rate", "20")
	d.grant("open", "10.2.0.0/16")
	const night = "minesweep: 7208960 probes take about 2h00m (1000/s of grant night), but grant night is allowed only 19:00-21:00 UTC, 1h00m from now: nothing was sent. Add --force"
	d.p.newSYN = func(scanner.SYNConfig) (minesweep.Scanner, error) { return found{}, nil }
	d.want(exitUsage, night, "scan", "10.0.0.0/16", "-p", "1-110")
	d.want(exitUsage, "but grant short ends on 2026-11-21T20:10:00Z, 10m0s from now", "scan", "10.1.0.0/20", "10.2.0.0/24", "-p", "80,81,82")
	status, _, said := d.run("scan", "10.0.0.0/16", "-p", "1-110", "--force", "--no-questions")
	if status != exitDone || !strings.Contains(said, "going on by --force, but grant night is allowed only") {
		t.Errorf("--force: status %d\n%s", status, said)
	}
	status, _, said = d.run("scan", "10.2.0.0/18", "-p", "1-40", "--no-questions")
	if status != exitDone || !strings.Contains(said, "minesweep: 655360 probes take about 10m55s (1000/s of grant open)\n") {
		t.Errorf("a long sweep with time enough: status %d\n%s", status, said)
	}
	status, _, said = d.run("scan", "10.2.0.0/24", "-p", "80", "--no-questions", "--engine", "syn")
	if status != exitDone || strings.Contains(said, "take about") {
		t.Errorf("a short sweep: status %d\n%s", status, said)
	}
}

func TestEngineIsChosenAndSaid(t *testing.T) {
	d := newDesk(t)
	d.grant("g", "10.0.0.0/8", "192.0.2.0/24")
	var asked scanner.SYNConfig
	works := func(c scanner.SYNConfig) (minesweep.Scanner, error) { asked = c; return found{}, nil }

	d.want(exitFailed, "minesweep: no raw sockets in this test\n", "scan", "10.0.0.0/20", "--engine", "syn")
	d.want(exitFailed, "minesweep: no raw sockets in this test\n", "scan", "10.0.0.0/30", "-p", "80", "--interface", "eth0")
	d.want(exitRefused, "--canary 198.51.100.1:80: refused by scope", "scan", "10.0.0.0/20", "--canary", "198.51.100.1:80")

	d.p.newSYN = works
	status, _, said := d.run("scan", "10.0.0.0/24", "-p", "80,443,4028", "--no-questions", "--engine", "syn", "--canary", "192.0.2.7:80", "--interface", "eth1",
		"--source", "10.9.9.1,10.9.9.2", "--source-port", "61000-61063", "--rate", "700", "--wait", "2s")
	if status != exitDone || strings.Count(said, "the engine is ") != 1 || !strings.Contains(said, "minesweep: the engine is syn: ") {
		t.Errorf("status %d\n%s", status, said)
	}
	if asked.Interface != "eth1" || len(asked.Sources) != 2 || asked.Sources[1] != netip.MustParseAddr("10.9.9.2") || asked.SourcePorts != "61000-61063" ||
		asked.Canary != netip.MustParseAddrPort("192.0.2.7:80") || asked.Wait != 2*time.Second || asked.Guard == nil {
		t.Errorf("the engine was given %+v", asked)
	}
}

func TestAutoChooses(t *testing.T) {
	d := newDesk(t)
	guard, err := scanner.NewGuard(t.Context(), scanner.GuardConfig{
		Load: func(context.Context) (*minesweep.Scope, error) { return &minesweep.Scope{}, nil }, Now: d.p.now,
	})
	if err != nil {
		t.Fatal(err)
	}
	works := func(scanner.SYNConfig) (minesweep.Scanner, error) { return found{}, nil }
	for name, c := range map[string]struct {
		targets string
		probes  uint64
		flags   sweepFlags
		syn     func(scanner.SYNConfig) (minesweep.Scanner, error)
		want    string
	}{
		"a small job":             {"10.0.0.0/24", smallJob, sweepFlags{}, works, "connect"},
		"a sweep":                 {"10.0.0.0/24", smallJob + 1, sweepFlags{}, works, "syn"},
		"a sweep, no right":       {"10.0.0.0/24", smallJob + 1, sweepFlags{}, d.p.newSYN, "naabu"},
		"a small job on a device": {"10.0.0.0/24", 1, sweepFlags{device: "eth0"}, works, "syn"},
		"loopback":                {"127.9.9.0/24", 100000, sweepFlags{}, works, "connect"},
		"loopback and others":     {"10.0.0.0/16,::1", 100000, sweepFlags{}, works, "connect"},
		"IPv6":                    {"2001:db8::/112", 100000, sweepFlags{}, works, "syn"},
	} {
		d.p.newSYN = c.syn
		c.flags.engine = "auto"
		got, err := d.p.engine(job{flags: c.flags, guard: guard, targets: mustTargets(t, c.targets), probes: c.probes})
		if err != nil || got.word != c.want {
			t.Errorf("%s: %q, %v; want %q", name, got.word, err, c.want)
		}
	}
}

func TestReportSaysWhatTheEngineCounted(t *testing.T) {
	d := newDesk(t)
	d.grant("g", "10.0.0.0/24")
	at := d.p.now()
	d.p.newSYN = func(scanner.SYNConfig) (minesweep.Scanner, error) {
		return found{
			{Target: netip.MustParseAddrPort("10.0.0.7:80"), At: at, Engine: "syn", Stack: minesweep.Stack{Heard: true, TTL: 57, Window: 64240, Options: "MSTNW"}},
			{Target: netip.MustParseAddrPort("10.0.0.7:22"), At: at, Engine: "syn", Stack: minesweep.Stack{Heard: true}},
		}, nil
	}
	status, out, said := d.run("scan", "10.0.0.0/24", "-p", "22,80,443", "--engine", "syn", "--no-questions", "--rate", "800", "-o", "jsonl")
	if status != exitDone {
		t.Fatalf("status %d: %s", status, said)
	}
	for _, want := range []string{
		"sweep 1 done: 768 of 768 probes settled (100.0 %), 2 open, 0 closed, 766 without answer, 0 refused by the guard, 0 errors\n",
		"sweep 1 engine syn, 768 sent, 2 received, 3 dropped, packets/s: 800 asked, 900 at most, 90 at most to one /24, a /24 slowed 2 times, 2 open ports not asked\n",
		"3 packets were lost on this machine: an open port may be missing",
	} {
		if !strings.Contains(said, "minesweep: "+want) {
			t.Errorf("it does not say %q:\n%s", want, said)
		}
	}
	const ports = `{"address":"10.0.0.7","port":22,"engine":"syn","ttl":0,"window":0,"options":"","at":"2026-11-21T20:00:00Z"}
{"address":"10.0.0.7","port":80,"engine":"syn","ttl":57,"window":64240,"options":"MSTNW","at":"2026-11-21T20:00:00Z"}
`
	if out != ports {
		t.Errorf("got %s", out)
	}
	if _, out, _ = d.run("sweeps", "list", "-o", "jsonl"); !strings.Contains(out, `"rate_asked":800,"rate_mean":0,"rate_peak":900,"rate_peak_per_24":90,"sent":768,"received":2,"dropped":3,"closed":0,"filtered":766,"slowed":2,"decoys_held_back":0`) {
		t.Errorf("got %s", out)
	}
}

func TestNamesOfTheCommandLineAndTheList(t *testing.T) {
	d := newDesk(t)
	d.grant("g", "10.0.0.0/24", "2001:db8::/64")
	d.p.newSYN = func(scanner.SYNConfig) (minesweep.Scanner, error) { return found{}, nil }
	d.p.lookup = func(_ context.Context, name string) ([]netip.Addr, error) {
		if name == "rig.example.org" {
			return []netip.Addr{netip.MustParseAddr("10.0.0.7"), netip.MustParseAddr("2001:db8::7")}, nil
		}
		return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	}
	d.p.stdin = strings.NewReader("10.0.0.1\nrig.example.net\n")
	d.want(exitUsage, `minesweep: standard input:2: "rig.example.net" has no address: mend the name, or give the address itself`, "scan", "-iL", "-")
	d.want(exitUsage, `"nobody.example.org" has no address`, "scan", "nobody.example.org")
	d.want(exitUsage, `"rig.example.org" is not an address, prefix or range`, "scan", "rig.example.org", "--no-dns")
	status, _, said := d.run("scan", "rig.example.org", "--no-questions", "-p", "80-380", "--engine", "syn")
	if status != exitDone || !strings.Contains(said, "602 of 602 probes settled") {
		t.Errorf("status %d\n%s", status, said)
	}
}

func TestConfirm(t *testing.T) {
	for answer, want := range map[string]bool{"y\n": true, "YES\n": true, " y": true, "n\n": false, "\n": false, "": false, "yo\n": false} {
		var out bytes.Buffer
		if confirm(strings.NewReader(answer), &out, "Go on?") != want || out.String() != "Go on?" {
			t.Errorf("%q is taken for %v", answer, !want)
		}
	}
}
