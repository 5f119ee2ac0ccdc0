package scanner

import (
	"fmt"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The frames of an [xdpDoor]: the kernel wants a power of two.
const (
	xdpFrames     = 256
	xdpFrameSize  = 2048
	xdpDescBytes  = 16
	xdpIndexBytes = 8
)

// xdpDoor lets Ethernet frames leave by an AF_XDP socket in copy mode
// (Documentation/networking/af_xdp.rst): the same way to the device as a packet
// socket's, without what that does for each message. It is for the sender
// alone, and receives nothing.
type xdpDoor struct {
	fd     int
	umem   []byte // xdpFrames frames
	tx     xdpRing
	done   xdpRing // frames that the kernel has sent
	maps   [][]byte
	free   []uint64 // addresses of frames in umem
	queued uint32   // our side of tx
}

// xdpRing is one ring as both sides see it.
type xdpRing struct {
	producer, consumer *uint32
	descs              unsafe.Pointer
}

// fastFrom is the rate, in packets/s, from which frames leave by AF_XDP. It
// costs a third less of the processor; below that the visible way is better, by
// which tcpdump and traffic control of this machine see each packet.
const fastFrom = 200_000

// openFastDoors adds AF_XDP to the ways out that may use it, where the budgets
// allow a rate that needs it.
func (s *synScan) openFastDoors() error {
	rate, err := s.gate.rate()
	if err != nil || rate < fastFrom || s.cfg.noXDP {
		return err
	}
	for _, d := range s.doors.list {
		if !d.hop.ether || s.routes.kernel.shapes(d.hop.index) {
			continue
		}
		if d.xdp, err = openXDPDoor(d.hop.index); err != nil {
			s.cfg.Notice(fmt.Sprintf("packets leave %s by a packet socket, for AF_XDP is not to be had: %v", d.hop.name, err))
			continue
		}
		s.cfg.Notice(fmt.Sprintf("packets leave %s by AF_XDP, for the budgets allow %d/s: tcpdump on this machine sees the answers only", d.hop.name, rate))
	}
	return nil
}

// shapes reports whether somebody has put traffic control on a device that
// AF_XDP would pass by.
func (k *kernel) shapes(index int) bool {
	link, err := k.handle.LinkByIndex(index)
	if err != nil {
		return true
	}
	disciplines, err := k.handle.QdiscList(link)
	if err != nil {
		return true
	}
	for _, d := range disciplines {
		switch d.Type() {
		case "noqueue", "pfifo", "bfifo", "pfifo_fast", "fq_codel", "fq", "mq":
		default:
			return true
		}
	}
	return false
}

// openXDPDoor opens the door of a device's first queue.
func openXDPDoor(index int) (*xdpDoor, error) {
	fd, err := unix.Socket(unix.AF_XDP, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	d := &xdpDoor{fd: fd}
	if err := d.prepare(); err != nil {
		d.close()
		return nil, err
	}
	if err := unix.Bind(fd, &unix.SockaddrXDP{Ifindex: uint32(index), Flags: unix.XDP_COPY}); err != nil {
		d.close()
		return nil, err
	}
	return d, nil
}

func (d *xdpDoor) prepare() (err error) {
	d.umem, err = unix.Mmap(-1, 0, xdpFrames*xdpFrameSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_POPULATE)
	if err != nil {
		return err
	}
	reg := unix.XDPUmemReg{Addr: uint64(uintptr(unsafe.Pointer(&d.umem[0]))), Len: uint64(len(d.umem)), Size: xdpFrameSize}
	if err := d.set(unix.XDP_UMEM_REG, unsafe.Pointer(&reg), unsafe.Sizeof(reg)); err != nil {
		return fmt.Errorf("its memory: %w", err)
	}
	size := uint32(xdpFrames)
	for _, option := range []int{unix.XDP_UMEM_FILL_RING, unix.XDP_UMEM_COMPLETION_RING, unix.XDP_TX_RING} {
		if err := d.set(option, unsafe.Pointer(&size), unsafe.Sizeof(size)); err != nil {
			return fmt.Errorf("its rings: %w", err)
		}
	}
	for i := range uint64(xdpFrames) {
		d.free = append(d.free, i*xdpFrameSize)
	}
	return d.mapRings()
}

func (d *xdpDoor) set(option int, value unsafe.Pointer, size uintptr) error {
	_, _, fault := unix.Syscall6(unix.SYS_SETSOCKOPT, uintptr(d.fd), unix.SOL_XDP, uintptr(option), uintptr(value), size, 0)
	if fault != 0 {
		return fault
	}
	return nil
}

func (d *xdpDoor) mapRings() (err error) {
	var offsets unix.XDPMmapOffsets
	size := uint32(unsafe.Sizeof(offsets))
	if _, _, fault := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(d.fd), unix.SOL_XDP, unix.XDP_MMAP_OFFSETS,
		uintptr(unsafe.Pointer(&offsets)), uintptr(unsafe.Pointer(&size)), 0); fault != 0 {
		return fmt.Errorf("its rings: %w", fault)
	}
	if d.tx, err = d.mapRing(unix.XDP_PGOFF_TX_RING, offsets.Tx, xdpDescBytes); err != nil {
		return err
	}
	d.done, err = d.mapRing(unix.XDP_UMEM_PGOFF_COMPLETION_RING, offsets.Cr, xdpIndexBytes)
	return err
}

func (d *xdpDoor) mapRing(at int64, o unix.XDPRingOffset, entry uint64) (xdpRing, error) {
	memory, err := unix.Mmap(d.fd, at, int(o.Desc+xdpFrames*entry), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_POPULATE)
	if err != nil {
		return xdpRing{}, fmt.Errorf("its rings: %w", err)
	}
	d.maps = append(d.maps, memory)
	base := unsafe.Pointer(&memory[0])
	return xdpRing{
		producer: (*uint32)(unsafe.Add(base, o.Producer)), consumer: (*uint32)(unsafe.Add(base, o.Consumer)),
		descs: unsafe.Add(base, o.Desc),
	}, nil
}

// send lets frames leave, as [outlet] has it.
func (d *xdpDoor) send(packets []packet, header *etherHeader) (int, error) {
	d.reclaim()
	began := d.queued
	for i := range packets {
		if len(d.free) == 0 {
			break
		}
		d.put(&packets[i], header)
	}
	atomic.StoreUint32(d.tx.producer, d.queued)
	err := d.kick()
	// What the kernel did not take must not leave later, past the guard.
	taken := atomic.LoadUint32(d.tx.consumer)
	for at := taken; at != d.queued; at++ {
		d.free = append(d.free, d.desc(at).Addr)
	}
	d.queued = taken
	atomic.StoreUint32(d.tx.producer, taken)
	n := int(taken - began)
	if n < len(packets) && err == nil {
		err = errBusy
	}
	return n, err
}

func (d *xdpDoor) put(p *packet, header *etherHeader) {
	addr := d.free[len(d.free)-1]
	d.free = d.free[:len(d.free)-1]
	frame := d.umem[addr : addr+xdpFrameSize]
	copy(frame, header[:])
	copy(frame[etherLength:], p.buf[etherLength:etherLength+p.length])
	*d.desc(d.queued) = unix.XDPDesc{Addr: addr, Len: uint32(etherLength + p.length)}
	d.queued++
}

func (d *xdpDoor) desc(at uint32) *unix.XDPDesc {
	return (*unix.XDPDesc)(unsafe.Add(d.tx.descs, at%xdpFrames*xdpDescBytes))
}

// kick makes the kernel send what is queued; it takes 32 at a time.
func (d *xdpDoor) kick() error {
	for last := atomic.LoadUint32(d.tx.consumer) - 1; ; {
		_, _, fault := unix.Syscall6(unix.SYS_SENDTO, uintptr(d.fd), 0, 0, unix.MSG_DONTWAIT, 0, 0)
		at := atomic.LoadUint32(d.tx.consumer)
		switch {
		case at == d.queued:
			return nil
		case fault != 0 && fault != unix.EAGAIN && fault != unix.EBUSY && fault != unix.ENOBUFS && fault != unix.EINTR:
			return fault
		case at == last:
			return errBusy // not one was taken
		}
		last = at
	}
}

// reclaim takes back the frames that were sent.
func (d *xdpDoor) reclaim() {
	at, end := atomic.LoadUint32(d.done.consumer), atomic.LoadUint32(d.done.producer)
	for ; at != end; at++ {
		d.free = append(d.free, *(*uint64)(unsafe.Add(d.done.descs, at%xdpFrames*xdpIndexBytes)))
	}
	atomic.StoreUint32(d.done.consumer, at)
}

func (d *xdpDoor) close() {
	for _, memory := range append(d.maps, d.umem) {
		if memory != nil {
			_ = unix.Munmap(memory)
		}
	}
	_ = unix.Close(d.fd)
}
