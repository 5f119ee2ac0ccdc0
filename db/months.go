package db

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"
)

// monthsAhead is how many months have their partition before they begin.
const monthsAhead = 3

// makeMonth makes a partition, and moves into it what waited for it.
const makeMonth = `CREATE TABLE $month (LIKE observations INCLUDING DEFAULTS);
WITH moved AS (DELETE FROM observations_other WHERE at >= $from AND at < $to RETURNING *)
INSERT INTO $month SELECT * FROM moved;
ALTER TABLE observations ATTACH PARTITION $month FOR VALUES FROM ($from) TO ($to)`

// EnsureMonths makes the partitions of observations for the month of now and the
// three after it, where they are not there, and moves into them what was observed
// before. [Open] does it, and who runs for months does it now and then: it costs
// nothing while the month is the same. On SQLite, which keeps observations in one
// table, it does nothing.
func (s *Store) EnsureMonths(ctx context.Context, now time.Time) error {
	if !s.Postgres() {
		return nil
	}
	first := time.Date(now.UTC().Year(), now.UTC().Month(), 1, 0, 0, 0, 0, time.UTC)
	if s.month.Load() == first.Unix() {
		return nil
	}
	var missing []time.Time
	for i := range monthsAhead + 1 {
		month := first.AddDate(0, i, 0)
		there, err := s.hasMonth(ctx, s.reader, month)
		if err != nil {
			return s.explain(err)
		}
		if !there {
			missing = append(missing, month)
		}
	}
	if err := s.makeMonths(ctx, missing); err != nil {
		return err
	}
	s.month.Store(first.Unix())
	return nil
}

func (s *Store) makeMonths(ctx context.Context, missing []time.Time) error {
	if len(missing) == 0 {
		return nil
	}
	return s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		for _, month := range missing {
			if there, err := s.hasMonth(ctx, tx, month); there || err != nil {
				if err != nil {
					return err
				}
				continue // another node was faster
			}
			_, err := tx.Tx.ExecContext(ctx, strings.NewReplacer("$month", monthName(month),
				"$from", strconv.FormatInt(month.UnixMicro(), 10), "$to", strconv.FormatInt(month.AddDate(0, 1, 0).UnixMicro(), 10)).
				Replace(makeMonth))
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Store) hasMonth(ctx context.Context, from bun.IDB, month time.Time) (there bool, err error) {
	// Not to_regclass: it may remember what it saw before the lock was waited for.
	err = from.NewRaw("SELECT EXISTS (SELECT 1 FROM pg_class WHERE relname = ? AND relnamespace = current_schema()::regnamespace)",
		monthName(month)).Scan(ctx, &there)
	return there, err
}

func monthName(month time.Time) string { return "observations_" + month.Format("2006_01") }
