package scanner

import (
	"errors"
	"fmt"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// doors are the ways out of this machine: the outlet of the SYN engine. Behind
// a gateway packets leave as Ethernet frames; on the link itself, and by devices
// that are not Ethernet, as raw IP packets for which the kernel finds the
// neighbour.
type doors struct {
	routes *routes
	list   []*door
}

// door is one way out.
type door struct {
	hop     *hop
	sources []address
	fd      int
	xdp     *xdpDoor // nil: packets leave by fd
	vectors [batchMost]unix.Iovec
	names   [batchMost]unix.RawSockaddrInet6 // raw: a target each; large enough for IPv4
	headers [batchMost]mmsghdr
}

// mmsghdr is that of sendmmsg(2).
type mmsghdr struct {
	header unix.Msghdr
	length uint32
	_      [(unsafe.Sizeof(uintptr(0)) - 4) % 8]byte
}

// openDoors opens a socket for each hop.
func openDoors(r *routes) (*doors, error) {
	d := &doors{routes: r}
	for _, h := range r.hops() {
		one, err := openDoor(h)
		if err != nil {
			d.close()
			return nil, fmt.Errorf("sending by %s: %w", h.name, err)
		}
		d.list = append(d.list, one)
	}
	return d, nil
}

func openDoor(h *hop) (*door, error) {
	d := &door{hop: h}
	for _, s := range h.sources {
		d.sources = append(d.sources, addressOf(s))
	}
	var err error
	if d.fd, err = h.socket(); err != nil {
		return nil, err
	}
	for i := range d.headers {
		d.headers[i].header.Iov = &d.vectors[i]
		d.headers[i].header.SetIovlen(1)
	}
	return d, nil
}

// socket opens what lets packets leave by the hop.
func (h *hop) socket() (int, error) {
	if h.ether {
		fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0) // 0: it receives nothing
		if err != nil {
			return -1, err
		}
		return fd, closeOn(fd, unix.Bind(fd, &unix.SockaddrLinklayer{Ifindex: h.index}))
	}
	family, level, option := unix.AF_INET, unix.IPPROTO_IP, unix.IP_HDRINCL
	if h.sources[0].Is6() {
		family, level, option = unix.AF_INET6, unix.IPPROTO_IPV6, unix.IPV6_HDRINCL
	}
	fd, err := unix.Socket(family, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.IPPROTO_RAW)
	if err != nil {
		return -1, err
	}
	err = unix.SetsockoptInt(fd, level, option, 1)
	if err == nil && !h.own { // IPv6 has the machine's own addresses on their devices
		err = unix.BindToDevice(fd, h.name)
	}
	return fd, closeOn(fd, err)
}

func closeOn(fd int, err error) error {
	if err != nil {
		_ = unix.Close(fd)
	}
	return err
}

func (d *doors) way(a address, n uint64) (way int, source address, ok bool) {
	if len(d.list) > 1 || !a.is4() {
		way = d.routes.of(a.addr())
	}
	if way < 0 {
		return 0, address{}, false
	}
	sources := d.list[way].sources
	if source = sources[0]; len(sources) > 1 {
		source = sources[n%uint64(len(sources))]
	}
	return way, source, source.is4() == a.is4()
}

// send is sendmmsg(2). The caller asked the gate for each packet just now.
func (d *doors) send(way int, packets []packet) (int, error) {
	door := d.list[way]
	if door.xdp != nil {
		n, err := door.xdp.send(packets, door.hop.header())
		var fault syscall.Errno
		if errors.As(err, &fault) {
			err = door.explain(fault)
		}
		return n, err
	}
	packets = packets[:min(len(packets), batchMost)]
	door.load(packets)
	n, _, fault := syscall.Syscall6(unix.SYS_SENDMMSG, uintptr(door.fd),
		uintptr(unsafe.Pointer(&door.headers[0])), uintptr(len(packets)), 0, 0, 0)
	switch {
	case fault == 0 && int(n) == len(packets):
		return int(n), nil
	case fault == 0:
		return int(n), errBusy // the next call says why
	}
	return 0, door.explain(fault)
}

// load points the message headers at the packets.
func (d *door) load(packets []packet) {
	header := d.hop.header()
	for i := range packets {
		p := &packets[i]
		from := etherLength
		if d.hop.ether {
			from = 0
			copy(p.buf[:], header[:])
		} else {
			d.name(i, p.target)
		}
		d.vectors[i].Base = &p.buf[from]
		d.vectors[i].SetLen(etherLength + p.length - from)
	}
}

// name puts the target into the socket address of message i.
func (d *door) name(i int, a address) {
	message := &d.headers[i].header
	if a.is4() {
		name := (*unix.RawSockaddrInet4)(unsafe.Pointer(&d.names[i]))
		*name = unix.RawSockaddrInet4{Family: unix.AF_INET, Addr: a.addr().As4()}
		message.Name, message.Namelen = (*byte)(unsafe.Pointer(name)), unix.SizeofSockaddrInet4
		return
	}
	name := &d.names[i]
	*name = unix.RawSockaddrInet6{Family: unix.AF_INET6, Addr: a.addr().As16()}
	message.Name, message.Namelen = (*byte)(unsafe.Pointer(name)), unix.SizeofSockaddrInet6
}

func (d *door) explain(fault syscall.Errno) error {
	switch fault {
	case unix.ENOBUFS, unix.EAGAIN, unix.ENOMEM, unix.EINTR:
		return errBusy
	case unix.ENETDOWN, unix.ENXIO, unix.ENODEV, unix.EBADF:
		return fmt.Errorf("interface %s is down: %w (%w)", d.hop.name, errDown, fault)
	}
	return fault
}

func (d *doors) close() {
	for _, one := range d.list {
		_ = unix.Close(one.fd)
		if one.xdp != nil {
			one.xdp.close()
		}
	}
}
