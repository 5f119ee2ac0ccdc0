package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"minesweep"
	"minesweep/lab"
	"minesweep/recordings"
)

// field is a store with a grant over a running lab.
type field struct {
	t     *testing.T
	db    string
	scan  []string
	hosts int
	truth map[netip.Addr]recordings.Want
}

func newField(t *testing.T, prefix string, hosts int) *field {
	t.Helper()
	devices, err := lab.Fleet(netip.MustParsePrefix(prefix), hosts)
	if err != nil {
		t.Fatal(err)
	}
	return newFieldOf(t, prefix, devices)
}

// newFieldOf plays the devices, which have addresses of the prefix.
func newFieldOf(t *testing.T, prefix string, devices []lab.Simulated) *field {
	t.Helper()
	network, err := lab.Start(t.Context(), devices)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { network.Close() })
	f := &field{t: t, db: "sqlite://" + filepath.Join(t.TempDir(), "minesweep.db"), hosts: len(devices), truth: network.Truth()}
	f.scan = []string{"scan", prefix, "--engine", "connect", "-o", "jsonl"}
	f.run("grant", "add", "lab", prefix, "--authority", "a", "--basis", "b", "--rate", "20000", "--rate-per-24", "20000")
	return f
}

// start begins a command and returns what it will have said.
func (f *field) start(args ...string) (*exec.Cmd, *bytes.Buffer, *bytes.Buffer) {
	f.t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(f.t.Context(), "minesweep", append(args, "--db", f.db)...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	cmd.Env = os.Environ()
	if err := cmd.Start(); err != nil {
		f.t.Fatal(err)
	}
	return cmd, &out, &errs
}

func (f *field) run(args ...string) string {
	f.t.Helper()
	cmd, out, errs := f.start(args...)
	if err := cmd.Wait(); err != nil {
		f.t.Fatalf("minesweep %s: %v\n%s", strings.Join(args, " "), err, errs)
	}
	return out.String()
}

// untilAtWork starts a scan and waits until its engine says that it is at work. It
// returns what the scan has yet to say.
func untilAtWork(t *testing.T, cmd *exec.Cmd) *bufio.Reader {
	t.Helper()
	errs, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said := bufio.NewReader(errs)
	for line := ""; !strings.Contains(line, "the engine is connect"); {
		if line, err = said.ReadString('\n'); err != nil {
			t.Fatalf("got %q, %v", line, err)
		}
	}
	return said
}

// TestKillLosesAndDoublesNothing kills a scan at ever later moments of its work and
// then lets the same command finish.
func TestKillLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	f := newField(t, "127.9.6.0/24", 40)
	moments := []time.Duration{20, 80, 160, 240, 320, 400}
	for _, after := range moments[:fewer(6, 3)] {
		cmd := exec.CommandContext(t.Context(), "minesweep", append(f.scan, "--rate", "1500", "--db", f.db)...)
		untilAtWork(t, cmd)
		time.Sleep(after * time.Millisecond) // the moment of the kill is the point
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
	}
	out := f.run(f.scan...)
	seen := make(map[netip.Addr]int)
	for line := range strings.Lines(out) {
		var h minesweep.Host
		if err := json.Unmarshal([]byte(line), &h); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if h.Verdict != minesweep.Confirmed {
			t.Errorf("%s is %s", h.Address, h.Verdict)
		}
		seen[h.Address]++
	}
	if len(seen) != f.hosts {
		t.Errorf("%d hosts, want %d", len(seen), f.hosts)
	}
	for addr, n := range seen {
		if n != 1 {
			t.Errorf("%s is there %d times", addr, n)
		}
	}
	if n := strings.Count(f.run("assets", "list", "-o", "jsonl"), "\n"); n != f.hosts {
		t.Errorf("%d assets, want %d", n, f.hosts)
	}
	if n := strings.Count(f.run("sweeps", "list", "-o", "jsonl"), "\n"); n != 1 {
		t.Errorf("%d sweeps: the same command must go on with the one that was cut off", n)
	}
}

// TestInterruptKeepsWhatWasFound stops a scan as Ctrl-C does, once the engine
// has said that it is at work.
func TestInterruptKeepsWhatWasFound(t *testing.T) {
	t.Parallel()
	f := newField(t, "127.9.7.0/24", 12)
	cmd := exec.CommandContext(t.Context(), "minesweep", append(f.scan, "--rate", "300", "--db", f.db)...)
	said := untilAtWork(t, cmd)
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(said)
	if err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exitFailed {
		t.Errorf("exit status %d, want %d", code, exitFailed)
	}
	if !bytes.Contains(rest, []byte("sweep 1 stopped:")) || !bytes.Contains(rest, []byte("minesweep: stopped")) {
		t.Errorf("it did not say what was covered:\n%s", rest)
	}
	if list := f.run("sweeps", "list", "-o", "jsonl"); !strings.Contains(list, `"status":"stopped"`) {
		t.Errorf("got %s", list)
	}
	f.run(f.scan...)
	if n := strings.Count(f.run("sweeps", "list", "-o", "jsonl"), "\n"); n != 2 {
		t.Errorf("%d sweeps: one that was stopped is not gone on with", n)
	}
}

// TestSweepIsResumedByItsNumber kills a scan, stops the one that goes on with
// it, and lets a third finish.
func TestSweepIsResumedByItsNumber(t *testing.T) {
	t.Parallel()
	f := newField(t, "127.9.16.0/24", 20)
	resume := []string{"sweeps", "resume", "1", "--engine", "connect", "-o", "jsonl"}
	for i, args := range [][]string{f.scan, resume} {
		cmd := exec.CommandContext(t.Context(), "minesweep", append(args, "--rate", "500", "--db", f.db)...)
		said := untilAtWork(t, cmd)
		second, _, refused := f.start(resume...)
		if err := second.Wait(); err == nil || !strings.Contains(refused.String(), "sweep 1 still runs, as process") {
			t.Errorf("a running sweep was resumed: %v\n%s", err, refused)
		}
		signal := []os.Signal{syscall.SIGKILL, syscall.SIGINT}[i]
		if err := cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, said)
		_ = cmd.Wait()
	}
	if n := strings.Count(f.run(resume...), `"verdict":"confirmed"`); n != f.hosts {
		t.Errorf("%d hosts, want %d", n, f.hosts)
	}
	list := f.run("sweeps", "list", "-o", "jsonl")
	if strings.Count(list, "\n") != 1 || !strings.Contains(list, `"status":"done"`) || !strings.Contains(list, `"covered_percent":100,`) {
		t.Errorf("got %s", list)
	}
}

// TestReaderMayLeave is minesweep scan … | head -1.
func TestReaderMayLeave(t *testing.T) {
	t.Parallel()
	f := newField(t, "127.9.10.0/24", 20)
	cmd := exec.CommandContext(t.Context(), "minesweep", append(f.scan, "--db", f.db)...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	out.Close()
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v\n%s", err, &errs)
	}
	if strings.Contains(errs.String(), "broken pipe") {
		t.Errorf("it complained:\n%s", &errs)
	}
}

// TestLabPlaysUntilInterrupted starts the lab as a user would.
func TestLabPlaysUntilInterrupted(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), "minesweep", "lab", "127.9.11.0/24", "3")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || line != "3 hosts play in 127.9.11.0/24 until Ctrl-C\n" {
		t.Errorf("got %q, %v", line, err)
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("interrupted: %v", err)
	}
}
