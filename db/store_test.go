package db_test

import (
	"context"
	"net/netip"
	"sync"
	"testing"
	"time"

	"go4.org/netipx"

	"minesweep"
	"minesweep/db"
)

// clock is the time of a test; it moves only when told.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 3, 1, 2, 0, 0, 123456000, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func openStore(t *testing.T, address string, c *clock) *db.Store {
	t.Helper()
	s, err := db.Open(t.Context(), address, c.now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func targets(t testing.TB, prefixes ...string) *netipx.IPSet {
	t.Helper()
	var b netipx.IPSetBuilder
	for _, p := range prefixes {
		b.AddPrefix(netip.MustParsePrefix(p))
	}
	set, err := b.IPSet()
	must(t, err)
	return set
}

func begin(t *testing.T, s *db.Store) *db.Journal {
	t.Helper()
	j, err := s.BeginSweep(t.Context(), spec(t, 1, nobody))
	must(t, err)
	return j
}

func spec(t *testing.T, pid int, alive func(db.Owner) bool) db.SweepSpec {
	return db.SweepSpec{
		Targets: targets(t, "10.0.0.0/24"), Ports: []uint16{4028, 80},
		Owner: db.Owner{Host: "here", PID: pid, Start: "12345"}, Alive: alive,
	}
}

func nobody(db.Owner) bool { return false }

func port(address string, c *clock) minesweep.OpenPort {
	return minesweep.OpenPort{Target: netip.MustParseAddrPort(address), At: c.now(), Engine: "connect"}
}

// miner is a host that is worth following.
func miner(address, mac string, c *clock) minesweep.Host {
	return minesweep.Host{
		Address: netip.MustParseAddr(address), Verdict: minesweep.Confirmed, Class: minesweep.ASIC,
		Vendor: "Bitmain", Model: "Antminer S19 Pro", Algorithm: "sha256d", MAC: mac,
		Pool: "stratum+tcp://pool.example:3333", FirstSeen: c.now(), LastSeen: c.now(),
	}
}

// see settles port 4028 of the host in the sweep of j.
func see(t *testing.T, j *db.Journal, h minesweep.Host, c *clock) {
	t.Helper()
	p := port(netip.AddrPortFrom(h.Address, 4028).String(), c)
	must(t, found(t.Context(), j, p))
	must(t, j.Settle(t.Context(), p, []minesweep.Reply{{Target: p.Target, Probe: "cgminer/version", At: c.now(), Raw: []byte("{}")}}, h))
}

func assets(t *testing.T, s *db.Store, f db.AssetFilter) []minesweep.Asset {
	t.Helper()
	var all []minesweep.Asset
	must(t, s.Assets(t.Context(), f, func(a minesweep.Asset) error {
		all = append(all, a)
		return nil
	}))
	return all
}

func hosts(t *testing.T, s *db.Store, sweep int64) []minesweep.Host {
	t.Helper()
	return readHosts(t.Context(), t, s, sweep)
}

func readHosts(ctx context.Context, t *testing.T, s *db.Store, sweep int64) []minesweep.Host {
	t.Helper()
	var all []minesweep.Host
	must(t, s.Hosts(ctx, sweep, func(h minesweep.Host) error {
		all = append(all, h)
		return nil
	}))
	return all
}

// found stores one open port as a checkpoint does.
func found(ctx context.Context, j *db.Journal, p minesweep.OpenPort) error {
	return j.Checkpoint(ctx, minesweep.Progress{}, []minesweep.OpenPort{p})
}
