package wire

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// namespace is a network without a name. It lives as long as its handle or a
// process or socket inside.
type namespace struct {
	handle  *os.File
	netlink *netlink.Handle
}

func newNamespace() (*namespace, error) {
	n := &namespace{}
	err := onOwnThread(func() (err error) {
		if err = unix.Unshare(unix.CLONE_NEWNET); err == nil {
			n.handle, err = os.Open("/proc/thread-self/ns/net")
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("network namespace: %w", err)
	}
	if n.netlink, err = netlink.NewHandleAt(netns.NsHandle(n.handle.Fd())); err != nil {
		n.handle.Close()
		return nil, fmt.Errorf("network namespace: netlink: %w", err)
	}
	return n, nil
}

func (n *namespace) close() {
	n.netlink.Close()
	n.handle.Close()
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

func (n *namespace) inside(f func() error) error {
	return onOwnThread(func() error {
		if err := unix.Setns(int(n.handle.Fd()), unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("network namespace: %w", err)
		}
		return f()
	})
}

// sysctl sets keys below /proc/sys/net, which shows the network of the thread.
func (n *namespace) sysctl(settings ...[2]string) error {
	return n.inside(func() error {
		for _, s := range settings {
			if err := os.WriteFile(filepath.Join("/proc/sys/net", s[0]), []byte(s[1]), 0); err != nil {
				return err
			}
		}
		return nil
	})
}
