package bench

import (
	"io"
	"net/netip"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"minesweep"
	"minesweep/lab"
	"minesweep/probes/fingerprints"
	"minesweep/recordings"
)

// BenchmarkSweep22 discovers and identifies 441 simulated devices in a /22,
// with the programs that make build leaves on PATH.
func BenchmarkSweep22(b *testing.B) {
	const prefix = "127.0.8.0/22"
	if _, err := exec.LookPath("minesweep"); err != nil {
		b.Fatal("minesweep is not on PATH: run make bench")
	}
	hosts, err := lab.Fleet(netip.MustParsePrefix(prefix), 441)
	if err != nil {
		b.Fatal(err)
	}
	network, err := lab.Start(b.Context(), hosts)
	if err != nil {
		b.Fatal(err)
	}
	defer network.Close()
	for b.Loop() {
		db := "sqlite://" + filepath.Join(b.TempDir(), "minesweep.db")
		run(b, "grant", "add", "lab", prefix, "--authority", "a", "--basis", "b", "--rate", "100000", "--rate-per-24", "100000", "--db", db)
		run(b, "scan", prefix, "--engine", "connect", "-o", "jsonl", "--db", db)
	}
}

func run(b *testing.B, args ...string) {
	b.Helper()
	cmd := exec.CommandContext(b.Context(), "minesweep", args...)
	cmd.Stdout, cmd.Stderr = io.Discard, io.Discard
	if err := cmd.Run(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkDecide is one look-up of the scope, as made for each packet.
func BenchmarkDecide(b *testing.B) {
	grant := minesweep.Grant{Name: "province"}
	for i := range 10000 {
		addr := netip.AddrFrom4([4]byte{10, byte(i >> 8), byte(i), 0})
		grant.Prefixes = append(grant.Prefixes, netip.PrefixFrom(addr, 24))
	}
	scope, err := minesweep.NewScope([]minesweep.Grant{grant}, nil, time.Unix(0, 0))
	if err != nil {
		b.Fatal(err)
	}
	addr := netip.MustParseAddr("10.20.30.40")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := scope.Decide(addr); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkJudge sets every recorded device before every fingerprint once.
func BenchmarkJudge(b *testing.B) {
	rules, err := fingerprints.Load(fingerprints.Embedded())
	if err != nil {
		b.Fatal(err)
	}
	devices, err := recordings.ReadDir(fingerprints.Recordings(), "testdata/*.txtar")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(len(devices)), "devices")
	for b.Loop() {
		for _, d := range devices {
			rules.Judge(d.Replies)
		}
	}
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}
