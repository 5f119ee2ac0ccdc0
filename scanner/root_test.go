//go:build root

package scanner

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"minesweep"
)

// These tests run SYN scans between two network namespaces that a veth pair
// joins; nothing leaves the machine. They need root, ip (iproute2) and libpcap:
//
//	go test -tags root -run TestRootSyn ./scanner
//
// The far namespace listens and captures, the near one scans; each is this test
// binary again, told by the environment which part it plays.
const (
	farPart  = "MINESWEEP_TEST_FAR"
	nearPart = "MINESWEEP_TEST_NEAR"
)

// nearJob is what the near side is to do.
type nearJob struct {
	Helper, Engine, Grant, Exclude, Targets, Ports string
}

// nearResult is what it did.
type nearResult struct {
	Found    map[string]string
	Progress minesweep.Progress
	Notices  []string
	Error    string
}

// namespaces makes near and far and returns their names.
func namespaces(t *testing.T) (near, far string) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	near, far = fmt.Sprintf("msn%d", os.Getpid()), fmt.Sprintf("msf%d", os.Getpid())
	t.Cleanup(func() {
		_ = exec.Command("ip", "netns", "del", near).Run()
		_ = exec.Command("ip", "netns", "del", far).Run()
	})
	for _, line := range []string{
		"netns add " + near, "netns add " + far,
		"-n " + near + " link add v0 type veth peer name v1 netns " + far,
		"-n " + near + " addr add 10.99.0.1/24 dev v0", "-n " + near + " link set v0 up", "-n " + near + " link set lo up",
		"-n " + far + " addr add 10.99.0.2/24 dev v1", "-n " + far + " addr add 10.99.0.3/24 dev v1",
		"-n " + far + " addr add 10.99.0.4/24 dev v1", "-n " + far + " link set v1 up", "-n " + far + " link set lo up",
	} {
		if out, err := exec.Command("ip", strings.Fields(line)...).CombinedOutput(); err != nil {
			t.Fatalf("ip %s: %v: %s", line, err, out)
		}
	}
	return near, far
}

// part starts this binary in a namespace to run one test with env set.
func part(t *testing.T, namespace, test, env string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("ip", "netns", "exec", namespace, self, "-test.run=^"+test+"$", "-test.v")
	cmd.Env = append(os.Environ(), env)
	cmd.Stderr = os.Stderr
	return cmd
}

// startFar returns a function that ends the far side and returns the
// addresses it saw packets or ARP requests for.
func startFar(t *testing.T, far string) func() []string {
	t.Helper()
	cmd := part(t, far, "TestFarPart", farPart+"=10.99.0.2:80 10.99.0.3:4028 10.99.0.4:4028")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() && lines.Text() != "listening" {
	}
	return func() []string {
		_ = in.Close()
		var seen []string
		for lines.Scan() {
			if addr, ok := strings.CutPrefix(lines.Text(), "seen "); ok {
				seen = append(seen, addr)
			}
		}
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
		return seen
	}
}

func runNear(t *testing.T, near string, job nearJob) nearResult {
	t.Helper()
	text, err := json.Marshal(job)
	if err != nil {
		t.Fatal(err)
	}
	out, err := part(t, near, "TestNearPart", nearPart+"="+string(text)).Output()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for line := range strings.Lines(string(out)) {
		if text, ok := strings.CutPrefix(line, "result "); ok {
			var r nearResult
			if err := json.Unmarshal([]byte(text), &r); err != nil {
				t.Fatal(err)
			}
			return r
		}
	}
	t.Fatalf("the near side gave no result: %s", out)
	return nearResult{}
}

func TestRootSynFindsOpenPortsInsideScopeOnly(t *testing.T) {
	near, far := namespaces(t)
	helper := buildHelper(t)
	end := startFar(t, far)
	r := runNear(t, near, nearJob{
		Helper: helper, Engine: "syn", Grant: "10.99.0.0/29", Exclude: "10.99.0.4/32",
		Targets: "10.99.0.0-10.99.0.20", Ports: "80,4028,9",
	})
	seen := end()
	if r.Error != "" {
		t.Fatal(r.Error)
	}
	if len(r.Notices) == 0 || !strings.HasPrefix(r.Notices[0], "the engine is syn") {
		t.Fatalf("no SYN scan was made (libpcap0.8 is needed): %q", r.Notices)
	}
	if len(r.Found) != 2 || r.Found["10.99.0.2:80"] != "syn" || r.Found["10.99.0.3:4028"] != "syn" {
		t.Errorf("found %v", r.Found)
	}
	if p := r.Progress; p.Cursor != 63 || p.Refused != 14*3 || p.Open != 2 {
		t.Errorf("progress is %+v", p)
	}
	allowed := []string{"10.99.0.0", "10.99.0.2", "10.99.0.3", "10.99.0.5", "10.99.0.6", "10.99.0.7"}
	for _, addr := range seen {
		if !slices.Contains(allowed, addr) {
			t.Errorf("a packet went to %s, outside the scope", addr)
		}
	}
	for _, addr := range []string{"10.99.0.2", "10.99.0.3", "10.99.0.6"} {
		if !slices.Contains(seen, addr) {
			t.Errorf("the capture misses %s, so it proves nothing: %v", addr, seen)
		}
	}
}

