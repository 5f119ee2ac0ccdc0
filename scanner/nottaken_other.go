//go:build !linux

package scanner

import "net"

// notTaken is 0: only Linux tells what a peer has not acknowledged.
func notTaken(*net.TCPConn) int { return 0 }
