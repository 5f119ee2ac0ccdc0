package scanner

import (
	"math/rand/v2"
	"net/netip"
	"reflect"
	"slices"
	"testing"

	"go4.org/netipx"

	"minesweep"
)

// Each step of a course is a step of its target, and there are no others.
func TestStepsOfIsTheCourseReadBackwards(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 9))
	for range 40 {
		plan := randomPlan(r)
		plan.Shards, plan.Passes = 1+r.Uint64N(5), 1+r.Uint64N(3)
		plan.Shard = r.Uint64N(plan.Shards)
		c, err := newCourse(plan)
		if err != nil {
			t.Fatal(err)
		}
		want := make(map[netip.Addr][]Step)
		for ride := c.from(0); !ride.done(); {
			step := ride.step
			target := ride.nextTarget()
			want[target.Addr()] = append(want[target.Addr()], Step{step, target.Port()})
		}
		for addr, steps := range someOf(want, 20) {
			got, err := StepsOf(t.Context(), plan, addr)
			if err != nil || !reflect.DeepEqual(got, steps) {
				t.Fatalf("%s in %+v: got %v, %v; want %v", addr, plan, got, err, steps)
			}
		}
	}
}

// someOf returns a few of a map.
func someOf(all map[netip.Addr][]Step, n int) map[netip.Addr][]Step {
	out := make(map[netip.Addr][]Step)
	for a, steps := range all {
		if len(out) < n {
			out[a] = steps
		}
	}
	return out
}

func TestStepsOfOrdersOfEverySize(t *testing.T) {
	for _, n := range []uint64{1, 2, 3, 10, 257, 65536, 1<<32 - 5, 1<<36 + 77} {
		m := newPermutation(n, 4711)
		log, err := newLogarithm(m, 3)
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range []uint64{0, 1, n / 3, n / 2, n - 1} {
			if k >= n {
				continue
			}
			if got := log.stepOf(m.at(k)); got != k {
				t.Errorf("n %d: step %d visits %d, which is said to be at step %d", n, k, m.at(k), got)
			}
		}
	}
	if _, err := newLogarithm(newPermutation(1<<50, 1), 1); err == nil {
		t.Error("an order of 1<<50 is read backwards")
	}
}

func TestStepsOfNoTarget(t *testing.T) {
	plan := minesweep.Plan{Targets: mustSet(t, "10.0.0.8/29", "10.0.1.0/30", "2001:db8::10/124"), Ports: []uint16{80, 443}, Seed: 7}
	for addr, want := range map[string]int{
		"10.0.0.7": 0, "10.0.0.8": 2, "10.0.0.15": 2, "10.0.0.16": 0, "10.0.1.0": 2, "10.0.1.4": 0, "9.0.0.0": 0,
		"2001:db8::f": 0, "2001:db8::10": 2, "2001:db8::1f": 2, "2001:db8::20": 0, "2001:db9::10": 0, "::1": 0,
		"::ffff:10.0.0.8": 2,
	} {
		got, err := StepsOf(t.Context(), plan, netip.MustParseAddr(addr))
		if err != nil || len(got) != want {
			t.Errorf("%s: %v, %v; want %d", addr, got, err, want)
		}
	}
}

func mustSet(t testing.TB, prefixes ...string) *netipx.IPSet {
	t.Helper()
	set, err := ParseTargets(prefixes)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func FuzzStepsOf(f *testing.F) {
	f.Add(uint64(1), uint64(2), uint64(3))
	f.Fuzz(func(t *testing.T, size, seed, k uint64) {
		size = 1 + size%(1<<30)
		m := newPermutation(size, seed)
		log, err := newLogarithm(m, 1)
		if err != nil {
			t.Fatal(err)
		}
		if got := log.stepOf(m.at(k % size)); got != k%size {
			t.Errorf("n %d, seed %d: step %d is said to be %d", size, seed, k%size, got)
		}
	})
}

// A province's night: 2^24 addresses, 20 ports.
func BenchmarkStepsOf(b *testing.B) {
	ports := make([]uint16, 20)
	for i := range ports {
		ports[i] = uint16(4000 + i)
	}
	plan := minesweep.Plan{Targets: mustSet(b, "10.0.0.0/8"), Ports: ports, Seed: 99}
	for b.Loop() {
		steps, err := StepsOf(b.Context(), plan, netip.MustParseAddr("10.9.8.7"))
		if err != nil || len(steps) != 20 || !slices.IsSortedFunc(steps, func(a, b Step) int { return int(a.Number) - int(b.Number) }) {
			b.Fatal(steps, err)
		}
	}
}
