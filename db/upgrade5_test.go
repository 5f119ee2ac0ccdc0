package db_test

import (
	"strings"
	"testing"

	"minesweep/db"
)

// TestUpgradeOfVersion5: lanes and stints that were written before there was
// anything to say of the steps above a cursor go on, with nothing said.
func TestUpgradeOfVersion5(t *testing.T) {
	eachStore(t, func(t *testing.T, address string) {
		c := newClock()
		s := openStore(t, address, c)
		sweep := plan(t, s, laned(t, 2), &jobs{})
		j := takeLane(t, s, db.LaneRun{Sweep: sweep.ID, Kind: db.Discover, Lane: 1, Run: 1}, "n1")
		must(t, found(t.Context(), j, port("10.0.0.1:80", c)))
		must(t, s.Close())

		down := "ALTER TABLE lanes DROP COLUMN beyond; ALTER TABLE lanes DROP COLUMN faults; ALTER TABLE stints DROP COLUMN skips;"
		if strings.HasPrefix(address, "postgres://") {
			superuser(t, address, down+"UPDATE schema_version SET version = 5")
		} else {
			must1(t)(rawDB(t, strings.TrimPrefix(address, "sqlite://")).Exec(down + "PRAGMA user_version=5; PRAGMA wal_checkpoint(TRUNCATE)"))
		}
		from, to, err := db.Migrate(t.Context(), address, c.now)
		if err != nil || from != 5 || to <= from {
			t.Fatalf("from %d to %d: %v", from, to, err)
		}
		s = openStore(t, address, c)
		lanes, err := s.Lanes(t.Context(), sweep.ID)
		must(t, err)
		if len(lanes) != 4 || lanes[1].Open != 1 || lanes[1].Runs != 1 {
			t.Errorf("lanes %+v", lanes)
		}
		raw := rawDB(t, strings.TrimPrefix(address, "sqlite://"))
		for _, query := range []string{
			"SELECT count(*) FROM lanes WHERE length(beyond) = 0 AND faults = ''",
			"SELECT count(*) FROM stints WHERE length(skips) = 0",
		} {
			var n int
			if must(t, raw.QueryRow(query).Scan(&n)); n == 0 {
				t.Errorf("%s: none", query)
			}
		}
	})
}
