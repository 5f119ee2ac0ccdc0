//go:build root

package wire

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// prober sends hand-made SYNs on near0 and hears what comes back.
type prober struct {
	t       *testing.T
	fd      int
	address unix.SockaddrLinklayer
}

const proberPort, proberSeq = 60000, 0x01020304

func newProber(t *testing.T, l *Lab) *prober {
	t.Helper()
	p := &prober{t: t}
	p.fd, p.address = rawSocket(t, l, unix.ETH_P_ALL)
	if err := unix.SetsockoptInt(p.fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 256<<20); err != nil {
		t.Fatal(err)
	}
	if err := unix.SetsockoptInt(p.fd, unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1); err != nil {
		t.Fatal(err)
	}
	return p
}

// rawSocket sends on near0, and hears protocol; none if it is 0.
func rawSocket(t testing.TB, l *Lab, protocol byte) (fd int, address unix.SockaddrLinklayer) {
	t.Helper()
	wired := binary.NativeEndian.Uint16([]byte{0, protocol})
	err := l.Near(func() (err error) {
		if fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW, int(wired)); err != nil {
			return err
		}
		dev, err := net.InterfaceByName(NearDevice)
		if err != nil {
			return err
		}
		address = unix.SockaddrLinklayer{Ifindex: dev.Index, Protocol: wired}
		return unix.Bind(fd, &address)
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	return fd, address
}

// synFrame is a SYN to target as it goes over the wire. Its checksums are left
// out: nobody looks at them.
func synFrame(target netip.AddrPort) []byte {
	b := append(append([]byte{}, farEnd.mac...), nearEnd.mac...)
	if target.Addr().Is4() {
		src, dst := nearEnd.v4.Addr().As4(), target.Addr().As4()
		b = append(b, 8, 0, 0x45, 0, 0, 40, 0, 1, 0, 0, 55, 6, 0, 0)
		b = append(append(b, src[:]...), dst[:]...)
	} else {
		b = append(b, 0x86, 0xdd, 0x60, 0, 0, 0, 0, 20, 6, 55)
		b = append(append(b, nearEnd.v6.Addr().AsSlice()...), target.Addr().AsSlice()...)
	}
	b = binary.BigEndian.AppendUint16(b, proberPort)
	b = binary.BigEndian.AppendUint16(b, target.Port())
	b = binary.BigEndian.AppendUint32(b, proberSeq)
	return append(b, 0, 0, 0, 0, 0x50, 2, 4, 0, 0, 0, 0, 0)
}

func (p *prober) send(target netip.AddrPort) {
	p.t.Helper()
	if err := unix.Sendto(p.fd, synFrame(target), 0, &p.address); err != nil {
		p.t.Fatalf("SYN to %s: %v", target, err)
	}
}

// heard is one answer, its lengths and checksums proved.
type heard struct {
	from    netip.AddrPort
	flags   byte
	window  uint16
	options []byte
	icmp    bool // from is what the quoted packet was for
}

// hear reads n answers.
func (p *prober) hear(n int) (out []heard) {
	p.t.Helper()
	buffer := make([]byte, 2048)
	patience := unix.NsecToTimeval(int64(2 * time.Second))
	if err := unix.SetsockoptTimeval(p.fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &patience); err != nil {
		p.t.Fatal(err)
	}
	for len(out) < n {
		size, _, err := unix.Recvfrom(p.fd, buffer, 0)
		if err != nil {
			p.t.Fatalf("after %d of %d answers: %v", len(out), n, err)
		}
		if buffer[0]&1 != 0 {
			continue // the far kernel's groups
		}
		h, err := parse(buffer[:size])
		if err != nil {
			p.t.Fatalf("answer %x: %v", buffer[:size], err)
		}
		out = append(out, h)
	}
	return out
}

func checksum(sum uint32, b []byte) uint16 {
	for i := 0; i+1 < len(b); i += 2 {
		sum += uint32(b[i])<<8 | uint32(b[i+1])
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}

func parse(b []byte) (heard, error) {
	if string(b[:6]) != string(nearEnd.mac) || string(b[6:12]) != string(farEnd.mac) {
		return heard{}, fmt.Errorf("Ethernet addresses")
	}
	if b[12] == 0x86 {
		return parseTCP(b[22:54], netip.AddrFrom16([16]byte(b[22:38])), b[54:], int(binary.BigEndian.Uint16(b[18:])), b[21])
	}
	if total := int(binary.BigEndian.Uint16(b[16:])); total != len(b)-14 || checksum(0, b[14:34]) != 0 {
		return heard{}, fmt.Errorf("IP header: total length %d, checksum off by %#x", total, checksum(0, b[14:34]))
	}
	if netip.AddrFrom4([4]byte(b[30:34])) != nearEnd.v4.Addr() {
		return heard{}, fmt.Errorf("not for the scanner")
	}
	if b[23] == 1 {
		quoted := b[42:]
		from := netip.AddrFrom4([4]byte(b[26:30]))
		if checksum(0, b[34:]) != 0 || b[34] != 3 || b[35] != 13 || len(quoted) != 28 || from != farEnd.v4.Addr() {
			return heard{}, fmt.Errorf("ICMP")
		}
		to := netip.AddrPortFrom(netip.AddrFrom4([4]byte(quoted[16:20])), binary.BigEndian.Uint16(quoted[22:]))
		if string(quoted) != string(synFrame(to)[14:42]) {
			return heard{}, fmt.Errorf("ICMP quotes another packet")
		}
		return heard{from: to, icmp: true}, nil
	}
	return parseTCP(b[26:34], netip.AddrFrom4([4]byte(b[26:30])), b[34:], len(b)-34, b[22])
}

func parseTCP(addresses []byte, from netip.Addr, b []byte, length int, ttl byte) (heard, error) {
	switch {
	case ttl != 64:
		return heard{}, fmt.Errorf("TTL %d", ttl)
	case length != len(b):
		return heard{}, fmt.Errorf("length %d of %d", length, len(b))
	case checksum(uint32(checksum(0, addresses)^0xffff)+6+uint32(len(b)), b) != 0:
		return heard{}, fmt.Errorf("TCP checksum")
	case binary.BigEndian.Uint16(b[2:]) != proberPort || binary.BigEndian.Uint32(b[8:]) != proberSeq+1:
		return heard{}, fmt.Errorf("answers another SYN")
	case int(b[12]>>4)*4 != len(b):
		return heard{}, fmt.Errorf("data offset")
	}
	return heard{from: netip.AddrPortFrom(from, binary.BigEndian.Uint16(b)), flags: b[13],
		window: binary.BigEndian.Uint16(b[14:]), options: append([]byte{}, b[20:]...)}, nil
}
