package db_test

import (
	"testing"
	"time"

	"minesweep/db"
)

// TestObservationsLieInTheirMonths: what is observed before its month has a
// partition is moved into it.
func TestObservationsLieInTheirMonths(t *testing.T) {
	c := newClock()
	s := openStore(t, newDatabase(t), c)
	raw := rawDB(t, db.PathOf(s))
	where := func() (table string) {
		t.Helper()
		must(t, raw.QueryRow("SELECT tableoid::regclass::text FROM observations").Scan(&table))
		return table
	}
	late := c.now().AddDate(1, 0, 0)
	_, err := raw.Exec("INSERT INTO observations (asset_id, at, sweep_id, address, answered, node) VALUES (1, $1, 1, '\\x00', TRUE, '')", late.UnixMicro())
	must(t, err)
	if got := where(); got != "observations_other" {
		t.Errorf("before its month: in %s", got)
	}
	for range 2 {
		must(t, s.EnsureMonths(t.Context(), late.Add(-31*24*time.Hour)))
	}
	if got := where(); got != "observations_2027_03" {
		t.Errorf("in its month: in %s", got)
	}
	var months int
	must(t, raw.QueryRow("SELECT count(*) FROM pg_inherits WHERE inhparent = 'observations'::regclass").Scan(&months))
	if months != 9 { // four of each year, and that of the rest
		t.Errorf("%d partitions", months)
	}
}
