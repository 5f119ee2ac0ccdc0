//go:build root

package main_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"minesweep/lab/wire"
)

// wired is minesweep as a user runs it, in the near network of a laboratory
// that knows the truth.
type wired struct {
	*built
	lab *wire.Lab
}

func newWired(t *testing.T, o wire.Options, r wire.Responder) *wired {
	t.Helper()
	l, err := wire.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	near, _ := l.Networks()
	if err := l.Answer(r); err != nil {
		t.Fatal(err)
	}
	return &wired{newBuilt(t, &network{near}), l}
}

// anew is the same program with another store, which holds nothing.
func (w *wired) anew(t *testing.T) *wired {
	return &wired{&built{net: w.net, dir: t.TempDir(), path: w.path}, w.lab}
}

// begin starts a command whose standard output nobody reads.
func (w *wired) begin(t *testing.T, args ...string) *program {
	t.Helper()
	return w.net.start(t, io.Discard, w.dir, w.path, args...)
}

// command is one that the caller starts; it finds the same store.
func (w *wired) command(t *testing.T, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(t.Context(), w.path, args...)
	cmd.Dir = w.dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + w.dir, "LC_ALL=C"}
	return cmd
}

// grantFast gives authority over the prefixes and bounds no rate.
func (w *wired) grantFast(t *testing.T, prefixes ...string) {
	t.Helper()
	w.must(t, slices.Concat([]string{"grant", "add", "lab"}, prefixes, []string{"--authority", "test", "--basis", "test",
		"--privacy", "organisation", "--rate", "5000000", "--rate-per-24", "5000000"})...)
}

// openRow is an open port as sweeps show --ports writes it.
type openRow struct {
	Address netip.Addr `json:"address"`
	Port    uint16     `json:"port"`
}

// openPorts reads what the store holds of a sweep and wants no row twice.
func (w *wired) openPorts(t *testing.T, sweep string) map[netip.AddrPort]bool {
	t.Helper()
	found := make(map[netip.AddrPort]bool)
	lines := bufio.NewScanner(strings.NewReader(w.must(t, "sweeps", "show", sweep, "--ports", "-o", "jsonl")))
	for lines.Scan() {
		var row openRow
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			t.Fatalf("line %q is no open port: %v", lines.Text(), err)
		}
		target := netip.AddrPortFrom(row.Address, row.Port)
		if found[target] {
			t.Errorf("%s is there twice", target)
		}
		found[target] = true
	}
	return found
}

// isTruth fails the test where found is not what is open in prefixes.
func (w *wired) isTruth(t *testing.T, found map[netip.AddrPort]bool, prefixes []string, ports []uint16) {
	t.Helper()
	truth, missed := 0, 0
	for target := range w.lab.Responder().Truth(parsed(prefixes), ports) {
		truth++
		if !found[target] {
			missed++
		}
	}
	if truth == 0 || missed > 0 || len(found) != truth {
		t.Errorf("%d are open, %d were found, %d missed", truth, len(found), missed)
	}
}

// sweepRow is a line of sweeps list.
type sweepRow struct {
	ID      int64   `json:"id"`
	Status  string  `json:"status"`
	Covered float64 `json:"covered_percent"`
	Sent    uint64  `json:"sent"`
	Open    uint64  `json:"open"`
	Refused uint64  `json:"refused"`
	Engine  string  `json:"engine"`
}

func (w *wired) sweeps(t *testing.T) (rows []sweepRow) {
	t.Helper()
	for line := range strings.Lines(w.must(t, "sweeps", "list", "-o", "jsonl")) {
		var row sweepRow
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatalf("line %q is no sweep: %v", line, err)
		}
		rows = append(rows, row)
	}
	return rows
}

// within fails the test where a packet went out of scope.
func (w *wired) within(t *testing.T) {
	t.Helper()
	if tally := w.lab.Tally(); tally.SYNs == 0 || tally.Outside != 0 {
		t.Errorf("of %d SYNs %d went out of scope: %v", tally.SYNs, tally.Outside, tally.OutsideFirst)
	}
}

// after waits until the far side has seen so many SYNs, while scan runs, and
// returns when that was.
func (w *wired) after(t *testing.T, scan *program, syns uint64) time.Duration {
	t.Helper()
	look := time.NewTicker(time.Millisecond) // the responder tells nobody
	defer look.Stop()
	for w.lab.Tally().SYNs < syns {
		select {
		case <-scan.ended:
			t.Fatalf("it ended after %d SYNs: %v", w.lab.Tally().SYNs, scan.err)
		case <-look.C:
		}
	}
	return wire.Now()
}

// ends wants an exit status, and one sentence with all of the texts in it.
func (got outcome) ends(t *testing.T, status int, texts ...string) {
	t.Helper()
	if got.status != status {
		t.Errorf("exit status %d, want %d", got.status, status)
	}
	if len(texts) == 0 {
		return
	}
	for line := range strings.Lines(got.stderr) {
		if !slices.ContainsFunc(texts, func(text string) bool { return !strings.Contains(line, text) }) {
			return
		}
	}
	t.Errorf("no sentence says %q:\n%s", texts, got.stderr)
}

// listen accepts on every address of the far network and hands each connection
// to serve.
func (w *wired) listen(t *testing.T, port uint16, serve func(net.Conn)) {
	t.Helper()
	var listener net.Listener
	err := w.lab.Far(func() (err error) {
		listener, err = net.Listen("tcp4", fmt.Sprintf("0.0.0.0:%d", port))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go serve(c)
		}
	}()
}

// fromEnv is the number in an environment variable, by which a run may be
// larger than that of every day.
func fromEnv(t *testing.T, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("%s=%q is no number from 1", name, text)
	}
	return n
}

func parsed(prefixes []string) []netip.Prefix {
	out := make([]netip.Prefix, len(prefixes))
	for i, p := range prefixes {
		out[i] = netip.MustParsePrefix(p)
	}
	return out
}

// portList writes ports as --ports takes them.
func portList(ports []uint16) string {
	out := make([]string, len(ports))
	for i, p := range ports {
		out[i] = strconv.Itoa(int(p))
	}
	return strings.Join(out, ",")
}
