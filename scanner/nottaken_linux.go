package scanner

import (
	"net"

	"golang.org/x/sys/unix"
)

// notTaken is how many bytes the peer has not acknowledged; 0 where c is closed.
func notTaken(c *net.TCPConn) (n int) {
	raw, err := c.SyscallConn()
	if err != nil {
		return 0
	}
	_ = raw.Control(func(fd uintptr) { n, _ = unix.IoctlGetInt(int(fd), unix.SIOCOUTQ) })
	return n
}
