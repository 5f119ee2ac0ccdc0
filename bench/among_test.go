package bench

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net/netip"
	"os/exec"
	"path/filepath"
	"testing"

	"minesweep"
	"minesweep/lab"
)

// BenchmarkSweep22AmongInnocents is [BenchmarkSweep22] with 400 hosts beside
// the devices that do not mine: web servers, databases, tarpits, mute ports.
// It fails where a device is missed or an innocent host is confirmed.
func BenchmarkSweep22AmongInnocents(b *testing.B) {
	const prefix = "127.0.12.0/22"
	hosts, err := lab.Fleet(netip.MustParsePrefix(prefix), 441)
	must(b, err)
	innocents, err := lab.Innocents(netip.MustParsePrefix("127.0.12.0/22"), 400)
	must(b, err)
	addr := hosts[len(hosts)-1].Address
	for _, h := range innocents {
		addr = addr.Next()
		h.Address = addr
		hosts = append(hosts, h)
	}
	network, err := lab.Start(b.Context(), hosts)
	must(b, err)
	defer network.Close()
	truth := network.Truth()
	for b.Loop() {
		db := "sqlite://" + filepath.Join(b.TempDir(), "minesweep.db")
		run(b, "grant", "add", "lab", prefix, "--authority", "a", "--basis", "b", "--rate", "100000", "--rate-per-24", "100000", "--db", db)
		out, err := exec.CommandContext(b.Context(), "minesweep", "scan", prefix, "--engine", "naabu", "-o", "jsonl", "--db", db).Output()
		must(b, err)
		confirmed := 0
		lines := bufio.NewScanner(bytes.NewReader(out))
		for lines.Buffer(nil, 1<<20); lines.Scan(); {
			var h minesweep.Host
			must(b, json.Unmarshal(lines.Bytes(), &h))
			if h.Verdict != minesweep.Confirmed {
				continue
			}
			if confirmed++; truth[h.Address].Verdict != minesweep.Confirmed {
				b.Errorf("%s is confirmed and does not mine", h.Address)
			}
		}
		if confirmed != 441 {
			b.Errorf("%d devices confirmed, want 441", confirmed)
		}
	}
}
