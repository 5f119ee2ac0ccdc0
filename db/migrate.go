package db

import (
	"context"
	"crypto/rand"
	"embed"
	"fmt"

	"github.com/uptrace/bun"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// migrations lists the scripts in order; the file's user_version is how many
// of them it has. A script that has been released is never changed.
var migrations = [...]string{
	"migrations/0001_first.sql",
	"migrations/0002_engine.sql",
	"migrations/0003_report.sql",
	"migrations/0004_lanes.sql",
	"migrations/0005_observations.sql",
}

// migrate brings the tables up to date in one transaction. The first one runs
// before WAL is switched on, so that the mark of the application is in the file
// itself, where examine looks for it.
func (s *Store) migrate(ctx context.Context) error {
	err := s.writer.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		var version int64
		if err := tx.Tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
			return err
		}
		if version > int64(len(migrations)) {
			return newer(s.path, version)
		}
		for i := version; i < int64(len(migrations)); i++ {
			if err := s.step(ctx, tx, i); err != nil {
				return fmt.Errorf("database %s: %s: %w", s.path, migrations[i], err)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	_, err = s.writer.ExecContext(ctx, "PRAGMA journal_mode=WAL")
	return err
}

func (s *Store) step(ctx context.Context, tx bun.Tx, i int64) error {
	script, err := migrationFiles.ReadFile(migrations[i])
	if err != nil {
		return err
	}
	// The scripts go to SQLite as they are: bun would take "?" for an argument.
	if _, err := tx.Tx.ExecContext(ctx, string(script)); err != nil {
		return err
	}
	if i == 0 {
		if err := s.install(ctx, tx); err != nil {
			return err
		}
	}
	_, err = tx.Tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version=%d", i+1))
	return err
}

// install marks the file as ours and gives the installation its secret.
func (s *Store) install(ctx context.Context, tx bun.Tx) error {
	secret := make([]byte, 32)
	if _, err := rand.Read(secret); err != nil {
		return err
	}
	row := &installationRow{ID: 1, Secret: secret, CreatedAt: micros(s.now())}
	if _, err := tx.NewInsert().Model(row).ExcludeColumn("audit_seq", "audit_hash").Exec(ctx); err != nil {
		return err
	}
	_, err := tx.Tx.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id=%d", applicationID))
	return err
}

// installationRow is the one row about the file itself.
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
