package db_test

import (
	"errors"
	"net/netip"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"minesweep"
	"minesweep/db"
)

// original is a store on SQLite that holds something of every kind.
func original(t *testing.T, c *clock) *db.Store {
	t.Helper()
	s := openStore(t, filepath.Join(t.TempDir(), "old.db"), c)
	must(t, s.AddGrant(t.Context(), minesweep.Grant{Name: "校园", Prefixes: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/24")}, Authority: "a", Basis: "b"}))
	must(t, s.AddExclusion(t.Context(), minesweep.Exclusion{Prefix: netip.MustParsePrefix("10.0.0.9/32"), Reason: "clinic"}))
	j := begin(t, s)
	hostile := miner("10.0.0.1", "02:00:5e:00:53:01", c)
	hostile.Model = "S19\x00\xff'; DROP TABLE hosts; -- ?0 ⛏"
	see(t, j, hostile, c)
	heard := port("10.0.0.2:4028", c)
	heard.Stack = minesweep.Stack{Heard: true, TTL: 57, Window: 64240, Options: "mss,sack,ts"}
	must(t, found(t.Context(), j, heard))
	must(t, j.Settle(t.Context(), heard, []minesweep.Reply{{Target: heard.Target, Probe: "banner", TLS: true, At: c.now(), Raw: []byte{0, 255, 1}}}, miner("10.0.0.2", "", c)))
	must(t, j.Close(t.Context(), db.Done, ""))
	sweep := plan(t, s, laned(t, 2), &jobs{})
	lane := takeLane(t, s, db.LaneRun{Sweep: sweep.ID, Kind: db.Discover, Run: 1}, "n0")
	must(t, lane.Checkpoint(t.Context(), minesweep.Progress{Cursor: 3, Beyond: beyond(9, 3, 5)}, nil))
	return s
}

func TestCopyHoldsTheSame(t *testing.T) {
	t.Parallel()
	c := newClock()
	from, to := original(t, c), openStore(t, newDatabase(t), c)
	var tables []string
	must(t, from.CopyTo(t.Context(), to, func(done db.Copied) { tables = append(tables, done.Table) }))
	for _, table := range []string{"grants", "exclusions", "audit", "sweeps", "lanes", "stints", "open_ports", "replies", "reply_bodies", "assets", "hosts", "observations"} {
		if countIn(t, from, table) == 0 || countIn(t, from, table) != countIn(t, to, table) || !slices.Contains(tables, table) {
			t.Errorf("%s: %d rows, of %d", table, countIn(t, to, table), countIn(t, from, table))
		}
	}
	key := must2(from.Secret(t.Context()))
	if got := must2(to.Secret(t.Context())); !slices.Equal(got, key) {
		t.Error("the copy has another key: it would not know its people again")
	}
	old, now := hosts(t, from, 1), hosts(t, to, 1)
	if len(old) != 2 || old[0].Model != now[0].Model || old[1].FirstSeen != now[1].FirstSeen {
		t.Errorf("hosts %v, want %v", now, old)
	}
	if lanes := must2(to.Lanes(t.Context(), 2)); !reflect.DeepEqual(lanes, must2(from.Lanes(t.Context(), 2))) || lanes[0].Beyond.To != 9 {
		t.Errorf("lanes %+v", lanes)
	}
	must(t, to.Audit(t.Context(), func(db.AuditEntry) error { return nil }))
	// Numbers go on where they ended.
	if next := begin(t, to).Sweep().ID; next != 3 {
		t.Errorf("the next sweep is %d", next)
	}
}

func TestCopyNeedsAnEmptyStoreAndAnIdleOne(t *testing.T) {
	t.Parallel()
	c := newClock()
	from, to := original(t, c), openStore(t, newDatabase(t), c)
	nothing := func(db.Copied) {}
	if err := to.CopyTo(t.Context(), from, nothing); err == nil || !strings.Contains(err.Error(), "goes from") {
		t.Errorf("the wrong way round: %v", err)
	}
	must(t, from.PutNode(t.Context(), db.Node{Name: "n1", StartedAt: c.now(), Heartbeat: c.now()}))
	if err := from.CopyTo(t.Context(), to, nothing); err == nil || !strings.Contains(err.Error(), "node n1") {
		t.Errorf("while a node works: %v", err)
	}
	c.move(20e9)
	must(t, from.CopyTo(t.Context(), to, nothing))
	if err := from.CopyTo(t.Context(), to, nothing); !errors.Is(err, db.ErrNotEmpty) {
		t.Errorf("twice: %v", err)
	}
}

// A column that PostgreSQL changes on its way in must be seen, and nothing kept.
func TestCopyThatArrivesOtherwiseIsUndone(t *testing.T) {
	t.Parallel()
	c := newClock()
	from, to := original(t, c), openStore(t, newDatabase(t), c)
	_, err := to.Pool().Exec(t.Context(), `CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS
		$$ BEGIN NEW.port := NEW.port + 1; RETURN NEW; END $$;
		CREATE TRIGGER spoil BEFORE INSERT ON open_ports FOR EACH ROW EXECUTE FUNCTION spoil()`)
	must(t, err)
	err = from.CopyTo(t.Context(), to, func(db.Copied) {})
	if err == nil || !strings.Contains(err.Error(), "open_ports: what arrived differs") {
		t.Errorf("it says %v", err)
	}
	if n := countIn(t, to, "grants"); n != 0 {
		t.Errorf("%d grants are left of the copy that failed", n)
	}
}

// A table that is made later must be copied, or be named here.
func TestCopyKnowsEveryTable(t *testing.T) {
	t.Parallel()
	s := openStore(t, filepath.Join(t.TempDir(), "new.db"), newClock())
	rows, err := rawDB(t, path(t, s)).Query("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name")
	must(t, err)
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var name string
		must(t, rows.Scan(&name))
		if !slices.Contains(db.CopiedTables, name) && name != "nodes" {
			t.Errorf("table %s is neither copied nor said to be left", name)
		}
	}
	must(t, rows.Err())
}

func countIn(t *testing.T, s *db.Store, table string) (n int) {
	t.Helper()
	if s.Postgres() {
		must(t, s.Pool().QueryRow(t.Context(), "SELECT count(*) FROM "+table).Scan(&n))
		return n
	}
	must(t, rawDB(t, path(t, s)).QueryRow("SELECT count(*) FROM "+table).Scan(&n))
	return n
}
