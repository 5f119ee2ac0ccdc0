package main

import (
	"context"
	"fmt"

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
	if err == nil {
		err = w.close()
	}
	if err := p.exported(ctx, s, err, fmt.Sprintf("hosts of sweep %d", sweep), w.rows); err != nil {
		return err
	}
	if len(left) > 0 {
		fmt.Fprintf(p.stdout, "and %s (--all shows them)\n", tally(left))
	}
	return nil
}

func mines(h minesweep.Host) bool {
	return h.Verdict == minesweep.Confirmed || h.Verdict == minesweep.Suspected || h.Verdict == minesweep.DecoyHost
}
