package db_test

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"minesweep"
	"minesweep/db"
)

func TestOpenOfManyMakesTheTablesOnce(t *testing.T) {
	eachEmpty(t, func(t *testing.T, address string) {
		errs := make(chan error, 8)
		secrets := make(chan string, cap(errs))
		for range cap(errs) {
			go func() {
				s, err := db.Open(t.Context(), address, newClock().now)
				if err == nil {
					var secret []byte
					secret, err = s.Secret(t.Context())
					secrets <- string(secret)
					err = errors.Join(err, s.Close())
				}
				errs <- err
			}()
		}
		for range cap(errs) {
			must(t, <-errs)
		}
		first := <-secrets
		for range cap(errs) - 1 {
			if again := <-secrets; again != first || len(first) != 32 {
				t.Fatal("two opened two installations")
			}
		}
	})
}

// TestMigrate: a database of an older version is brought up to date once, however
// many do so at the same time.
func TestMigrate(t *testing.T) {
	address := newDatabase(t)
	superuser(t, address, `DROP TABLE observations; ALTER TABLE assets DROP COLUMN answered_at, DROP COLUMN missed_at,
		DROP COLUMN checked_at, DROP COLUMN tried_at; ALTER TABLE audit DROP COLUMN who;
		ALTER TABLE lanes DROP COLUMN beyond, DROP COLUMN faults; ALTER TABLE stints DROP COLUMN skips;
		ALTER TABLE installation DROP COLUMN audit_seq, DROP COLUMN audit_hash; UPDATE schema_version SET version = 4`)
	froms := make(chan int64, 4)
	for range cap(froms) {
		go func() {
			from, to, err := db.Migrate(t.Context(), address, newClock().now)
			if err != nil || to <= from && from == 4 {
				t.Errorf("from %d to %d: %v", from, to, err)
			}
			froms <- from
		}()
	}
	old := 0
	for range cap(froms) {
		if <-froms == 4 {
			old++
		}
	}
	if old != 1 {
		t.Errorf("%d found version 4", old)
	}
	s := openStore(t, address, newClock())
	must(t, s.Note(t.Context(), "after", "the migration"))
	must(t, s.Audit(t.Context(), func(db.AuditEntry) error { return nil }))
}

func TestChangedTellsEveryProcess(t *testing.T) {
	eachStore(t, func(t *testing.T, address string) {
		c := newClock()
		a, b := openStore(t, address, c), openStore(t, address, c)
		changed := a.Changed(t.Context())
		if a.Postgres() { // whoever listens for the first time gets no token before a change
			waitForListener(t, address)
		}
		g := grant(t, c)
		must(t, b.AddGrant(t.Context(), g))
		<-changed
		must(t, b.Note(t.Context(), "no", "change"))
		must(t, b.RevokeGrant(t.Context(), g.Name))
		<-changed
		if !a.Postgres() {
			return
		}
		superuser(t, address, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()`)
		<-changed // it is back
		must(t, b.AddExclusion(t.Context(), minesweep.Exclusion{Prefix: netip.MustParsePrefix("10.0.0.0/8")}))
		<-changed
	})
}

func waitForListener(t *testing.T, address string) {
	t.Helper()
	raw := rawDB(t, address)
	for n := 0; n == 0; {
		must(t, raw.QueryRow("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()").Scan(&n))
	}
}

func TestClock(t *testing.T) {
	eachNew(t, func(t *testing.T, s *db.Store, c *clock) {
		at, err := s.Clock(t.Context())
		must(t, err)
		if s.Postgres() {
			if d := time.Since(at).Abs(); d > time.Minute {
				t.Errorf("the server on this machine is %s off", d)
			}
		} else if !at.Equal(c.now()) {
			t.Errorf("%s", at)
		}
	})
}

// TestAuditOfManyIsOneChain: entries of several processes at once.
func TestAuditOfManyIsOneChain(t *testing.T) {
	eachStore(t, func(t *testing.T, address string) {
		c := newClock()
		errs := make(chan error)
		for range 4 {
			s := openStore(t, address, c)
			go func() {
				for range 10 {
					if err := s.Note(t.Context(), "note", "x"); err != nil {
						errs <- err
						return
					}
				}
				errs <- nil
			}()
		}
		for range 4 {
			must(t, <-errs)
		}
		n := 0
		must(t, openStore(t, address, c).Audit(t.Context(), func(db.AuditEntry) error { n++; return nil }))
		if n != 40 {
			t.Errorf("%d entries", n)
		}
	})
}
