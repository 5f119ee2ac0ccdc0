package scanner

import (
	"fmt"
	"slices"
	"testing"
)

func TestPermutationVisitsEachIndexOnce(t *testing.T) {
	sizes := []uint64{1000, 1009, 1010, 4096, 65536, 65537}
	for n := uint64(1); n <= 130; n++ {
		sizes = append(sizes, n)
	}
	for _, n := range sizes {
		for seed := range uint64(5) {
			seen := make([]bool, n)
			w := newPermutation(n, seed).from(0, 1)
			for range n {
				i := w.next()
				if i >= n || seen[i] {
					t.Fatalf("n %d, seed %d: index %d came twice or is out of range", n, seed, i)
				}
				seen[i] = true
			}
		}
	}
}

func TestPermutationResumes(t *testing.T) {
	for _, n := range []uint64{1, 2, 3, 10, 257, 1 << 20, 1<<40 + 12345, 1 << 62} {
		m := newPermutation(n, 42)
		for _, cursor := range []uint64{0, 1, n / 3, n / 2, n - 1} {
			w := m.from(cursor, 1)
			for k := cursor; k < min(cursor+50, n); k++ {
				if got, want := w.next(), m.at(k); got != want {
					t.Fatalf("n %d, from %d: step %d is %d, want %d", n, cursor, k, got, want)
				}
			}
		}
	}
}

func TestPermutationSeedsDiffer(t *testing.T) {
	seen := make(map[string]uint64)
	for seed := range uint64(200) {
		w := newPermutation(1000, seed).from(0, 1)
		order := make([]uint64, 1000)
		for i := range order {
			order[i] = w.next()
		}
		if slices.IsSorted(order) {
			t.Errorf("seed %d does not shuffle", seed)
		}
		key := fmt.Sprint(order)
		if other, twice := seen[key]; twice {
			t.Errorf("seeds %d and %d give one order", seed, other)
		}
		seen[key] = seed
	}
}

// The order is stored as a number, so an upgrade must not change it.
func TestPermutationIsStable(t *testing.T) {
	w := newPermutation(1000, 7).from(0, 1)
	var got []uint64
	for range 6 {
		got = append(got, w.next())
	}
	if want := []uint64{471, 346, 594, 554, 593, 782}; !slices.Equal(got, want) {
		t.Errorf("the order of seed 7 changed: %v, was %v", got, want)
	}
}

func BenchmarkPermutationStep(b *testing.B) {
	w := newPermutation(1<<30, 1).from(0, 1)
	for b.Loop() {
		w.next()
	}
}
