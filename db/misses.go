package db

import (
	"context"
	"net/netip"
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

// noteMisses notes, before a sweep is closed as done, which assets it missed:
// those whose last address it covered, all of whose open ports it probed, that
// have not answered anybody since it began, and in whose /24 (IPv6: /64)
// something else answered: a network that is silent as a whole is away, and
// nothing is said of its hosts.
//
// It does so in transactions that hold the store's one writer shortly. Killed in
// between and repeated it notes what is left, for an asset that was missed since
// the sweep began is passed over. It ends early where the sweep was cancelled. The
// caller has seen that nothing is left to be asked.
func (j *Journal) noteMisses(ctx context.Context, at time.Time) error {
	sweep, left, err := j.toMiss(ctx)
	for err == nil && len(left) > 0 {
		var part, rest []netipx.IPRange
		err = j.Patiently(ctx, func() (err error) {
			part, rest, err = j.store.missPart(ctx, left)
			return err
		})
		if err != nil {
			return err
		}
		left = rest
		err = j.hold(ctx, func(ctx context.Context, tx bun.Tx) error {
			over, err := tx.NewSelect().Model((*sweepRow)(nil)).Where("id = ? AND status = ?", sweep.ID, string(Cancelled)).Exists(ctx)
			if err != nil {
				return err
			}
			if over {
				left = nil
				return nil
			}
			return missIn(ctx, tx, sweep, at, part)
		})
	}
	return err
}

// toMiss returns the sweep as it stands, and where it may have missed something.
func (j *Journal) toMiss(ctx context.Context) (sweep Sweep, where []netipx.IPRange, err error) {
	err = j.hold(ctx, func(ctx context.Context, tx bun.Tx) error {
		row, err := sweepByID(ctx, tx, j.run.Sweep)
		if err != nil {
			return err
		}
		if sweep, err = row.sweep(); err != nil {
			return err
		}
		covered, err := j.store.covered(ctx, tx, sweep)
		if err == nil {
			where = covered.Ranges()
		}
		return err
	})
	return sweep, where, err
}

// hold is one transaction of a run that still has its lane, which is a sign of life.
func (j *Journal) hold(ctx context.Context, f func(ctx context.Context, tx bun.Tx) error) error {
	return j.Patiently(ctx, func() error {
		return j.store.write(ctx, func(ctx context.Context, tx bun.Tx) error {
			if err := j.alive(ctx, tx); err != nil {
				return err
			}
			return f(ctx, tx)
		})
	})
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

const (
	// rangesMost is how many ranges of addresses one statement looks through.
	rangesMost = 100
	// missesMost is how many assets one transaction looks through for misses.
	missesMost = 5000
)

// missPart cuts off the first ranges as one transaction takes them: of one family
// of addresses, not too many, and with not too many assets.
func (s *Store) missPart(ctx context.Context, ranges []netipx.IPRange) (part, rest []netipx.IPRange, err error) {
	n := 1
	for n < min(len(ranges), rangesMost) && ranges[n].From().Is4() == ranges[0].From().Is4() {
		n++
	}
	part, rest = ranges[:n], ranges[n:]
	within, bounds := betweens(part)
	var last [][]byte
	err = s.reader.NewSelect().Model((*assetRow)(nil)).Column("address").
		Where("a.address BETWEEN ? AND ?", addressBytes(part[0].From()), addressBytes(part[n-1].To())).
		Where(within, bounds...).OrderExpr("a.address").Limit(1).Offset(int64(s.missPage-1)).Scan(ctx, &last)
	if err != nil || len(last) == 0 {
		return part, rest, s.explain(err)
	}
	part, beyond := cut(part, addressOf(last[0]))
	return part, slices.Concat(beyond, rest), nil
}

// cut parts ranges, which are in order, behind an address.
func cut(ranges []netipx.IPRange, last netip.Addr) (upTo, beyond []netipx.IPRange) {
	for i, r := range ranges {
		if r.To().Compare(last) <= 0 {
			continue
		}
		if r.From().Compare(last) > 0 {
			return ranges[:i], ranges[i:]
		}
		upTo = append(slices.Clone(ranges[:i]), netipx.IPRangeFrom(r.From(), last))
		return upTo, slices.Concat([]netipx.IPRange{netipx.IPRangeFrom(last.Next(), r.To())}, ranges[i+1:])
	}
	return ranges, nil
}

// missIn notes the misses of ranges of one family of addresses. The two differ in
// how many bytes name the network of which something must have answered.
func missIn(ctx context.Context, tx bun.Tx, sweep Sweep, at time.Time, ranges []netipx.IPRange) error {
	network := 15
	if !ranges[0].From().Is4() {
		network = 8
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
