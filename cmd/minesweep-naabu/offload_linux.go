package main

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// getGRO is ETHTOOL_GGRO of linux/ethtool.h.
const getGRO = 0x2b

// groIsOn asks the driver whether it joins received packets, as ethtool -k
// does. Where it cannot be asked the answer is no.
func groIsOn(iface string) bool {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer func() { _ = unix.Close(fd) }()
	value := struct{ command, data uint32 }{command: getGRO}
	request := struct {
		name [unix.IFNAMSIZ]byte
		data unsafe.Pointer
		_    [16]byte // struct ifreq is longer than its pointer
	}{data: unsafe.Pointer(&value)}
	copy(request.name[:unix.IFNAMSIZ-1], iface)
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SIOCETHTOOL, uintptr(unsafe.Pointer(&request)))
	return errno == 0 && value.data != 0
}
