package wire

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// Network is a network namespace without a name. It lives as long as its handle
// or a process or socket inside, so that even a killed process leaves none.
type Network struct{ handle *os.File }

// NewNetwork makes a network that has nothing but loopback, which is down. It
// needs root (CAP_SYS_ADMIN).
func NewNetwork() (*Network, error) {
	n := &Network{}
	err := onOwnThread(func() (err error) {
		if err = unix.Unshare(unix.CLONE_NEWNET); err == nil {
			n.handle, err = os.Open("/proc/thread-self/ns/net")
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("network namespace: %w", err)
	}
	return n, nil
}

// Close gives the handle back.
func (n *Network) Close() error { return n.handle.Close() }

// Path names the network for ip(8) while this process lives, as in "link set
// eth0 netns PATH".
func (n *Network) Path() string { return fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), n.handle.Fd()) }

// Inside runs f in the network. Sockets and processes that f makes stay there;
// goroutines that it starts do not run there.
func (n *Network) Inside(f func() error) error {
	return onOwnThread(func() error {
		if err := unix.Setns(int(n.handle.Fd()), unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("network namespace: %w", err)
		}
		return f()
	})
}

// Start starts cmd in the network. It dies with this process.
func (n *Network) Start(cmd *exec.Cmd) error {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	return n.Inside(cmd.Start)
}

// Run runs cmd inside to its end; the error holds what it printed.
func (n *Network) Run(cmd *exec.Cmd) error {
	var out []byte
	err := n.Inside(func() (err error) {
		out, err = cmd.CombinedOutput()
		return err
	})
	if err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(cmd.Args, " "), err, out)
	}
	return nil
}

// onOwnThread runs f, which may move its thread into another network, and
// brings the thread home. It must not die instead: Linux would end every
// program that was started from it (PR_SET_PDEATHSIG).
func onOwnThread(f func() error) (err error) {
	runtime.LockOSThread()
	home, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		runtime.UnlockOSThread()
		return err
	}
	defer home.Close()
	defer func() {
		if herr := unix.Setns(int(home.Fd()), unix.CLONE_NEWNET); herr != nil {
			err = fmt.Errorf("thread does not come home: %w", herr)
			return
		}
		runtime.UnlockOSThread()
	}()
	return f()
}
