package wire

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
)

// namespace is a network of a laboratory.
type namespace struct {
	*Network
	netlink *netlink.Handle
}

func newNamespace() (*namespace, error) {
	n, err := NewNetwork()
	if err != nil {
		return nil, err
	}
	handle, err := netlink.NewHandleAt(netns.NsHandle(n.handle.Fd()))
	if err != nil {
		_ = n.Close()
		return nil, fmt.Errorf("network namespace: netlink: %w", err)
	}
	return &namespace{n, handle}, nil
}

func (n *namespace) close() {
	n.netlink.Close()
	_ = n.Close()
}

// sysctl sets keys below /proc/sys/net, which shows the network of the thread.
func (n *namespace) sysctl(settings ...[2]string) error {
	return n.Inside(func() error {
		for _, s := range settings {
			if err := os.WriteFile(filepath.Join("/proc/sys/net", s[0]), []byte(s[1]), 0); err != nil {
				return err
			}
		}
		return nil
	})
}