func TestRootSynAndConnectSendNothingToWhatIsExcluded(t *testing.T) {
	near, far := namespaces(t)
	helper := buildHelper(t)
	for _, engine := range []string{"syn", "connect"} {
		end := startFar(t, far)
		r := runNear(t, near, nearJob{
			Helper: helper, Engine: engine, Grant: "10.99.0.0/29", Exclude: "10.99.0.4/32",
			Targets: "10.99.0.4", Ports: "1-200,4028",
		})
		if r.Error != "" || len(r.Found) != 0 || r.Progress.Refused != 201 {
			t.Errorf("%s: %+v", engine, r)
		}
		if seen := end(); len(seen) != 0 {
			t.Errorf("%s: packets went to %v", engine, seen)
		}
	}
}

// TestNearPart is the near side; it runs as a test of its own only when asked.
func TestNearPart(t *testing.T) {
	text := os.Getenv(nearPart)
	if text == "" {
		t.Skip("a part of the SYN tests")
	}
	var job nearJob
	if err := json.Unmarshal([]byte(text), &job); err != nil {
		t.Fatal(err)
	}
	b := &book{grants: []minesweep.Grant{grantOf("near", job.Grant)}}
	b.exclude(job.Exclude)
	g := newGuard(t, b, time.Now)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() { _ = g.Run(ctx) }()
	var r nearResult
	n, err := NewNaabu(NaabuConfig{
		Path: job.Helper, Engine: job.Engine, Guard: g, Now: time.Now,
		Notice: func(s string) { r.Notices = append(r.Notices, s) },
	})
	if err != nil {
		t.Fatal(err)
	}
	sink := &found{}
	if err := n.Scan(ctx, planOf(t, job.Targets, job.Ports), sink); err != nil {
		r.Error = err.Error()
	}
	r.Progress, r.Found = sink.last(), make(map[string]string)
	for target, engine := range sink.ports {
		r.Found[target.String()] = engine
	}
	line, _ := json.Marshal(r)
	fmt.Printf("result %s\n", line)
}

// TestFarPart is the far side; it runs as a test of its own only when asked.
func TestFarPart(t *testing.T) {
	listen := os.Getenv(farPart)
	if listen == "" {
		t.Skip("a part of the SYN tests")
	}
	for _, at := range strings.Fields(listen) {
		serve(t, at, func(net.Conn) {})
	}
	seen := capture(t)
	fmt.Println("listening")
	_, _ = io.Copy(io.Discard, os.Stdin)
	for _, addr := range seen() {
		fmt.Println("seen", addr)
	}
}

// capture notes the destination of every IPv4 packet and ARP request that
// comes in on v1, until the returned function is called.
func capture(t *testing.T) func() []string {
	iface, err := net.InterfaceByName("v1")
	if err != nil {
		t.Fatal(err)
	}
	all := uint16(unix.ETH_P_ALL<<8 | unix.ETH_P_ALL>>8)
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW, int(all))
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: all, Ifindex: iface.Index}); err != nil {
		t.Fatal(err)
	}
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Usec: 200_000}); err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	done := make(chan []string)
	go func() {
		seen := make(map[string]bool)
		frame := make([]byte, 4096)
		for {
			n, from, err := unix.Recvfrom(fd, frame, 0)
			if err != nil { // 200 ms of silence
				select {
				case <-stop:
					_ = unix.Close(fd)
					var list []string
					for addr := range seen {
						list = append(list, addr)
					}
					done <- list
					return
				default:
					continue
				}
			}
			if link, ok := from.(*unix.SockaddrLinklayer); ok && link.Pkttype == unix.PACKET_OUTGOING {
				continue
			}
			if addr := destination(frame[:n]); addr != "" {
				seen[addr] = true
			}
		}
	}()
	return func() []string {
		close(stop)
		return <-done
	}
}

func destination(frame []byte) string {
	if len(frame) < 42 {
		return ""
	}
	switch binary.BigEndian.Uint16(frame[12:]) {
	case unix.ETH_P_IP:
		return netip.AddrFrom4([4]byte(frame[30:34])).String()
	case unix.ETH_P_ARP:
		if binary.BigEndian.Uint16(frame[20:]) == 1 {
			return netip.AddrFrom4([4]byte(frame[38:42])).String()
		}
	}
	return ""
}
