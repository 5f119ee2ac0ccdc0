//go:build root

package wire

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"time"
	"unsafe"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"
)

type mmsghdr struct {
	header unix.Msghdr
	_      [8]byte
}

// blast sends n SYNs to 10.0.0.0/8 by sendmmsg, 64 at a time.
func blast(b *testing.B, p int, to unix.SockaddrLinklayer, n int) {
	const batch = 64
	messages := make([]mmsghdr, batch)
	frames := make([][]byte, batch)
	vectors := make([]unix.Iovec, batch)
	for i := range frames {
		frames[i] = synFrame(netip.MustParseAddrPort("10.0.0.0:4028"))
		vectors[i].Base = &frames[i][0]
		vectors[i].SetLen(len(frames[i]))
		messages[i].header.Iov = &vectors[i]
		messages[i].header.SetIovlen(1)
	}
	address := uint32(10 << 24)
	for sent := 0; sent < n; {
		for i := range frames {
			address = 10<<24 | (address*1664525+1013904223)&0xffffff
			binary.BigEndian.PutUint32(frames[i][30:], address)
		}
		for from := 0; from < batch; {
			done, _, errno := unix.Syscall6(unix.SYS_SENDMMSG, uintptr(p), uintptr(unsafe.Pointer(&messages[from])), uintptr(batch-from), 0, 0, 0)
			if errno != 0 && errno != unix.ENOBUFS {
				b.Fatal(errno)
			}
			if errno == 0 {
				from += int(done)
			}
		}
		sent += batch
	}
}

// BenchmarkRootWireResponder measures what the far side costs: ns/run is the
// program alone, as the kernel measures it; ns/op is everything on this thread.
func BenchmarkRootWireResponder(b *testing.B) {
	lean := Responder{Seed: 7, OpenOneIn: 1000, RefusePercent: 10}
	full := zoo()
	full.OpenOneIn, full.RefusePercent, full.Scope = 1000, 10, nil
	full.Pairs = Pairs{netip.MustParsePrefix("10.0.0.0/9"), []uint16{4028}}
	scoped := lean
	for i := range 10000 {
		scoped.Scope = append(scoped.Scope, netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(i >> 8), byte(i), 0}), 24))
	}
	paired := lean
	paired.Pairs = full.Pairs
	for _, c := range []struct {
		name string
		Responder
	}{{"silent", Responder{}}, {"lean", lean}, {"pairs", paired}, {"kinds", full}, {"scope", scoped}, {"all-open", Responder{OpenOneIn: 1}}} {
		b.Run(c.name, func(b *testing.B) {
			l, err := New(Options{})
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = l.Close() }()
			if err := l.Answer(c.Responder); err != nil {
				b.Fatal(err)
			}
			stats, err := ebpf.EnableStats(uint32(unix.BPF_STATS_RUN_TIME))
			if err != nil {
				b.Fatal(err)
			}
			defer stats.Close()
			fd, address := rawSocket(b, l, 0)
			begin := time.Now()
			blast(b, fd, address, b.N)
			took := time.Since(begin)
			s, err := l.station.program.Stats()
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(s.Runtime.Nanoseconds())/float64(s.RunCount), "ns/run")
			b.ReportMetric(float64(l.Tally().SYNs)/took.Seconds()/1000, "kpps")
			lost, err := l.Lost()
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(lost.Answers), "lost")
			if tally := l.Tally(); tally.SYNs < uint64(b.N) {
				b.Errorf("%d were sent: %+v", b.N, tally)
			}
		})
	}
}
