package scanner

import (
	"net/netip"
	"strconv"
	"testing"

	"go4.org/netipx"

	"minesweep"
)

// nowhere takes every packet.
type nowhere struct{ source address }

func (n nowhere) way(address, uint64) (int, address, bool)  { return 0, n.source, true }
func (n nowhere) send(_ int, packets []packet) (int, error) { return len(packets), nil }

// BenchmarkSend is a packet's whole way but for the system call.
func BenchmarkSend(b *testing.B) {
	var wide netipx.IPSetBuilder
	wide.AddRange(netipx.MustParseIPRange("10.0.0.0-10.39.15.255"))
	one, _ := wide.IPSet()
	var many netipx.IPSetBuilder
	for i := range uint32(10_016) {
		many.AddPrefix(netip.PrefixFrom(addressOf4(10<<24|i*6<<8).addr(), 24))
	}
	spread, _ := many.IPSet()
	for name, set := range map[string]*netipx.IPSet{"1 range": one, "10016 prefixes": spread} {
		b.Run(name, func(b *testing.B) {
			grant := minesweep.Grant{Name: "a", Prefixes: set.Prefixes(), Rate: 1_000_000_000, RatePer24: 1_000_000_000}
			gt, clock := newGateFor(b, &book{grants: []minesweep.Grant{grant}}, GuardConfig{}, "10.0.0.0/8")
			plan := minesweep.Plan{Targets: set, Ports: []uint16{1, 2, 3, 4}, Seed: 9, Passes: 1000}
			c, err := newCourse(plan)
			if err != nil {
				b.Fatal(err)
			}
			s := newSender(gt, c, plan, newProof(1, 2, testPorts), nowhere{addressFor("192.0.2.1")}, 1)
			_ = clock
			now := int64(0)
			for i := 0; b.Loop(); i++ {
				if i%batchMost != 0 {
					continue
				}
				now += 64_000
				if _, err := s.fill(now); err != nil {
					b.Fatal(err)
				}
				if err := s.flush(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkNote is what a mark costs, of which 250 a second are made, where so
// many targets wait and 65,536 steps have left behind the first of them.
func BenchmarkNote(b *testing.B) {
	for _, waits := range []uint64{0, 10, 1000, 4096, 16_384} {
		b.Run(strconv.FormatUint(waits, 10), func(b *testing.B) {
			m := newSentMarks(0, 1<<20, minesweep.Beyond{})
			for step := range uint64(1 << 16) {
				if waits == 0 || step%(1<<16/waits) != 0 {
					m.leave(step)
				}
			}
			now := int64(0)
			b.ReportAllocs()
			for b.Loop() {
				now += markEvery
				m.note(now, 1<<16)
			}
		})
	}
}
