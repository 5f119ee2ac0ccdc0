package db_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"minesweep/db"
)

// TestUpgradeOfAFileOfVersion3 makes a file by the scripts as they were
// released, fills it as that version did, and opens it.
func TestUpgradeOfAFileOfVersion3(t *testing.T) {
	file := filepath.Join(t.TempDir(), "old.db")
	raw := rawDB(t, file)
	scripts, err := filepath.Glob("testdata/version3/*.sql")
	must(t, err)
	slices.Sort(scripts)
	for _, script := range scripts {
		text, err := os.ReadFile(script)
		must(t, err)
		must1(t)(raw.Exec(string(text)))
	}
	must1(t)(raw.Exec(`PRAGMA application_id=1297307472; PRAGMA user_version=3;
INSERT INTO installation (id, secret, created_at) VALUES (1, x'` + fmt.Sprintf("%064x", 7) + `', 5);
INSERT INTO sweeps (id, plan_hash, label, targets, ports, seed, settled, total, sent, open, owner_host, owner_pid, owner_start, status, started_at, heartbeat_at, questions)
VALUES (1, x'00', 'old', '10.0.0.0/24', '80', 7, 40, 256, 50, 1, 'here', 1, '1', 'stopped', 5, 6, 0);
INSERT INTO open_ports (sweep_id, address, port, engine, at, heard, ttl) VALUES (1, x'00000000000000000000ffff0a000001', 80, 'syn', 5, 1, 64);
INSERT INTO reply_bodies VALUES (x'01', 0, x'03000000ffff');
INSERT INTO replies VALUES (1, x'00000000000000000000ffff0a000001', 80, 0, 'http/', 1, 5, x'', x'01', 'eof', '');`))
	s := openStore(t, file, newClock())
	secret, err := s.Secret(t.Context())
	must(t, err)
	sweep, err := s.Sweep(t.Context(), 1)
	must(t, err)
	if secret[31] != 7 || !sweep.NoQuestions || sweep.Cursor != 40 || sweep.Sent != 50 {
		t.Errorf("secret %x, sweep %+v", secret, sweep)
	}
	j, err := s.ResumeSweep(t.Context(), 1, db.ResumeSpec{Owner: db.Owner{Host: "here", PID: 2}, Alive: nobody})
	must(t, err)
	ports, _, err := j.Pending(t.Context(), 0, 10)
	must(t, err)
	if len(ports) != 1 || !ports[0].Stack.Heard || ports[0].Stack.TTL != 64 {
		t.Errorf("ports %+v", ports)
	}
	replies, err := s.Replies(t.Context(), 1, ports[0].Target.Addr())
	must(t, err)
	if len(replies) != 1 || !replies[0].TLS {
		t.Errorf("replies %+v", replies)
	}
}
