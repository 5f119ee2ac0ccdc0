package scanner

import (
	"errors"
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"
)

// heldPorts are source ports that no other program of this machine can get.
type heldPorts struct {
	span   portSpan
	notice string // what the operator should know; "" nothing
	fds    []int
}

// holdPorts takes span on each source. The zero span lets it choose 64 ports
// outside the range from which the kernel gives ports to other programs, and
// move on where one of them is in use. The sockets do not listen: nothing
// answers on them, and the kernel resets what comes in as it would without.
func holdPorts(sources []netip.Addr, span portSpan) (*heldPorts, error) {
	if span.from != 0 {
		fds, err := bindSpan(sources, span)
		if err != nil {
			return nil, err
		}
		return &heldPorts{span: span, fds: fds}, nil
	}
	spans, notice, err := freeSpans()
	if err != nil {
		return nil, err
	}
	for _, span := range spans {
		var fds []int
		if fds, err = bindSpan(sources, span); err == nil {
			if notice != "" {
				notice = fmt.Sprintf(notice, span)
			}
			return &heldPorts{span, notice, fds}, nil
		}
		if !errors.Is(err, unix.EADDRINUSE) {
			return nil, err
		}
	}
	return nil, fmt.Errorf("no %d source ports in a row are free, the last try: %w", spanPorts, err)
}

// release gives the ports back; it may be called more than once.
func (h *heldPorts) release() {
	for _, fd := range h.fds {
		_ = unix.Close(fd)
	}
	h.fds = nil
}

// bindSpan binds a TCP socket to each port of each source.
func bindSpan(sources []netip.Addr, span portSpan) ([]int, error) {
	var fds []int
	for _, addr := range sources {
		for port := int(span.from); port <= int(span.to); port++ {
			fd, err := bindPort(addr, port)
			if err != nil {
				(&heldPorts{fds: fds}).release()
				return nil, err
			}
			fds = append(fds, fd)
		}
	}
	return fds, nil
}

func bindPort(addr netip.Addr, port int) (int, error) {
	family, at := unix.AF_INET6, unix.Sockaddr(&unix.SockaddrInet6{Port: port, Addr: addr.As16()})
	if addr.Is4() {
		family, at = unix.AF_INET, &unix.SockaddrInet4{Port: port, Addr: addr.As4()}
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, unix.IPPROTO_TCP)
	if err != nil {
		return -1, fmt.Errorf("source port %d of %s: %w", port, addr, err)
	}
	if err := unix.Bind(fd, at); err != nil {
		_ = unix.Close(fd)
		return -1, portFault(addr, port, err)
	}
	return fd, nil
}

func portFault(addr netip.Addr, port int, err error) error {
	switch {
	case errors.Is(err, unix.EADDRINUSE):
		return fmt.Errorf("source port %d of %s is in use by another program (%w): name other source ports", port, addr, err)
	case errors.Is(err, unix.EADDRNOTAVAIL):
		return fmt.Errorf("source address %s is not on this machine (%w): ip address lists those that are", addr, err)
	case errors.Is(err, unix.EACCES):
		return fmt.Errorf("source port %d of %s needs CAP_NET_BIND_SERVICE (%w): name source ports from 1024 on", port, addr, err)
	}
	return fmt.Errorf("source port %d of %s: %w", port, addr, err)
}
