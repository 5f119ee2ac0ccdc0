package db

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"
	"go4.org/netipx"

	"minesweep"
)

// lostMost is the part of a sweep's probes that may be lost on this machine
// before its silence says nothing: one in so many.
const lostMost = 1000

// missAssets notes, in the transaction that closes a sweep as done, which assets
// it missed: those whose last address it covered, all of whose open ports it
// probed, that have not answered anybody since it began, and in whose /24
// (IPv6: /64) something else answered: a network that is silent as a whole is
// away, and nothing is said of its hosts.
func (s *Store) missAssets(ctx context.Context, tx bun.Tx, sweep Sweep, at time.Time) error {
	covered, err := s.covered(ctx, tx, sweep)
	if err != nil {
		return err
	}
	for part := range slices.Chunk(covered.Ranges(), rangesMost) {
		if err := miss(ctx, tx, sweep, at, part); err != nil {
			return err
		}
	}
	return nil
}

// covered returns the addresses of which a sweep can say that they did not
// answer: none where it did not ask, was a part of a scan, or lost probes.
func (s *Store) covered(ctx context.Context, tx bun.Tx, sweep Sweep) (*netipx.IPSet, error) {
	if sweep.NoQuestions || sweep.Shards > 1 || (sweep.Errors+sweep.Dropped)*lostMost > sweep.Total {
		return &netipx.IPSet{}, nil
	}
	targets, err := sweep.TargetSet()
	if err != nil || sweep.Refused == 0 {
		return targets, err
	}
	allowed, err := s.allowedOf(ctx, tx, targets)
	if err != nil {
		return nil, err
	}
	// What was refused must be what is refused now; else something was not probed
	// and nobody knows what.
	all, _ := minesweep.Plan{Targets: targets, Ports: sweep.Ports, Passes: sweep.Passes}.Total()
	left, _ := minesweep.Plan{Targets: allowed, Ports: sweep.Ports, Passes: sweep.Passes}.Total()
	if sweep.Refused > all-left {
		return &netipx.IPSet{}, nil
	}
	return allowed, nil
}

// allowedOf returns the targets that may be probed today, whatever the hour.
func (s *Store) allowedOf(ctx context.Context, tx bun.Tx, targets *netipx.IPSet) (*netipx.IPSet, error) {
	grants, err := s.grants(ctx, tx)
	if err != nil {
		return nil, err
	}
	for i := range grants {
		grants[i].Window = minesweep.Window{}
	}
	exclusions, err := s.exclusions(ctx, tx)
	if err != nil {
		return nil, err
	}
	scope, err := minesweep.NewScope(grants, exclusions, s.now())
	if err != nil {
		return nil, err
	}
	allowed, _, err := scope.Split(targets)
	return allowed, err
}

// rangesMost is how many ranges of addresses one statement looks through.
const rangesMost = 100

// miss notes the misses of some ranges. The two kinds of address differ in how
// many bytes name the network of which something must have answered.
func miss(ctx context.Context, tx bun.Tx, sweep Sweep, at time.Time, ranges []netipx.IPRange) error {
	var four, six []netipx.IPRange
	for _, r := range ranges {
		if r.From().Is4() {
			four = append(four, r)
		} else {
			six = append(six, r)
		}
	}
	return errors.Join(missIn(ctx, tx, sweep, at, four, 15), missIn(ctx, tx, sweep, at, six, 8))
}

func missIn(ctx context.Context, tx bun.Tx, sweep Sweep, at time.Time, ranges []netipx.IPRange, network int) error {
	if len(ranges) == 0 {
		return nil
	}
	within, bounds := betweens(ranges)
	now, began := micros(at), micros(sweep.StartedAt)
	args := slices.Concat([]any{now, now}, bounds, []any{
		began, began, network, sweep.ID, network, network, bun.List(swept(sweep.Ports)),
	})
	_, err := tx.NewRaw(`UPDATE assets AS a SET missed_at = ?, checked_at = ?, tried_at = 0 WHERE `+within+`
AND a.verdict IN ('confirmed', 'suspected') AND a.answered_at < ? AND a.missed_at < ?
AND (SELECT substr(p.address, 1, ?) FROM open_ports AS p
  WHERE p.sweep_id = ? AND p.address >= substr(a.address, 1, ?) ORDER BY p.address LIMIT 1) = substr(a.address, 1, ?)
AND EXISTS (SELECT 1 FROM open_ports AS p WHERE p.sweep_id = a.sweep_id AND p.address = a.address)
AND NOT EXISTS (SELECT 1 FROM open_ports AS p WHERE p.sweep_id = a.sweep_id AND p.address = a.address AND p.port NOT IN (?))`,
		args...).Exec(ctx)
	if err != nil {
		return err
	}
	_, err = tx.NewRaw(`INSERT INTO observations (asset_id, at, sweep_id, address, answered, node)
SELECT a.id, ?, ?, a.address, FALSE, '' FROM assets AS a WHERE `+within+` AND a.missed_at = ?
ON CONFLICT (asset_id, at) DO NOTHING`, slices.Concat([]any{now, sweep.ID}, bounds, []any{now})...).Exec(ctx)
	return err
}

// betweens writes ranges as a condition on a.address.
func betweens(ranges []netipx.IPRange) (condition string, args []any) {
	parts := make([]string, len(ranges))
	for i, r := range ranges {
		parts[i] = "a.address BETWEEN ? AND ?"
		args = append(args, addressBytes(r.From()), addressBytes(r.To()))
	}
	return "(" + strings.Join(parts, " OR ") + ")", args
}

// swept are the ports as a list takes them.
func swept(ports []uint16) []int {
	out := make([]int, len(ports))
	for i, p := range ports {
		out[i] = int(p)
	}
	return out
}
