//go:build root

package main_test

import (
	"encoding/binary"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"minesweep"
	"minesweep/lab/wire"
)

// sweep scans the range as a user does and returns the hosts.
func (l *decoyLab) sweep(t *testing.T, args ...string) map[netip.Addr]minesweep.Host {
	t.Helper()
	near, _ := l.Networks()
	b := newBuilt(t, &network{near})
	b.must(t, strings.Fields("grant add lab "+decoyRange+
		" --authority test --basis test --privacy organisation --rate 100000 --rate-per-24 100000")...)
	return b.scan(t, slices.Concat([]string{decoyRange}, args)...)
}

// listen counts, on the wire, the segments with data that go to each target,
// until the returned function is called.
func (l *decoyLab) listen(t *testing.T) func() map[netip.AddrPort]int {
	t.Helper()
	fd := -1
	err := l.Near(func() error {
		dev, err := net.InterfaceByName(wire.NearDevice)
		if err != nil {
			return err
		}
		if fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW, 0); err != nil {
			return err
		}
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 64<<20)
		_ = unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Usec: 200_000})
		// Outgoing packets reach only who asks for all protocols.
		const all = unix.ETH_P_ALL<<8 | unix.ETH_P_ALL>>8
		return unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: all & 0xffff, Ifindex: dev.Index})
	})
	if err != nil {
		t.Fatal(err)
	}
	stop, done := make(chan struct{}), make(chan map[netip.AddrPort]int)
	go func() { done <- countData(fd, stop) }()
	return func() map[netip.AddrPort]int {
		close(stop)
		asked := <-done
		if st, err := unix.GetsockoptTpacketStats(fd, unix.SOL_PACKET, unix.PACKET_STATISTICS); err != nil || st.Drops > 0 {
			t.Errorf("the capture lost packets, so it proves nothing: %+v, %v", st, err)
		}
		_ = unix.Close(fd)
		return asked
	}
}

func countData(fd int, stop <-chan struct{}) map[netip.AddrPort]int {
	asked := make(map[netip.AddrPort]int)
	frame := make([]byte, 70000)
	for {
		n, from, err := unix.Recvfrom(fd, frame, 0)
		if err != nil { // 200 ms of silence
			select {
			case <-stop:
				return asked
			default:
				continue
			}
		}
		link, ok := from.(*unix.SockaddrLinklayer)
		if !ok || link.Pkttype != unix.PACKET_OUTGOING {
			continue
		}
		if to, ok := dataTo(frame[:n]); ok {
			asked[to]++
		}
	}
}

// dataTo returns where a segment goes that carries data.
func dataTo(frame []byte) (netip.AddrPort, bool) {
	if len(frame) < 54 || binary.BigEndian.Uint16(frame[12:]) != unix.ETH_P_IP || frame[23] != unix.IPPROTO_TCP {
		return netip.AddrPort{}, false
	}
	ip := int(frame[14]&15) * 4
	tcp := frame[14+ip:]
	size := int(binary.BigEndian.Uint16(frame[16:])) - ip - int(tcp[12]>>4)*4
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte(frame[30:34])), binary.BigEndian.Uint16(tcp[2:])), size > 0
}
