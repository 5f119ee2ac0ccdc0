package scanner

import (
	"math/rand/v2"
	"net/netip"
	"testing"

	"go4.org/netipx"

	"minesweep"
)

func randomPlan(r *rand.Rand) minesweep.Plan {
	var b netipx.IPSetBuilder
	for range 1 + r.IntN(6) {
		b.AddPrefix(netip.PrefixFrom(addressOf4(r.Uint32()).addr(), 22+r.IntN(11)).Masked())
	}
	set, _ := b.IPSet()
	ports := []uint16{80, 4028, 3333, 443}[:1+r.IntN(4)]
	return minesweep.Plan{Targets: set, Ports: ports, Seed: r.Uint64()}
}

// Shards of one seed are disjoint and together the plan, wherever each was
// interrupted and resumed; each further pass is the same again.
func TestShardsAreDisjointAndComplete(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 30 {
		plan := randomPlan(r)
		size, _ := plan.Size()
		plan.Shards, plan.Passes = 1+r.Uint64N(9), 1+r.Uint64N(2)
		seen := make(map[netip.AddrPort]uint64)
		for plan.Shard = range plan.Shards {
			rideWithStops(t, r, plan, seen)
		}
		for target, n := range seen {
			if n != plan.Passes || !plan.Targets.Contains(target.Addr()) {
				t.Fatalf("%s was visited %d times in %d passes", target, n, plan.Passes)
			}
		}
		if uint64(len(seen)) != size {
			t.Fatalf("%d targets of %d were visited by %d shards", len(seen), size, plan.Shards)
		}
	}
}

func rideWithStops(t *testing.T, r *rand.Rand, plan minesweep.Plan, seen map[netip.AddrPort]uint64) {
	t.Helper()
	c, err := newCourse(plan)
	if err != nil {
		t.Fatal(err)
	}
	for step := uint64(0); step < c.total; {
		stop := step + 1 + r.Uint64N(c.total-step)
		for ride := c.from(step); ride.step < stop; {
			seen[ride.nextTarget()]++
		}
		step = stop
	}
}

func TestCourseRefusesWhatItCannotWalk(t *testing.T) {
	one := randomPlan(rand.New(rand.NewPCG(1, 1)))
	none := minesweep.Plan{Targets: &netipx.IPSet{}, Ports: []uint16{80}}
	wrong := one
	wrong.Shard, wrong.Shards = 8, 8
	often := one
	often.Passes = 1 << 61
	for name, plan := range map[string]minesweep.Plan{"empty": none, "shard 8 of 8": wrong, "too often": often} {
		if _, err := newCourse(plan); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// spread is n prefixes of /24 or longer, all over 10.0.0.0/8.
func spread(n int) *netipx.IPSet {
	var b netipx.IPSetBuilder
	r := rand.New(rand.NewPCG(5, 6))
	for range n {
		b.AddPrefix(netip.PrefixFrom(addressOf4(10<<24|r.Uint32()>>8).addr(), 24+r.IntN(6)).Masked())
	}
	set, _ := b.IPSet()
	return set
}

func BenchmarkCourseStep(b *testing.B) {
	wide, _ := ParseTargets([]string{"100.64.0.0/12"})
	for name, set := range map[string]*netipx.IPSet{"1 prefix": wide, "10000 prefixes": spread(10000)} {
		b.Run(name, func(b *testing.B) {
			c, err := newCourse(minesweep.Plan{Targets: set, Ports: []uint16{1, 2, 3, 4}, Seed: 9, Passes: 1000})
			if err != nil {
				b.Fatal(err)
			}
			r := c.from(0)
			for b.Loop() {
				r.next()
			}
		})
	}
}
