package db_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"minesweep"
	"minesweep/db"
)

// auditLog returns who did what, and how the log ends.
func auditLog(t *testing.T, s *db.Store) ([]string, error) {
	t.Helper()
	var lines []string
	err := s.Audit(t.Context(), func(e db.AuditEntry) error {
		lines = append(lines, e.Who+": "+e.Action)
		return nil
	})
	return lines, err
}

func TestAuditSaysWho(t *testing.T) {
	eachNew(t, func(t *testing.T, s *db.Store, c *clock) {
		g := grant(t, c)
		must(t, s.AddGrant(db.By(t.Context(), "ada@desk"), g))
		must(t, s.RevokeGrant(db.By(t.Context(), "root@desk, sudo by ada"), g.Name))
		must(t, s.Note(t.Context(), "note", "nobody said it"))
		lines, err := auditLog(t, s)
		if got := strings.Join(lines, "; "); err != nil || got != "ada@desk: grant add; root@desk, sudo by ada: grant revoke; : note" {
			t.Errorf("%s, %v", got, err)
		}
	})
}

// Whoever has the file can change it. Each way shows at the entry it touched.
func TestAuditTampered(t *testing.T) {
	for name, tt := range map[string]struct {
		script string
		at     int64
		why    string
	}{
		"detail":              {"UPDATE audit SET detail = 'nothing' WHERE seq = 2", 2, "was changed after"},
		"time":                {"UPDATE audit SET at = at + 1 WHERE seq = 2", 2, "was changed after"},
		"who":                 {"UPDATE audit SET who = '' WHERE seq = 3", 3, "was changed after"},
		"who, in another":     {"UPDATE audit SET who = 'eve' WHERE seq = 5", 5, "was changed after"},
		"the last":            {"UPDATE audit SET action = 'x' WHERE seq = 5", 5, "was changed after"},
		"removed":             {"DELETE FROM audit WHERE seq = 3", 3, "is missing"},
		"removed, renumbered": {"DELETE FROM audit WHERE seq = 3; UPDATE audit SET seq = seq - 1 WHERE seq > 3", 3, "was changed after"},
		"removed first":       {"DELETE FROM audit WHERE seq = 1", 1, "is missing"},
		"removed last":        {"DELETE FROM audit WHERE seq = 5", 5, "is missing, as is all up to entry 5"},
		"removed two last":    {"DELETE FROM audit WHERE seq > 3", 4, "is missing, as is all up to entry 5"},
		"all removed":         {"DELETE FROM audit", 1, "is missing, as is all up to entry 5"},
		"put before":          {"INSERT INTO audit SELECT 0, at, action, detail, prev_hash, hash, who FROM audit WHERE seq = 1", 1, ""},
		"put at the end":      {"INSERT INTO audit SELECT 6, at, action, detail, hash, hash, who FROM audit WHERE seq = 5", 6, "was changed after"},
		"swapped":             {"UPDATE audit SET seq = 9 WHERE seq = 2; UPDATE audit SET seq = 2 WHERE seq = 3; UPDATE audit SET seq = 3 WHERE seq = 9", 2, "was changed after"},
		"the head moved back": {"UPDATE installation SET audit_seq = 4", 5, "was put there by another program"},
		"another head":        {"UPDATE installation SET audit_hash = '00'", 5, "is not the one"},
	} {
		t.Run(name, func(t *testing.T) {
			eachNew(t, func(t *testing.T, s *db.Store, _ *clock) {
				for _, who := range []string{"", "a", "b", "c", ""} {
					must(t, s.Note(db.By(t.Context(), who), "note", "said by "+who))
				}
				if _, err := auditLog(t, s); err != nil {
					t.Fatal(err)
				}
				_, err := rawDB(t, path(t, s)).Exec(dropTrigger(s, "audit_update", "audit") + ";" + dropTrigger(s, "audit_delete", "audit") + ";" + tt.script)
				must(t, err)
				_, err = auditLog(t, s)
				var broken *db.BrokenAudit
				if tt.why == "" {
					if err != nil {
						t.Errorf("a row that is no entry: %v", err)
					}
					return
				}
				if !errors.As(err, &broken) || broken.Seq != tt.at || !strings.Contains(broken.Why, tt.why) {
					t.Errorf("got %v, want entry %d: it %s", err, tt.at, tt.why)
				}
			})
		})
	}
}

// The entry of an exclusion says what was sent before it.
func TestExclusionSaysWhatWasSentBefore(t *testing.T) {
	eachNew(t, func(t *testing.T, s *db.Store, c *clock) {
		last := func() string {
			t.Helper()
			detail := ""
			must(t, s.Audit(t.Context(), func(e db.AuditEntry) error { detail = e.Who + " " + e.Detail; return nil }))
			return detail
		}
		exclude := func(prefix string) string {
			t.Helper()
			must(t, s.AddExclusion(db.By(t.Context(), "ada@desk"), minesweep.Exclusion{Prefix: netip.MustParsePrefix(prefix), Reason: "r"}))
			return last()
		}
		const head = "ada@desk prefix="
		if got := exclude("10.0.0.0/25"); got != head+`10.0.0.0/25 reason="r" sent="nothing by a sweep of the last seven days"` {
			t.Error(got)
		}
		j := begin(t, s) // 10.0.0.0/24 on two ports
		p := port("10.0.0.9:4028", c)
		must(t, j.Checkpoint(t.Context(), minesweep.Progress{Cursor: 128, Sent: 128}, []minesweep.OpenPort{p, port("10.0.0.200:80", c)}))
		must(t, j.Settle(t.Context(), p, []minesweep.Reply{
			{Target: p.Target, Probe: "banner", At: c.now()},
			{Target: p.Target, Probe: "cgminer/version", At: c.now(), Request: []byte(`{"command":"version"}`), Raw: []byte("{}")},
		}, miner("10.0.0.9", "", c)))
		if got := exclude("10.0.0.0/25"); got != head+`10.0.0.0/25 reason="r" sent="sweep 1, running: 25.0 % of 256 probes, 1 open ports, 21 bytes in 1 questions"` {
			t.Error(got)
		}
		if got := exclude("10.0.1.0/24"); got != head+`10.0.1.0/24 reason="r" sent="nothing by a sweep of the last seven days"` {
			t.Error(got)
		}
		must(t, j.Close(t.Context(), db.Done, ""))
		c.move(8 * 24 * time.Hour)
		if got := exclude("10.0.0.9/32"); got != head+`10.0.0.9/32 reason="r" sent="nothing by a sweep of the last seven days"` {
			t.Error(got)
		}
		if list, err := s.Exclusions(t.Context()); err != nil || len(list) != 3 {
			t.Error(list, err)
		}
	})
}
