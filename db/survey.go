package db

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"slices"
	"time"
)

// Survey is what a database holds, without what it says.
type Survey struct {
	Kind     string // "SQLite" or "PostgreSQL", with the version of that
	Name     string // the path of the file, or the URL without its password
	Version  int64  // of the tables; 0: there are none yet
	Known    int64  // the version that this program needs
	Bytes    int64  // on the disk
	Tables   []TableRows
	LastID   int64 // of the newest sweep; 0: there is none
	LastFrom time.Time
	LastIs   Status
}

// TableRows counts the rows of one table.
type TableRows struct {
	Table string
	Rows  int64
}

// surveyed are the tables that a survey counts, where they are.
var surveyed = []string{
	"grants", "exclusions", "audit", "sweeps", "lanes", "stints", "open_ports", "replies", "reply_bodies",
	"hosts", "assets", "asset_addresses", "observations", "nodes", "schedules", "nights", "river_job",
}

// Look surveys the database at address, of whatever version, and changes
// nothing: a file that is not there is an error.
func Look(ctx context.Context, address string, now func() time.Time) (Survey, error) {
	s, version, err := lookAt(ctx, address, now)
	if err != nil {
		return Survey{}, err
	}
	survey, err := s.survey(ctx, version)
	return survey, errors.Join(s.explain(err), s.Close())
}

func lookAt(ctx context.Context, address string, now func() time.Time) (s *Store, version int64, err error) {
	if isPostgres(address) {
		if s, err = dialPostgres(ctx, address, now); err != nil {
			return nil, 0, err
		}
		if version, _, err = s.serverVersion(ctx, s.reader); err != nil {
			return nil, 0, errors.Join(s.explain(err), s.Close())
		}
		return s, version, nil
	}
	path, err := parseAddress(address)
	if err != nil {
		return nil, 0, err
	}
	if err := examine(path); err != nil {
		return nil, 0, err
	}
	if s, err = openFile(path, now); err != nil {
		return nil, 0, err
	}
	// Not from its header: the newest may still be in the WAL.
	if err := s.reader.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return nil, 0, errors.Join(s.explain(err), s.Close())
	}
	return s, version, nil
}

func (s *Store) survey(ctx context.Context, version int64) (Survey, error) {
	out := Survey{Name: s.path, Version: version, Known: int64(len(migrations))}
	var err error
	if out.Kind, out.Bytes, err = s.size(ctx); err != nil || version == 0 {
		return out, err
	}
	there, err := s.tables(ctx)
	if err != nil {
		return out, err
	}
	for _, table := range surveyed {
		if !slices.Contains(there, table) {
			continue
		}
		rows := TableRows{Table: table}
		if err := s.reader.QueryRowContext(ctx, "SELECT count(*) FROM "+table).Scan(&rows.Rows); err != nil {
			return out, err
		}
		out.Tables = append(out.Tables, rows)
	}
	var from int64
	err = s.reader.QueryRowContext(ctx, "SELECT id, started_at, status FROM sweeps ORDER BY id DESC LIMIT 1").
		Scan(&out.LastID, &from, &out.LastIs)
	if errors.Is(err, sql.ErrNoRows) {
		return out, nil
	}
	out.LastFrom = instant(from)
	return out, err
}

// size says what the database is and how many bytes it takes.
func (s *Store) size(ctx context.Context) (kind string, bytes int64, err error) {
	if s.Postgres() {
		err = s.reader.QueryRowContext(ctx, "SELECT 'PostgreSQL ' || current_setting('server_version'), pg_database_size(current_database())").
			Scan(&kind, &bytes)
		return kind, bytes, err
	}
	for _, suffix := range []string{"", "-wal"} {
		if info, err := os.Stat(s.path + suffix); err == nil {
			bytes += info.Size()
		}
	}
	err = s.reader.QueryRowContext(ctx, "SELECT 'SQLite ' || sqlite_version()").Scan(&kind)
	return kind, bytes, err
}

func (s *Store) tables(ctx context.Context) (names []string, err error) {
	query := "SELECT name FROM sqlite_schema WHERE type = 'table'"
	if s.Postgres() {
		query = "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = current_schema()::regnamespace"
	}
	err = s.reader.NewRaw(query).Scan(ctx, &names)
	return names, err
}
