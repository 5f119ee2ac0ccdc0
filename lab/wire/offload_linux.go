package wire

import (
	"fmt"
	"unsafe"

	"github.com/vishvananda/netlink/nl"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// feature is a command of linux/ethtool.h that sets what a device does for the
// kernel.
type feature uint32

const (
	setTxChecksum feature = 0x17 // ETHTOOL_STXCSUM
	setTSO        feature = 0x1f // ETHTOOL_STSO
	setGSO        feature = 0x24 // ETHTOOL_SGSO
	setGRO        feature = 0x2c // ETHTOOL_SGRO
)

// set turns features of device on or off, as ethtool -K does. Any socket takes
// the call; netlink's can reach no target.
func (n *namespace) set(device string, on bool, features ...feature) error {
	s, err := nl.GetNetlinkSocketAt(netns.NsHandle(n.handle.Fd()), netns.None(), unix.NETLINK_ROUTE)
	if err != nil {
		return err
	}
	defer s.Close()
	for _, f := range features {
		value := struct{ command, data uint32 }{command: uint32(f)}
		if on {
			value.data = 1
		}
		request := struct {
			name [unix.IFNAMSIZ]byte
			data unsafe.Pointer
			_    [16]byte // struct ifreq is longer than its pointer
		}{data: unsafe.Pointer(&value)}
		copy(request.name[:unix.IFNAMSIZ-1], device)
		_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(s.GetFd()), unix.SIOCETHTOOL, uintptr(unsafe.Pointer(&request)))
		if errno != 0 {
			return fmt.Errorf("ethtool %#x on %s: %w", uint32(f), device, errno)
		}
	}
	return nil
}
