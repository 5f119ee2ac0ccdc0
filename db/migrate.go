package db

import (
	"context"
	"crypto/rand"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/uptrace/bun"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// migrations names the scripts in order; the version of a database is how many
// of them it has. NAME.sql is for both databases, NAME.sqlite.sql and
// NAME.postgres.sql are run after it where they are. A script that has been
// released does the same for ever.
var migrations = [...]string{
	"0001_first",
	"0002_engine",
	"0003_report",
	"0004_lanes",
	"0005_observations",
	"0006_beyond",
}

// scripts returns what brings a database from one version to the next.
func (s *Store) scripts(name string) ([]string, error) {
	own, spell := ".sqlite.sql", func(script string) string { return script }
	if s.Postgres() {
		own, spell = ".postgres.sql", forPostgres
	}
	both, err := migrationFiles.ReadFile("migrations/" + name + ".sql")
	if err != nil {
		return nil, err
	}
	scripts := []string{spell(string(both))}
	more, err := migrationFiles.ReadFile("migrations/" + name + own)
	if errors.Is(err, fs.ErrNotExist) {
		return scripts, nil
	}
	return append(scripts, string(more)), err
}

// climb runs the scripts that a database of this version lacks.
func (s *Store) climb(ctx context.Context, tx bun.Tx, version int64) error {
	for i := version; i < int64(len(migrations)); i++ {
		if err := s.step(ctx, tx, i); err != nil {
			return fmt.Errorf("database %s: %s: %w", s.path, migrations[i], err)
		}
	}
	return nil
}

func (s *Store) step(ctx context.Context, tx bun.Tx, i int64) error {
	scripts, err := s.scripts(migrations[i])
	if err != nil {
		return err
	}
	for _, script := range scripts {
		// They go to the database as they are: bun would take "?" for an argument.
		if _, err := tx.Tx.ExecContext(ctx, script); err != nil {
			return err
		}
	}
	if i == 0 {
		if err := s.install(ctx, tx); err != nil {
			return err
		}
	}
	return s.setVersion(ctx, tx, i+1)
}

func (s *Store) setVersion(ctx context.Context, tx bun.Tx, version int64) error {
	set := "PRAGMA user_version=%d"
	if s.Postgres() {
		set = "UPDATE schema_version SET version = %d"
	}
	_, err := tx.Tx.ExecContext(ctx, fmt.Sprintf(set, version))
	return err
}

// install gives the installation its secret.
func (s *Store) install(ctx context.Context, tx bun.Tx) error {
	secret := make([]byte, 32)
	if _, err := rand.Read(secret); err != nil {
		return err
	}
	row := &installationRow{ID: 1, Secret: secret, CreatedAt: micros(s.now())}
	_, err := tx.NewInsert().Model(row).ExcludeColumn("audit_seq", "audit_hash").Exec(ctx)
	return err
}

// migrateFile brings the tables of a file up to date in one transaction. The
// first one runs before WAL is switched on, so that the mark of the application
// is in the file itself, where examine looks for it.
func (s *Store) migrateFile(ctx context.Context) error {
	err := s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		var version int64
		if err := tx.Tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
			return err
		}
		if version > int64(len(migrations)) {
			return newer(s.path, version)
		}
		if version == 0 {
			if _, err := tx.Tx.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id=%d", applicationID)); err != nil {
				return err
			}
		}
		return s.climb(ctx, tx, version)
	})
	if err != nil {
		return err
	}
	_, err = s.writer.ExecContext(ctx, "PRAGMA journal_mode=WAL")
	return s.explain(err)
}

// installationRow is the one row about the database itself.
type installationRow struct {
	bun.BaseModel `bun:"table:installation,alias:i"`

	ID        int64 `bun:",pk"`
	Secret    []byte
	CreatedAt int64
	Changes   int64 // of grants and exclusions; tells the guard's refresh that nothing changed
	AuditSeq  int64 // the last entry of the audit log, and its hash
	AuditHash []byte
}

// Secret returns the 32 random bytes of this installation, the key of the
// hashes that stand for the identifiers of individuals.
func (s *Store) Secret(ctx context.Context) ([]byte, error) {
	var row installationRow
	if err := s.reader.NewSelect().Model(&row).Where("id = 1").Scan(ctx); err != nil {
		return nil, s.explain(err)
	}
	return row.Secret, nil
}
