package scanner

import (
	"net"

	"golang.org/x/sys/unix"
)

// hangUp makes the close of a connection final where the peer has not taken
// everything: it is reset, and the kernel does not repeat for minutes, past every
// budget, what a peer that fell silent was asked.
func hangUp(c *net.TCPConn) {
	if notTaken(c) > 0 {
		_ = c.SetLinger(0)
	}
}

// notTaken is how many bytes the peer has not acknowledged; 0 where c is closed.
func notTaken(c *net.TCPConn) (n int) {
	raw, err := c.SyscallConn()
	if err != nil {
		return 0
	}
	_ = raw.Control(func(fd uintptr) { n, _ = unix.IoctlGetInt(int(fd), unix.SIOCOUTQ) })
	return n
}
