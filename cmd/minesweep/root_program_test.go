//go:build root

package main_test

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	lifetime  = 4 * time.Minute  // of a program
	readiness = 60 * time.Second // from its start until its ports are open
	farewell  = 10 * time.Second // from SIGTERM until SIGKILL
)

// packageOf are the Debian packages of the programs, for who lacks one, where
// they are called otherwise.
var packageOf = map[string]string{
	"aria2c": "aria2", "go": "golang", "ip": "iproute2", "monerod": "monero", "monero-wallet-cli": "monero",
	"monero-wallet-rpc": "monero", "nginx": "nginx-light", "node": "nodejs", "ssh-keygen": "openssh-client", "sshd": "openssh-server",
}

// need returns the path of a program that the test cannot do without.
func need(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%s is missing; install it: apt-get install --no-install-recommends %s", name, cmp.Or(packageOf[name], name))
	}
	return path
}

// program is a real program that runs inside a network until its test ends.
type program struct {
	name  string
	cmd   *exec.Cmd
	log   *tail
	ended chan struct{}
	err   error // how it ended, once ended is closed
}

// start runs a program with dir as its home and working directory. What it
// writes goes to its log; its standard output to out, unless that is nil.
func (n *network) start(t *testing.T, out io.Writer, dir, path string, args ...string) *program {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), lifetime)
	p := &program{name: path, log: &tail{}, ended: make(chan struct{})}
	p.cmd = exec.CommandContext(ctx, path, args...)
	p.cmd.Dir = dir
	p.cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "LC_ALL=C"}
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	if out != nil {
		p.cmd.Stdout = out
	}
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	p.cmd.Cancel = func() error { return p.cmd.Process.Signal(syscall.SIGTERM) }
	p.cmd.WaitDelay = farewell
	if err := n.Inside(p.cmd.Start); err != nil {
		cancel()
		t.Fatalf("%s: %v", path, err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	t.Cleanup(func() {
		cancel()
		<-p.ended
		if t.Failed() {
			t.Logf("%s: %v; its last lines:\n%s", p.name, p.err, p.log)
		}
	})
	return p
}

// status waits for the end of a program and returns its exit status.
func (p *program) status(t *testing.T) int {
	t.Helper()
	<-p.ended
	if p.cmd.ProcessState == nil || !p.cmd.ProcessState.Exited() {
		t.Fatalf("%s did not end by itself: %v", p.name, p.err)
	}
	return p.cmd.ProcessState.ExitCode()
}

// kill ends a program at once, whatever it is doing.
func (p *program) kill() {
	_ = p.cmd.Process.Kill() // fails where it has ended already, which is as good
	<-p.ended
}

// awaitPorts returns once the program p listens on all addresses.
func (n *network) awaitPorts(t *testing.T, p *program, addresses ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), readiness)
	defer cancel()
	again := time.NewTicker(50 * time.Millisecond) // a foreign program tells nobody that it is ready
	defer again.Stop()
	for _, a := range addresses {
		for {
			c, err := n.dial(ctx, "tcp", a)
			if err == nil {
				c.Close()
				break
			}
			select {
			case <-p.ended:
				t.Fatalf("%s ended before it listened on %s: %v", p.name, a, p.err)
			case <-ctx.Done():
				t.Fatalf("%s does not listen on %s after %s: %v", p.name, a, readiness, err)
			case <-again.C:
			}
		}
	}
}

// tail keeps the last lines that a program wrote.
type tail struct {
	mu   sync.Mutex
	text []byte
}

func (l *tail) Write(b []byte) (int, error) {
	const most = 4 << 10
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, b...)
	if over := len(l.text) - most; over > 0 {
		l.text = l.text[over:]
	}
	return len(b), nil
}

func (l *tail) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(bytes.ToValidUTF8(l.text, nil))
}

func addr(s string) netip.Addr { return netip.MustParseAddr(s) }
