package main

import (
	"context"
	"fmt"
	"sort"
	"strings"

	"minesweep"
	"minesweep/db"
)

// showHosts writes the hosts of a sweep. A table leaves out those without a
// sign of mining, and counts them, unless all is set.
func (p *program) showHosts(ctx context.Context, s *db.Store, sweep int64, all bool) error {
	w := newHostWriter(p)
	left := make(map[minesweep.Verdict]int)
	err := s.Hosts(ctx, sweep, func(h minesweep.Host) error {
		if p.settings.format == "table" && !all && !mines(h) {
			left[h.Verdict]++
			return nil
		}
		return w.write(h)
	})
	if err != nil {
		return err
	}
	if err := w.close(); err != nil {
		return err
	}
	if len(left) > 0 {
		fmt.Fprintf(p.stdout, "and %s (--all shows them)\n", counted(left))
	}
	return nil
}

func mines(h minesweep.Host) bool {
	return h.Verdict == minesweep.Confirmed || h.Verdict == minesweep.Suspected || h.Verdict == minesweep.DecoyHost
}

// counted writes {"unidentified": 3, "silent": 1} as "1 silent, 3 unidentified hosts".
func counted[K ~string](counts map[K]int) string {
	out := make([]string, 0, len(counts))
	for k, n := range counts {
		out = append(out, fmt.Sprintf("%d %s", n, k))
	}
	sort.Strings(out)
	return strings.Join(out, ", ")
}
