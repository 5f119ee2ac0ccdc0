package main

import (
	"slices"
	"testing"
	"time"

	"minesweep/db"
)

func TestLaneFailures(t *testing.T) {
	at := time.Date(2026, 11, 21, 1, 2, 3, 0, time.UTC)
	stint := func(kind db.LaneKind, lane int, note string) db.Stint {
		return db.Stint{Kind: kind, Lane: lane, Node: "north", EndedAt: at, Note: note}
	}
	const deaf = "canary 127.0.0.1:40000 was not heard"
	for name, c := range map[string]struct {
		stints []db.Stint
		want   []string
	}{
		"none": {[]db.Stint{stint(db.Discover, 0, ""), stint(db.Ask, 0, "60 s are over")}, nil},
		"two lanes": {
			[]db.Stint{stint(db.Discover, 2, "failed: eth0 is down"), stint(db.Ask, 1, "ended early: \x1b[2Jgone\nfor good"),
				stint(db.Discover, 2, ""), stint(db.Discover, 2, "failed: "+deaf), stint(db.Discover, 3, "")},
			[]string{"discover lane 2 failed 2 times, the last time on north at 2026-11-21T01:02:03Z: " + deaf,
				"ask lane 1 failed once on north at 2026-11-21T01:02:03Z: \uFFFD[2Jgone for good"},
		},
		"many": {
			func() (all []db.Stint) {
				for i := range 9 {
					all = append(all, stint(db.Discover, i, "failed: x"))
				}
				return all
			}(),
			[]string{"discover lane 0 failed once on north at 2026-11-21T01:02:03Z: x", "discover lane 1 failed once on north at 2026-11-21T01:02:03Z: x",
				"discover lane 2 failed once on north at 2026-11-21T01:02:03Z: x", "discover lane 3 failed once on north at 2026-11-21T01:02:03Z: x",
				"discover lane 4 failed once on north at 2026-11-21T01:02:03Z: x", "the engine failed in 4 more lanes"},
		},
	} {
		if got := laneFailures(c.stints); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}
