package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// copied are the tables that hold what minesweep knows, in an order in which
// each stands behind those it refers to.
var copied = [...]string{
	"installation", "grants", "exclusions", "schedules", "nights", "audit",
	"sweeps", "lanes", "stints", "open_ports", "reply_bodies", "replies",
	"assets", "asset_addresses", "hosts", "observations",
}

// Copied is what [Store.CopyTo] moved of one table.
type Copied struct {
	Table string
	Rows  int64
	Sum   string // of the content, the same in both stores
}

// ErrNotEmpty is wrapped where a store that holds something already is to take
// a copy.
var ErrNotEmpty = errors.New("is not empty")

// CopyTo copies everything that a SQLite store knows into an empty store on
// PostgreSQL: all tables as of one moment, in one transaction, which is
// committed only after what arrived was read back and has the same sums. tell
// is called after each table. Nodes and jobs are not copied; no node may be at
// work on the source.
func (s *Store) CopyTo(ctx context.Context, to *Store, tell func(Copied)) error {
	if s.Postgres() || !to.Postgres() {
		return errors.New("a copy goes from a sqlite:// store to one at postgres://")
	}
	if err := s.idle(ctx); err != nil {
		return err
	}
	source, err := s.reader.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return s.explain(err)
	}
	defer source.Rollback() //nolint:errcheck // it only read
	return to.explain(pgx.BeginFunc(ctx, to.Pool(), func(target pgx.Tx) error {
		if _, err := target.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", lockKey); err != nil {
			return err
		}
		if err := to.clear(ctx, target); err != nil {
			return err
		}
		for _, table := range copied {
			done, err := copyTable(ctx, source.Tx, target, table)
			if err != nil {
				return fmt.Errorf("copying table %s: %w", table, err)
			}
			tell(done)
		}
		return nil
	}))
}

// idle refuses a store that a node works on.
func (s *Store) idle(ctx context.Context) error {
	nodes, err := s.Nodes(ctx)
	if err != nil {
		return err
	}
	for _, n := range nodes {
		if n.Alive {
			return fmt.Errorf("database %s: node %s works on it; stop that first, or what it finds meanwhile is lost", s.path, n.Name)
		}
	}
	return nil
}

// clear refuses a target that holds something, and takes out what every new
// store has of its own.
func (s *Store) clear(ctx context.Context, target pgx.Tx) error {
	for _, table := range copied {
		if table == "installation" {
			continue
		}
		var holds bool
		if err := target.QueryRow(ctx, "SELECT EXISTS (SELECT FROM "+table+")").Scan(&holds); err != nil {
			return err
		}
		if holds {
			return fmt.Errorf("database %s %w: its table %s has rows; copy into a new database", s.path, ErrNotEmpty, table)
		}
	}
	_, err := target.Exec(ctx, "DELETE FROM installation")
	return err
}

// copyTable copies one table and reads it back.
func copyTable(ctx context.Context, source *sql.Tx, target pgx.Tx, table string) (Copied, error) {
	columns, err := columnsOf(ctx, source, table)
	if err != nil {
		return Copied{}, err
	}
	types, err := typesOf(ctx, target, table, columns)
	if err != nil {
		return Copied{}, err
	}
	stream := newRowStream(ctx, source, selectAll(table, columns), types)
	defer stream.close()
	n, err := target.CopyFrom(ctx, pgx.Identifier{table}, columns, stream)
	if err != nil {
		return Copied{}, err
	}
	back, err := readBack(ctx, target, table, columns)
	if err != nil {
		return Copied{}, err
	}
	if want := stream.sum; back != want {
		return Copied{}, fmt.Errorf("what arrived differs from what was sent (%d of %d rows came back); nothing was copied", back.rows, want.rows)
	}
	if slices.Contains(columns, "id") && table != "installation" {
		_, err = target.Exec(ctx, fmt.Sprintf(
			"SELECT setval(pg_get_serial_sequence('%[1]s', 'id'), greatest(max(id), 1), max(id) IS NOT NULL) FROM %[1]s", table))
	}
	return Copied{Table: table, Rows: n, Sum: back.String()}, err
}

// columnsOf names the columns of a table of SQLite.
func columnsOf(ctx context.Context, source *sql.Tx, table string) ([]string, error) {
	rows, err := source.QueryContext(ctx, "SELECT name FROM pragma_table_info(?) ORDER BY cid", table)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var columns []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		columns = append(columns, name)
	}
	return columns, rows.Err()
}

// typesOf returns the type of each column on PostgreSQL: SQLite keeps 0 and 1
// for booleans, and text where a script's default says so.
func typesOf(ctx context.Context, target pgx.Tx, table string, columns []string) ([]uint32, error) {
	types := make([]uint32, len(columns))
	rows, err := target.Query(ctx, "SELECT attname, atttypid FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0", table)
	if err != nil {
		return nil, err
	}
	var name string
	var oid uint32
	_, err = pgx.ForEachRow(rows, []any{&name, &oid}, func() error {
		if i := slices.Index(columns, name); i >= 0 {
			types[i] = oid
		}
		return nil
	})
	return types, err
}

func selectAll(table string, columns []string) string {
	return "SELECT " + strings.Join(columns, ", ") + " FROM " + table
}

// readBack sums what the target holds of a table.
func readBack(ctx context.Context, target pgx.Tx, table string, columns []string) (contentSum, error) {
	var sum contentSum
	rows, err := target.Query(ctx, selectAll(table, columns))
	if err != nil {
		return sum, err
	}
	defer rows.Close()
	for rows.Next() {
		values, err := rows.Values()
		if err != nil {
			return sum, err
		}
		if err := sum.add(values); err != nil {
			return sum, err
		}
	}
	return sum, rows.Err()
}
