//go:build !linux

package scanner

import "net"

// hangUp does nothing: only Linux tells what a peer has not taken.
func hangUp(*net.TCPConn) {}
