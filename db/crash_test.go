package db_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"slices"
	"testing"
	"time"

	"minesweep"
	"minesweep/db"
)

// world is a small network over three sweeps in which devices move, hide their
// MACs, and change places.
type world struct {
	sweep int
	ports []netip.AddrPort
}

func worlds() []world {
	var out []world
	for sweep := 1; sweep <= 3; sweep++ {
		w := world{sweep: sweep}
		for host := range 6 {
			addr := netip.AddrFrom4([4]byte{10, 0, 0, byte(host)})
			w.ports = append(w.ports, netip.AddrPortFrom(addr, 80), netip.AddrPortFrom(addr, 4028))
		}
		out = append(out, w)
	}
	return out
}

// answer is what a port of the world says; judging is done by the set of
// answers alone, as the fingerprints do.
func (w world) answer(target netip.AddrPort) string {
	host := int(target.Addr().As4()[3])
	device := (host + w.sweep) % 7 // devices move by one address each sweep
	switch {
	case target.Port() == 80 && device == 3:
		return "web"
	case target.Port() == 80:
		return "hint"
	case device%2 == 0 && w.sweep != 2:
		return fmt.Sprintf("miner 02:00:5e:00:53:%02x", device)
	case device == 5:
		return "silent"
	}
	return "miner "
}

func judge(addr netip.Addr, replies []minesweep.Reply, at time.Time) minesweep.Host {
	h := minesweep.Host{Address: addr, Verdict: minesweep.Silent, FirstSeen: at, LastSeen: at}
	var raws []string
	for _, r := range replies {
		raws = append(raws, string(r.Raw))
	}
	slices.Sort(raws)
	for _, raw := range raws {
		switch {
		case raw == "web" && h.Verdict == minesweep.Silent:
			h.Verdict = minesweep.Unidentified
		case raw == "hint":
			h.Verdict, h.Class = minesweep.Suspected, minesweep.ASIC
		case len(raw) >= 6 && raw[:6] == "miner ":
			h.Verdict, h.Class, h.Vendor, h.MAC = minesweep.Confirmed, minesweep.ASIC, "Bitmain", raw[6:]
		}
	}
	return h
}

// walker runs the worlds through a store; crash says when the process dies.
type walker struct {
	t       *testing.T
	address string
	clock   *clock
	store   *db.Store
	rnd     *rand.Rand // nil: straight and without a crash
}

func (w *walker) open() {
	var err error
	w.store, err = db.Open(w.t.Context(), w.address, w.clock.now)
	must(w.t, err)
}

// run covers a world in some order, and goes on after each crash.
func (w *walker) run(world world) {
	for !w.attempt(world) {
		if w.rnd.IntN(2) == 0 { // else the dead process still has the file open
			must(w.t, w.store.Close())
		}
		w.open()
	}
}

// attempt reports whether it came to the end of the world.
func (w *walker) attempt(world world) bool {
	ctx := w.t.Context()
	j, err := w.store.BeginSweep(ctx, spec(w.t, 1, nobody))
	must(w.t, err)
	ports := slices.Clone(world.ports)
	if w.rnd != nil {
		w.rnd.Shuffle(len(ports), func(a, b int) { ports[a], ports[b] = ports[b], ports[a] })
	}
	for _, target := range ports {
		must(w.t, found(ctx, j, minesweep.OpenPort{Target: target, At: w.clock.now(), Engine: "connect"}))
		if w.rnd != nil && w.rnd.IntN(4) == 0 && !w.settleSome(ctx, j, world) {
			return false
		}
		must(w.t, j.Checkpoint(ctx, minesweep.Progress{Cursor: 1}, nil))
	}
	for round := 0; ; round++ {
		if round > len(ports) {
			w.t.Fatal("the queue does not get empty")
		}
		before, _, err := j.Pending(ctx, 0, 1)
		must(w.t, err)
		if len(before) == 0 {
			break
		}
		if !w.settleSome(ctx, j, world) {
			return false
		}
	}
	must(w.t, j.Close(ctx, db.Done, ""))
	return true
}

func (w *walker) settleSome(ctx context.Context, j *db.Journal, world world) bool {
	ports, _, err := j.Pending(ctx, 0, 5)
	must(w.t, err)
	for _, p := range ports {
		if w.rnd != nil && w.rnd.IntN(12) == 0 {
			return false
		}
		addr := p.Target.Addr()
		_, earlier, err := j.History(ctx, addr)
		must(w.t, err)
		reply := minesweep.Reply{Target: p.Target, Probe: "cgminer/version", At: w.clock.now(), Raw: []byte(world.answer(p.Target))}
		replies := []minesweep.Reply{reply}
		must(w.t, j.Settle(ctx, p, replies, judge(addr, append(earlier, replies...), w.clock.now())))
	}
	return true
}

// outcome is all that a user can see in the end.
func outcome(t *testing.T, address string, rnd *rand.Rand) (hostsSeen []minesweep.Host, assetsSeen []minesweep.Asset) {
	t.Helper()
	w := &walker{t: t, address: address, clock: newClock(), rnd: rnd}
	w.open()
	defer func() { must(t, w.store.Close()) }()
	for _, world := range worlds() {
		w.run(world)
		w.clock.move(24 * time.Hour)
	}
	for _, world := range worlds() {
		hostsSeen = append(hostsSeen, hosts(t, w.store, int64(world.sweep))...)
	}
	assetsSeen = assets(t, w.store, db.AssetFilter{})
	slices.SortFunc(assetsSeen, func(a, b minesweep.Asset) int {
		if a.Key < b.Key {
			return -1
		}
		return 1
	})
	return hostsSeen, assetsSeen
}

func TestAnyOrderAndAnyCrashGiveTheSameMap(t *testing.T) {
	onSQLite := func(t *testing.T) string { return newFile(t) }
	wantHosts, wantAssets := outcome(t, onSQLite(t), nil)
	if len(wantHosts) != 18 || len(wantAssets) < 5 {
		t.Fatalf("the world is dull: %d hosts, %d assets", len(wantHosts), len(wantAssets))
	}
	for name, address := range map[string]func(*testing.T) string{"sqlite": onSQLite, "postgres": func(t *testing.T) string { return newDatabase(t) }} {
		for seed := range fewer(uint64(6), 1) {
			t.Run(fmt.Sprint(name, seed), func(t *testing.T) {
				t.Parallel()
				gotHosts, gotAssets := outcome(t, address(t), rand.New(rand.NewPCG(seed, 7)))
				if !reflect.DeepEqual(gotHosts, wantHosts) {
					t.Errorf("hosts differ:\n got %+v\nwant %+v", gotHosts, wantHosts)
				}
				if !reflect.DeepEqual(gotAssets, wantAssets) {
					t.Errorf("assets differ:\n got %+v\nwant %+v", gotAssets, wantAssets)
				}
			})
		}
	}
}
