package main

import (
	"math/rand/v2"
	"reflect"
	"testing"
	"time"
)

func seeded(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) } //nolint:gosec // the same each time

func TestForecastLeavesSubjectsInPeace(t *testing.T) {
	const nodes, length = 3, 6 * time.Minute
	for seed := range uint64(50) {
		all := forecast(seeded(seed), nodes, length)
		if !reflect.DeepEqual(all, forecast(seeded(seed), nodes, length)) {
			t.Fatalf("seed %d gives another forecast the second time", seed)
		}
		free := make(map[int]time.Duration)
		seen := make(map[kind]int)
		for _, m := range all {
			if m.at < free[m.node] || m.at < 4*time.Second || m.at >= length {
				t.Errorf("seed %d: %s at %s, node %d is busy until %s", seed, m, m.at, m.node, free[m.node])
			}
			if shared := m.kind == crash || m.kind == restart; shared != (m.node == everybody) {
				t.Errorf("seed %d: %s hits node %d", seed, m, m.node)
			}
			if m.kind == cut && (m.lasts < 5*time.Second || m.lasts > 30*time.Second) {
				t.Errorf("seed %d: a cut lasts %s", seed, m.lasts)
			}
			free[m.node] = m.at + m.lasts
			seen[m.kind]++
		}
		for _, k := range deck {
			if seen[k] == 0 {
				t.Errorf("seed %d: no %s among %d", seed, k, len(all))
			}
		}
	}
}

func TestForecastDiffersBySeed(t *testing.T) {
	if reflect.DeepEqual(forecast(seeded(1), 3, time.Minute), forecast(seeded(2), 3, time.Minute)) {
		t.Error("two seeds give one forecast")
	}
}
