package scanner

import (
	"fmt"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The ring of one device: 96 blocks of 32 KiB hold some 25,000 answers. A block
// is handed over when it is full or 8 ms old, so that at low rates the ring
// bridges 0.8 s in which this process gets no processor.
const (
	ringBlock    = 32 << 10
	ringBlocks   = 96
	canaryBlocks = 16 // of loopback, where little but the canary is heard
	ringFrame    = 256
	blockAge     = 8
)

// ring receives from one device, for one version of IP (TPACKET_V3 of
// packet(7)). Not GRO nor any other offload can merge what passes its filter:
// the kernel merges no SYN, no RST and no ICMP.
type ring struct {
	fd     int
	name   string
	memory []byte
	blocks int
	next   int // the block that is to be filled next
	found  []receivedPacket
	drops  atomic.Uint64
}

// openRing listens on an interface, for IPv4 or IPv6.
func openRing(index int, name string, is4 bool, own portSpan, blocks int) (*ring, error) {
	proto := uint16(unix.ETH_P_IPV6)
	if is4 {
		proto = unix.ETH_P_IP
	}
	// Closed to everything until the filter stands: protocol 0 receives nothing.
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("packet socket: %w", err)
	}
	r := &ring{fd: fd, name: name, blocks: blocks}
	if err := r.prepare(index, proto, is4, own); err != nil {
		r.close()
		return nil, fmt.Errorf("listening on %s: %w", name, err)
	}
	return r, nil
}

func (r *ring) prepare(index int, proto uint16, is4 bool, own portSpan) error {
	filter, err := answerFilter(own, is4)
	if err != nil {
		return err
	}
	program := &unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	if err := unix.SetsockoptSockFprog(r.fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, program); err != nil {
		return fmt.Errorf("filter: %w", err)
	}
	if err := unix.SetsockoptInt(r.fd, unix.SOL_PACKET, unix.PACKET_VERSION, unix.TPACKET_V3); err != nil {
		return err
	}
	request := &unix.TpacketReq3{
		Block_size: ringBlock, Block_nr: uint32(r.blocks), Frame_size: ringFrame, Frame_nr: ringBlock / ringFrame * uint32(r.blocks),
		Retire_blk_tov: blockAge,
	}
	if err := unix.SetsockoptTpacketReq3(r.fd, unix.SOL_PACKET, unix.PACKET_RX_RING, request); err != nil {
		return fmt.Errorf("ring: %w", err)
	}
	if r.memory, err = unix.Mmap(r.fd, 0, ringBlock*r.blocks, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED); err != nil {
		return fmt.Errorf("ring: %w", err)
	}
	return unix.Bind(r.fd, &unix.SockaddrLinklayer{Protocol: proto<<8 | proto>>8, Ifindex: index})
}

// wait returns when a block is ready, or after at most that long.
func (r *ring) wait(most time.Duration) error {
	if r.ready() {
		return nil
	}
	_, err := unix.Poll([]unix.PollFd{{Fd: int32(r.fd), Events: unix.POLLIN}}, int(most.Milliseconds()))
	if err == unix.EINTR {
		return nil
	}
	return err
}

func (r *ring) header() *unix.TpacketHdrV1 {
	block := (*unix.TpacketBlockDesc)(unsafe.Pointer(&r.memory[r.next*ringBlock]))
	return (*unix.TpacketHdrV1)(unsafe.Pointer(&block.Hdr[0]))
}

func (r *ring) ready() bool {
	return atomic.LoadUint32(&r.header().Block_status)&unix.TP_STATUS_USER != 0
}

// read hands the packets of one ready block to hear and gives the block back;
// false: none is ready. now is the gate's clock.
func (r *ring) read(now func() int64, hear func([]receivedPacket)) bool {
	if !r.ready() {
		return false
	}
	header := r.header()
	block := r.memory[r.next*ringBlock : (r.next+1)*ringBlock]
	// The kernel dates packets by the wall clock, which may jump.
	behind := time.Now().UnixNano() - now()
	r.found = r.found[:0]
	at := header.Offset_to_first_pkt
	for range header.Num_pkts {
		packet := (*unix.Tpacket3Hdr)(unsafe.Pointer(&block[at]))
		from := at + uint32(packet.Net)
		r.found = append(r.found, receivedPacket{
			b:  block[from:min(from+packet.Snaplen, ringBlock)],
			at: int64(packet.Sec)*int64(time.Second) + int64(packet.Nsec) - behind,
		})
		at += packet.Next_offset
	}
	hear(r.found)
	atomic.StoreUint32(&header.Block_status, unix.TP_STATUS_KERNEL)
	r.next = (r.next + 1) % r.blocks
	return true
}

// dropped returns how many answers the kernel had no room for, so far.
func (r *ring) dropped() uint64 {
	if stats, err := unix.GetsockoptTpacketStatsV3(r.fd, unix.SOL_PACKET, unix.PACKET_STATISTICS); err == nil {
		r.drops.Add(uint64(stats.Drops)) // reading sets the kernel's own count to 0
	}
	return r.drops.Load()
}

func (r *ring) close() {
	if r.memory != nil {
		_ = unix.Munmap(r.memory)
	}
	_ = unix.Close(r.fd)
}
