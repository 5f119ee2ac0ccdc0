//go:build linux

package scanner

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"minesweep"
)

// packed is a listener whose queue is full: a SYN to it gets no answer.
type packed struct {
	t      *testing.T
	fd     int
	target netip.AddrPort
	inside []net.Conn
}

func fullListener(t *testing.T) *packed {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := unix.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	port := name.(*unix.SockaddrInet4).Port
	p := &packed{t: t, fd: fd, target: netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(port))}
	for {
		conn, err := net.DialTimeout("tcp", p.target.String(), 100*time.Millisecond)
		if err != nil {
			return p
		}
		p.inside = append(p.inside, conn)
		t.Cleanup(func() { conn.Close() })
	}
}

// drain takes out of the queue what is in it.
func (p *packed) drain() {
	for range p.inside {
		fd, _, err := unix.Accept(p.fd)
		if err != nil {
			p.t.Error(err)
			return
		}
		p.t.Cleanup(func() { _ = unix.Close(fd) })
	}
}

func grants(prefixes ...string) []minesweep.Grant {
	return []minesweep.Grant{grantOf("lab", prefixes...)}
}

const starvingEnv = "MINESWEEP_TEST_STARVING"

// TestStarving is the process in which no file can be opened any more; by
// itself it does nothing.
func TestStarving(t *testing.T) {
	if os.Getenv(starvingEnv) == "" {
		t.Skip("only as a child of TestDialWaitsForASocket")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := newGuard(t, &book{grants: grants("127.0.0.0/8")}, time.Now)
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 64, Max: 64}); err != nil {
		t.Fatal(err)
	}
	var hoard []int
	for {
		fd, err := unix.Open("/dev/null", unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err == syscall.EMFILE { //nolint:errorlint // an errno as it comes
			break
		}
		hoard = append(hoard, fd)
	}
	go func() {
		for g.Counts().Starved < 3 {
			time.Sleep(time.Millisecond)
		}
		for _, fd := range hoard {
			_ = unix.Close(fd)
		}
	}()
	conn, err := g.Dial(t.Context(), l.Addr().(*net.TCPAddr).AddrPort())
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	fmt.Println("starved and connected")
}

// TestDialWaitsForASocket: a process out of files waits, and takes nothing
// for refused.
func TestDialWaitsForASocket(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestStarving$")
	cmd.Env = append(os.Environ(), starvingEnv+"=1")
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "starved and connected") {
		t.Errorf("%v\n%s", err, out)
	}
}
