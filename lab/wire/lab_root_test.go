//go:build root

package wire

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"
)

// dial connects in the near network.
func dial(l *Lab, address string) (c net.Conn, err error) {
	err = l.Near(func() error {
		c, err = net.DialTimeout("tcp", address, 5*time.Second)
		return err
	})
	return c, err
}

// serve listens in the far network and says hello.
func serve(t *testing.T, l *Lab, address string) {
	t.Helper()
	var listener net.Listener
	err := l.Far(func() (err error) {
		listener, err = net.Listen("tcp", address)
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
			_, _ = c.Write([]byte("hello"))
			c.Close()
		}
	}()
}

func TestRootWirePassesToTheFarKernel(t *testing.T) {
	for _, resolve := range []bool{false, true} {
		t.Run(fmt.Sprintf("resolve=%v", resolve), func(t *testing.T) {
			l := newLab(t, Options{Resolve: resolve})
			if err := l.Answer(Responder{Places: []Place{{netip.MustParsePrefix("10.3.0.0/24"), Passed, 0}}}); err != nil {
				t.Fatal(err)
			}
			serve(t, l, "0.0.0.0:4028")
			c, err := dial(l, "10.3.0.77:4028")
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if b, err := io.ReadAll(c); err != nil || string(b) != "hello" {
				t.Errorf("read %q: %v", b, err)
			}
			if _, err := dial(l, "10.3.0.78:4029"); !errors.Is(err, unix.ECONNREFUSED) {
				t.Errorf("where nobody listens the far kernel refuses, not %v", err)
			}
			if tally := l.Tally(); tally.SYNs != 2 || tally.Passed < 3 || tally.OtherTCP < 1 {
				t.Errorf("%+v", tally)
			}
		})
	}
}

func TestRootWireStartsPrograms(t *testing.T) {
	l := newLab(t, Options{})
	var out strings.Builder
	cmd := exec.CommandContext(t.Context(), "cat", "/proc/self/net/dev")
	cmd.Stdout = &out
	if err := l.Start(cmd); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil || !strings.Contains(out.String(), NearDevice) || strings.Count(out.String(), ":") != 2 {
		t.Errorf("%v; devices inside are\n%s", err, out.String())
	}
}

