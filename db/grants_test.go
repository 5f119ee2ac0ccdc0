package db_test

import (
	"errors"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"minesweep"
	"minesweep/db"
)

func grant(t *testing.T, c *clock) minesweep.Grant {
	t.Helper()
	window, err := minesweep.ParseWindow("22:30-06:00", "Asia/Shanghai")
	must(t, err)
	return minesweep.Grant{
		Name: "O'Brien; DROP TABLE grants --", Authority: "机房", Basis: "contract 7?", Contact: "noc@example.org",
		Prefixes:  []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8::/32")},
		ValidFrom: c.now().Add(-time.Hour), ValidTo: c.now().Add(48 * time.Hour), Window: window,
		Rate: 50, RatePer24: 5, RatePerPrefix: 20, Privacy: minesweep.Organisation, CreatedAt: c.now(),
	}
}

func TestGrantComesBackAsItWas(t *testing.T) {
	eachNew(t, func(t *testing.T, s *db.Store, c *clock) {
		want := grant(t, c)
		must(t, s.AddGrant(t.Context(), want))
		got, err := s.Grants(t.Context())
		must(t, err)
		if len(got) != 1 {
			t.Fatalf("%d grants", len(got))
		}
		if got[0].Window.String() != want.Window.String() {
			t.Errorf("window %s, want %s", got[0].Window, want.Window)
		}
		got[0].Window = want.Window
		if !reflect.DeepEqual(got[0], want) {
			t.Errorf("got  %+v\nwant %+v", got[0], want)
		}
	})
}

func TestGrantNames(t *testing.T) {
	eachNew(t, func(t *testing.T, s *db.Store, c *clock) {
		g := grant(t, c)
		must(t, s.AddGrant(t.Context(), g))
		if err := s.AddGrant(t.Context(), g); !errors.Is(err, db.ErrExists) {
			t.Errorf("second grant of one name: %v", err)
		}
		must(t, s.RevokeGrant(t.Context(), g.Name))
		if err := s.AddGrant(t.Context(), g); !errors.Is(err, db.ErrExists) || !strings.Contains(err.Error(), "revoked on 2026-03-01") {
			t.Errorf("grant of a revoked name: %v", err)
		}
		for _, name := range []string{g.Name, "nobody", "a\x00b"} {
			if err := s.RevokeGrant(t.Context(), name); !errors.Is(err, db.ErrNotFound) {
				t.Errorf("revoke %q: %v", name, err)
			}
		}
		g.Name = "a\x00b"
		if err := s.AddGrant(t.Context(), g); err == nil || !strings.Contains(err.Error(), "is not text") {
			t.Errorf("name with NUL: %v", err)
		}
		if all, err := s.Grants(t.Context()); err != nil || len(all) != 1 || !all[0].RevokedAt.Equal(c.now()) {
			t.Errorf("grants %+v, %v", all, err)
		}
	})
}

func TestExclusions(t *testing.T) {
	eachNew(t, func(t *testing.T, s *db.Store, c *clock) {
		p := netip.MustParsePrefix("10.9.0.0/16")
		must(t, s.AddExclusion(t.Context(), minesweep.Exclusion{Prefix: p, Reason: "old"}))
		must(t, s.AddExclusion(t.Context(), minesweep.Exclusion{Prefix: p, Reason: "hospital"}))
		want := []minesweep.Exclusion{{Prefix: p, Reason: "hospital", CreatedAt: c.now()}}
		if got, err := s.Exclusions(t.Context()); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, %v", got, err)
		}
		must(t, s.RemoveExclusion(t.Context(), p))
		if err := s.RemoveExclusion(t.Context(), p); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("second removal: %v", err)
		}
	})
}

func TestScopeFollowsEveryChange(t *testing.T) {
	eachNew(t, func(t *testing.T, s *db.Store, c *clock) {
		other := openStore(t, path(t, s), c) // as another process would change it
		allowed := func() bool {
			t.Helper()
			scope, err := s.Scope(t.Context())
			must(t, err)
			_, err = scope.Decide(netip.MustParseAddr("10.1.2.3"))
			return err == nil
		}
		expect := func(want bool, when string) {
			t.Helper()
			if allowed() != want {
				t.Errorf("%s: allowed %v", when, !want)
			}
		}
		expect(false, "no grant")
		g := grant(t, c)
		must(t, other.AddGrant(t.Context(), g))
		expect(false, "10:00 in Shanghai, outside the hours")
		c.move(13 * time.Hour) // 23:00 in Shanghai
		expect(true, "inside the hours")
		first, err := s.Scope(t.Context())
		must(t, err)
		c.move(time.Minute)
		if second, err := s.Scope(t.Context()); err != nil || first != second {
			t.Errorf("scope was built anew though nothing changed: %v", err)
		}
		prefix := netip.MustParsePrefix("10.1.0.0/16")
		must(t, other.AddExclusion(t.Context(), minesweep.Exclusion{Prefix: prefix}))
		expect(false, "excluded")
		must(t, other.RemoveExclusion(t.Context(), prefix))
		expect(true, "no longer excluded")
		must(t, other.RevokeGrant(t.Context(), g.Name))
		expect(false, "revoked")
	})
}

func TestAuditIsAChain(t *testing.T) {
	eachNew(t, func(t *testing.T, s *db.Store, c *clock) {
		g := grant(t, c)
		must(t, s.AddGrant(t.Context(), g))
		must(t, s.RevokeGrant(t.Context(), g.Name))
		must(t, begin(t, s).Close(t.Context(), db.Done, "all of it"))
		var actions []string
		read := func() error {
			actions = nil
			return s.Audit(t.Context(), func(e db.AuditEntry) error {
				actions = append(actions, e.Action)
				return nil
			})
		}
		must(t, read())
		if got := strings.Join(actions, ", "); got != "grant add, grant revoke, sweep begin, sweep close" {
			t.Errorf("audit log: %s", got)
		}
		raw := rawDB(t, path(t, s))
		if _, err := raw.Exec("DELETE FROM audit WHERE seq = 2"); err == nil || !strings.Contains(err.Error(), "append-only") {
			t.Errorf("delete from the audit log: %v", err)
		}
		if _, err := raw.Exec(dropTrigger(s, "audit_update", "audit") + "; UPDATE audit SET detail = 'nothing' WHERE seq = 2"); err != nil {
			t.Fatal(err)
		}
		if err := read(); err == nil || !strings.Contains(err.Error(), "entry 2") {
			t.Errorf("audit log changed behind our back: %v", err)
		}
	})
}

// dropTrigger is the statement that takes a trigger off its table.
func dropTrigger(s *db.Store, trigger, table string) string {
	if s.Postgres() {
		return "DROP TRIGGER " + trigger + " ON " + table
	}
	return "DROP TRIGGER " + trigger
}
