package db_test

import (
	"context"
	"database/sql"
	"testing"
)

// TestPortThatShowsUpLate: its number is below one that was read already, and who
// reads from the beginning finds it.
func TestPortThatShowsUpLate(t *testing.T) {
	c := newClock()
	s := openStore(t, newDatabase(t), c)
	j := begin(t, s)
	raw, err := sql.Open("pgx", path(t, s))
	must(t, err)
	t.Cleanup(func() { must(t, raw.Close()) })
	late, err := raw.BeginTx(t.Context(), nil)
	must(t, err)
	_, err = late.ExecContext(context.WithoutCancel(t.Context()), `INSERT INTO open_ports (sweep_id, address, port, engine, at, part)
		VALUES (1, '\x00000000000000000000ffff0a000001', 80, 'syn', 1, 0)`)
	must(t, err)
	must(t, found(t.Context(), j, port("10.0.0.2:80", c)))
	first, after, err := j.Pending(t.Context(), 0, 10)
	must(t, err)
	must(t, late.Commit())
	behind, _, err := j.Pending(t.Context(), after, 10)
	must(t, err)
	all, _, err := j.Pending(t.Context(), 0, 10)
	must(t, err)
	if len(first) != 1 || len(behind) != 0 || len(all) != 2 || all[0].Target.String() != "10.0.0.1:80" {
		t.Errorf("first %v, behind it %v, from the beginning %v", first, behind, all)
	}
}