func TestRootWireHandsOpenPortsToTheFarKernel(t *testing.T) {
	l := newLab(t, Options{})
	r := Responder{Seed: 5, OpenOneIn: 8, RefusePercent: 100, Places: []Place{{netip.MustParsePrefix("10.3.0.0/27"), Real, 0}}}
	if err := l.Answer(r); err != nil {
		t.Fatal(err)
	}
	serve(t, l, "0.0.0.0:4028")
	open := uint64(0)
	for _, target := range targets([]uint16{4028}, "10.3.0.0/27") {
		c, err := dial(l, target.String())
		if !r.Open(target.Addr(), target.Port()) {
			if !errors.Is(err, unix.ECONNREFUSED) {
				t.Errorf("%s is closed: %v", target, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(c); err != nil || string(b) != "hello" {
			t.Errorf("%s: read %q: %v", target, b, err)
		}
		c.Close()
		open++
	}
	if tally := l.Tally(); open == 0 || open == 32 || tally.OpenHits != open || tally.Refused != 32-open {
		t.Errorf("%d are open: %+v", open, tally)
	}
}

func TestRootWireSaysWhatIsLost(t *testing.T) {
	l := newLab(t, Options{NoGRO: true})
	if err := l.Answer(Responder{OpenOneIn: 1}); err != nil {
		t.Fatal(err)
	}
	p := newProber(t, l)
	target := netip.MustParseAddrPort("10.0.0.1:1")
	p.send(target)
	p.hear(1)
	if lost, err := l.Lost(); err != nil || lost != (Lost{}) {
		t.Errorf("a working cable lost %+v, %v", lost, err)
	}
	// Nothing makes near0 poll any more.
	if err := l.passing.Close(); err != nil {
		t.Fatal(err)
	}
	l.passing = nil
	p.send(target)
	if lost, err := l.Lost(); err != nil || lost.Answers != 1 {
		t.Errorf("where near0 does not poll, lost are %+v, %v; want one answer", lost, err)
	}
}

func TestRootWireRefusesBadResponders(t *testing.T) {
	l := newLab(t, Options{})
	for name, r := range map[string]Responder{
		"odd options":  {Options: []byte{1, 2, 3}},
		"IPv6 place":   {Places: []Place{{netip.MustParsePrefix("fd00:2::/64"), Silent, 0}}},
		"IPv6 watch":   {Watch: prefixes("fd00:2::/64")},
		"many watched": {Watch: make([]netip.Prefix, mostWatched+1)},
		"many pairs":   {Pairs: Pairs{netip.MustParsePrefix("10.0.0.0/9"), []uint16{1, 2}}},
	} {
		if err := l.Answer(r); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

// loaded lists the programs and maps of this package that the kernel holds.
func loaded(t *testing.T) (names []string) {
	t.Helper()
	for id, err := ebpf.ProgramGetNextID(0); err == nil; id, err = ebpf.ProgramGetNextID(id) {
		p, err := ebpf.NewProgramFromID(id)
		if err != nil {
			continue // gone meanwhile
		}
		if info, err := p.Info(); err == nil && strings.HasPrefix(info.Name, "wire_") {
			names = append(names, fmt.Sprintf("program %d", id))
		}
		_ = p.Close()
	}
	for id, err := ebpf.MapGetNextID(0); err == nil; id, err = ebpf.MapGetNextID(id) {
		m, err := ebpf.NewMapFromID(id)
		if err != nil {
			continue
		}
		if info, err := m.Info(); err == nil && strings.HasPrefix(info.Name, "wire_") {
			names = append(names, fmt.Sprintf("map %d", id))
		}
		_ = m.Close()
	}
	return names
}

// networks counts the handles and threads, of all processes, in each network.
func networks(t *testing.T) map[string]int {
	t.Helper()
	held := map[string]int{}
	for _, pattern := range []string{"/proc/[0-9]*/task/*/ns/net", "/proc/[0-9]*/fd/*"} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range paths {
			if to, err := os.Readlink(p); err == nil && strings.HasPrefix(to, "net:[") {
				held[to]++
			} else if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission) && !errors.Is(err, unix.ESRCH) {
				t.Fatal(err)
			}
		}
	}
	return held
}

// insideOf returns the names that networks has for l's.
func insideOf(t *testing.T, l *Lab) (names []string) {
	t.Helper()
	for _, n := range []*namespace{l.near, l.far} {
		err := n.Inside(func() error {
			name, err := os.Readlink("/proc/thread-self/ns/net")
			names = append(names, name)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return names
}

// heldBy are the programs and maps that a process holds (fdinfo of proc(5)).
// Other processes may have laboratories of their own meanwhile.
func heldBy(t *testing.T, pid int) (out []string) {
	t.Helper()
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/fdinfo/*", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // closed meanwhile
		}
		for line := range strings.Lines(string(text)) {
			kind, number, _ := strings.Cut(line, ":")
			switch kind {
			case "prog_id":
				out = append(out, "program "+strings.TrimSpace(number))
			case "map_id":
				out = append(out, "map "+strings.TrimSpace(number))
			}
		}
	}
	return out
}

// without are the elements of list that are not in known.
func without(list, known []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(n string) bool { return slices.Contains(known, n) })
}

// gone waits for the kernel, which frees maps and programs in its own time.
func gone(t *testing.T, objects, nets []string) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for {
		present := loaded(t)
		left := slices.DeleteFunc(slices.Clone(objects), func(n string) bool { return !slices.Contains(present, n) })
		held := networks(t)
		for _, n := range nets {
			if held[n] > 0 {
				left = append(left, n)
			}
		}
		if len(left) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("left behind: %v", left)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func TestRootWireLeavesNothing(t *testing.T) {
	before := heldBy(t, os.Getpid())
	l, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Answer(zoo()); err != nil {
		t.Fatal(err)
	}
	nets := insideOf(t, l)
	if held := networks(t); held[nets[0]] == 0 || held[nets[1]] == 0 {
		t.Fatalf("%v are not among %v: this test is blind", nets, held)
	}
	objects := without(heldBy(t, os.Getpid()), before)
	if n := len(without(objects, loaded(t))); len(objects) == 0 || n > 0 {
		t.Fatalf("of %d programs and maps %d are not loaded: this test is blind", len(objects), n)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	gone(t, objects, nets)
	runtime.KeepAlive(l) // else the collector closes what Close forgot
}

// victim tells the test binary that it is to make a laboratory and wait.
const victim = "MINESWEEP_TEST_WIRE_VICTIM"

func TestRootWireKilledLeavesNothing(t *testing.T) {
	if os.Getenv(victim) != "" {
		l := newLab(t, Options{})
		if err := l.Start(exec.Command("sleep", "1000")); err != nil {
			t.Fatal(err)
		}
		fmt.Printf("\nnetworks %s\n", strings.Join(insideOf(t, l), " "))
		select {}
	}
	cmd := exec.Command(os.Args[0], "-test.run", "^TestRootWireKilledLeavesNothing$")
	cmd.Env = append(os.Environ(), victim+"=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	var a, b string
	for a == "" {
		var line string
		if _, err := fmt.Fscanln(out, &line, &a, &b); err != nil && errors.Is(err, io.EOF) {
			t.Fatal("the other process made no laboratory")
		}
	}
	objects := heldBy(t, cmd.Process.Pid)
	if len(objects) == 0 || len(without(objects, loaded(t))) > 0 || networks(t)[a] == 0 {
		t.Error("nothing was seen of the other process's laboratory: this test is blind")
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	gone(t, objects, []string{a, b})
}
