package main

import (
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"minesweep/db"
	"minesweep/lab"
	"minesweep/scanner"
)

// Simulated devices are found by a scan, asked again the day after, and missed
// when they are gone.
func TestVerifyDevices(t *testing.T) {
	d := newDesk(t)
	var later time.Duration // budgets need a clock that moves by itself
	d.p.now = func() time.Time { return time.Now().Add(later) }
	hosts, err := lab.Fleet(netip.MustParsePrefix("127.9.31.0/24"), 4)
	if err != nil {
		t.Fatal(err)
	}
	network, err := lab.Start(t.Context(), hosts)
	if err != nil {
		t.Fatal(err)
	}
	defer network.Close()
	d.grant("lab", "127.9.31.0/24", "--rate", "5000", "--rate-per-24", "5000")
	if status, _, said := d.run("scan", "127.9.31.0/29", "--engine", "connect"); status != exitDone {
		t.Fatal(said)
	}
	s, err := db.Open(t.Context(), os.Getenv("MINESWEEP_DB"), d.p.now)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if err := s.AddSchedule(t.Context(), db.Schedule{Name: "n", Cron: "0 1 * * *", Zone: "UTC", Grants: []string{"lab"}, Ports: []uint16{4028}}); err != nil {
		t.Fatal(err)
	}
	verify := func() (answered, tried, missed int) {
		t.Helper()
		guard, err := scanner.NewGuard(t.Context(), scanner.GuardConfig{Load: s.Scope, Now: d.p.now})
		if err != nil {
			t.Fatal(err)
		}
		v, err := d.p.verifier(t.Context(), s, guard, "node-1")
		if err != nil {
			t.Fatal(err)
		}
		batch, err := v.Due(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		sum, err := v.Verify(t.Context(), batch)
		if err != nil || sum.Refused != 0 {
			t.Fatal(sum, err)
		}
		return sum.Answered, sum.Tried, sum.Missed
	}
	later += 21 * time.Hour
	answered, tried, missed := verify()
	if answered == 0 || tried+missed != 0 {
		t.Fatalf("the day after: %d answered, %d not", answered, tried)
	}
	network.Close()
	later += 21 * time.Hour
	if _, tried, missed = verify(); tried != answered || missed != 0 {
		t.Errorf("gone: %d tried, %d missed", tried, missed)
	}
	later += 16 * time.Minute
	if _, tried, missed = verify(); missed != answered || tried != 0 {
		t.Errorf("still gone: %d tried, %d missed", tried, missed)
	}
	_, out, _ := d.run("assets", "list", "--verdict", "confirmed", "-o", "jsonl")
	if got := strings.Count(out, `"checks_30":3,"answered_30":2`); got != answered {
		t.Errorf("%d of %d say so:\n%s", got, answered, out)
	}
}
