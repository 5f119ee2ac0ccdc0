package db

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/uptrace/bun"
)

// Migrate brings the database at address up to date, also where [Open] refuses
// to: one on PostgreSQL, which other nodes may use. It returns the version that
// the database had, 0 for a new one, and has now.
func Migrate(ctx context.Context, address string, now func() time.Time) (from, to int64, err error) {
	if !isPostgres(address) {
		path, err := parseAddress(address)
		if err != nil {
			return 0, 0, err
		}
		from = fileVersion(path)
		s, err := Open(ctx, address, now)
		if err != nil {
			return 0, 0, err
		}
		return from, int64(len(migrations)), s.Close()
	}
	s, err := dialPostgres(ctx, address, now)
	if err != nil {
		return 0, 0, err
	}
	from, err = s.migrateServer(ctx, true)
	return from, int64(len(migrations)), errors.Join(err, s.Close())
}

// migrateServer makes the tables of an empty database, and with upgrade brings
// those of an older one up to date. Nodes that come at the same time wait for
// each other. It returns the version that it found.
func (s *Store) migrateServer(ctx context.Context, upgrade bool) (version int64, err error) {
	version, readOnly, err := s.serverVersion(ctx, s.reader)
	if err != nil {
		return 0, s.explain(err)
	}
	if readOnly {
		return 0, errors.New(readOnlySentence(s.path))
	}
	if version == 0 || upgrade {
		err = s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
			if version, _, err = s.serverVersion(ctx, tx); err != nil {
				return err
			}
			if version == 0 {
				_, err := tx.Tx.ExecContext(ctx, "CREATE TABLE schema_version (program TEXT PRIMARY KEY, version BIGINT NOT NULL);"+
					"INSERT INTO schema_version VALUES ('minesweep', 0)")
				if err != nil {
					return err
				}
			}
			if version == 0 || upgrade {
				return s.climb(ctx, tx, version)
			}
			return nil
		})
	}
	switch {
	case err != nil:
		return version, s.explain(err)
	case version > int64(len(migrations)):
		return version, newer(s.path, version)
	case version > 0 && version < int64(len(migrations)) && !upgrade:
		return version, fmt.Errorf("database %s has tables of version %d and this minesweep needs %d; "+
			"stop the older nodes and run `minesweep db migrate`, or use an older minesweep", s.path, version, len(migrations))
	}
	return version, nil
}

// serverVersion returns how many scripts a database on PostgreSQL has: 0 where it
// is empty. One that holds the tables of another program is an error.
func (s *Store) serverVersion(ctx context.Context, from bun.IDB) (version int64, readOnly bool, err error) {
	var schema string
	var ours, all int64
	err = from.NewRaw(`SELECT coalesce(current_schema(), ''), current_setting('transaction_read_only')::boolean,
		count(*) FILTER (WHERE c.relname IN ('installation', 'schema_version')), count(c.relname)
		FROM (SELECT relname FROM pg_class AS t WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p')
			AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = t.oid AND deptype = 'e')) AS c`).
		Scan(ctx, &schema, &readOnly, &ours, &all)
	switch {
	case err != nil:
		return 0, false, err
	case schema == "":
		return 0, false, fmt.Errorf("database %s has no schema that this user may use; grant it one, or name another database with --db", s.path)
	case all > 0 && ours < 2:
		return 0, false, s.foreign()
	case all == 0:
		return 0, readOnly, nil
	}
	err = from.NewRaw("SELECT version FROM schema_version WHERE program = 'minesweep'").Scan(ctx, &version)
	var pg *pgconn.PgError
	if errors.As(err, &pg) && (pg.Code == undefinedColumn || pg.Code == undefinedTable) {
		return 0, false, s.foreign()
	}
	return version, readOnly, err
}

func (s *Store) foreign() error {
	return fmt.Errorf("database %s holds the tables of another program; name another one with --db", s.path)
}
