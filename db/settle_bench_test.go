package db_test

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"minesweep"
	"minesweep/db"
)

// BenchmarkSettle finds and settles one port of a new miner with three replies
// of 2 KB.
func BenchmarkSettle(b *testing.B) {
	c := newClock()
	s, err := db.Open(b.Context(), filepath.Join(b.TempDir(), "bench.db"), c.now)
	must(b, err)
	b.Cleanup(func() { must(b, s.Close()) })
	sp := db.SweepSpec{Ports: []uint16{4028}, Owner: db.Owner{Host: "here"}, Alive: nobody}
	sp.Targets = targets(b, "10.0.0.0/8")
	j, err := s.BeginSweep(b.Context(), sp)
	must(b, err)
	for i := 0; b.Loop(); i++ {
		addr := netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
		p := minesweep.OpenPort{Target: netip.AddrPortFrom(addr, 4028), At: c.now()}
		var replies []minesweep.Reply
		for n := range 3 {
			raw := []byte(strings.Repeat(fmt.Sprintf(`{"GHS 5s":%d,"Elapsed":%d}`, i, n), 80))
			replies = append(replies, minesweep.Reply{Target: p.Target, At: c.now(), Raw: raw})
		}
		must(b, found(b.Context(), j, p))
		must(b, j.Settle(b.Context(), p, replies, miner(addr.String(), fmt.Sprintf("02:00:5e:%x", i), c)))
	}
}

// BenchmarkSettleTogether is [BenchmarkSettle] by 256 goroutines.
func BenchmarkSettleTogether(b *testing.B) {
	c := newClock()
	s, err := db.Open(b.Context(), filepath.Join(b.TempDir(), "bench.db"), c.now)
	must(b, err)
	b.Cleanup(func() { must(b, s.Close()) })
	sp := db.SweepSpec{Ports: []uint16{4028}, Owner: db.Owner{Host: "here"}, Alive: nobody}
	sp.Targets = targets(b, "10.0.0.0/8")
	j, err := s.BeginSweep(b.Context(), sp)
	must(b, err)
	var next atomic.Int64
	b.SetParallelism(128)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			i := next.Add(1)
			addr := netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
			p := minesweep.OpenPort{Target: netip.AddrPortFrom(addr, 4028), At: c.now()}
			var replies []minesweep.Reply
			for n := range 3 {
				raw := []byte(strings.Repeat(fmt.Sprintf(`{"GHS 5s":%d,"Elapsed":%d}`, i, n), 80))
				replies = append(replies, minesweep.Reply{Target: p.Target, At: c.now(), Raw: raw})
			}
			if err := j.Settle(b.Context(), p, replies, miner(addr.String(), fmt.Sprintf("02:00:5e:%x", i), c)); err != nil {
				b.Error(err)
			}
		}
	})
}
