package bench

import (
	"net/netip"
	"path/filepath"
	"testing"
	"time"

	"go4.org/netipx"

	"minesweep"
	"minesweep/db"
	"minesweep/lab/postgres"
)

// chunk is how many open ports one checkpoint of the benchmark stores.
const chunk = 20_000

// BenchmarkBulkUpsert stores open ports by checkpoints, each of its own stretch
// of addresses in any order: first ports that are new, then the same again. Both
// databases wait for the disk as they do for people.
func BenchmarkBulkUpsert(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) { upserts(b, "sqlite://"+filepath.Join(b.TempDir(), "bulk.db")) })
	b.Run("postgres", func(b *testing.B) {
		server, err := postgres.Start(b.Context(), postgres.Options{Durable: true, Settings: []string{"shared_buffers = 1GB", "max_wal_size = 4GB"}})
		postgres.Need(b, err)
		b.Cleanup(func() { _ = server.Close() })
		upserts(b, server.URL("postgres"))
	})
}

func upserts(b *testing.B, address string) {
	store, err := db.Open(b.Context(), address, time.Now)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := store.Close(); err != nil {
			b.Error(err)
		}
	})
	var targets netipx.IPSetBuilder
	targets.AddPrefix(netip.MustParsePrefix("10.0.0.0/8"))
	set, err := targets.IPSet()
	if err != nil {
		b.Fatal(err)
	}
	journal, err := store.BeginSweep(b.Context(), db.SweepSpec{Targets: set, Ports: []uint16{80}})
	if err != nil {
		b.Fatal(err)
	}
	chunks := 0
	var fresh, again time.Duration
	for b.Loop() {
		ports := openPorts(chunks)
		chunks++
		fresh += checkpoint(b, journal, ports)
		again += checkpoint(b, journal, ports)
	}
	if got := journal.Sweep().Open; got != uint64(chunks*chunk) {
		b.Fatalf("%d ports are new, want %d", got, chunks*chunk)
	}
	b.ReportMetric(float64(chunks*chunk)/fresh.Seconds(), "new/s")
	b.ReportMetric(float64(chunks*chunk)/again.Seconds(), "again/s")
	b.ReportMetric(0, "ns/op")
}

// openPorts are those of the n-th stretch, in an order that has nothing to do
// with their addresses: 7919 has no divisor in common with chunk.
func openPorts(n int) []minesweep.OpenPort {
	ports := make([]minesweep.OpenPort, chunk)
	for i := range ports {
		at := n*chunk + i*7919%chunk
		addr := netip.AddrFrom4([4]byte{10, byte(at >> 16), byte(at >> 8), byte(at)})
		ports[i] = minesweep.OpenPort{Target: netip.AddrPortFrom(addr, 80), At: time.Unix(1_700_000_000, 0), Engine: "syn",
			Stack: minesweep.Stack{Heard: true, TTL: 57, Window: 65535, Options: "MSTNW"}}
	}
	return ports
}

func checkpoint(b *testing.B, journal *db.Journal, ports []minesweep.OpenPort) time.Duration {
	b.Helper()
	began := time.Now()
	if err := journal.Checkpoint(b.Context(), minesweep.Progress{}, ports); err != nil {
		b.Fatal(err)
	}
	return time.Since(began)
}
