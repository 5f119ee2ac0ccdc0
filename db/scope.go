package db

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"minesweep"
)

// Scope returns what may be probed now. It is meant to be called often: while
// no grant or exclusion changed and none began or ended, it costs one row and
// returns the same Scope.
func (s *Store) Scope(ctx context.Context) (*minesweep.Scope, error) {
	var changes int64
	err := s.reader.NewSelect().Model((*installationRow)(nil)).Column("changes").Where("id = 1").Scan(ctx, &changes)
	if err != nil {
		return nil, s.explain(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	c := &s.authority
	if !c.known || c.changes != changes {
		if err := s.readAuthority(ctx, c); err != nil {
			return nil, err
		}
	}
	if standing := standings(c.grants, now); c.scope == nil || standing != c.standing {
		scope, err := minesweep.NewScope(c.grants, c.exclusions, now)
		if err != nil {
			return nil, err
		}
		c.scope, c.standing = scope, standing
	}
	return c.scope, nil
}

// authority is what the last [Store.Scope] was built from.
type authority struct {
	known      bool
	changes    int64
	grants     []minesweep.Grant
	exclusions []minesweep.Exclusion
	standing   string // of each grant when scope was built
	scope      *minesweep.Scope
}

// readAuthority reads count, grants and exclusions as of one moment.
func (s *Store) readAuthority(ctx context.Context, c *authority) error {
	fresh := authority{known: true}
	err := s.reader.RunInTx(ctx, s.oneMoment(), func(ctx context.Context, tx bun.Tx) error {
		err := tx.NewSelect().Model((*installationRow)(nil)).Column("changes").Where("id = 1").Scan(ctx, &fresh.changes)
		if err != nil {
			return err
		}
		if fresh.grants, err = s.grants(ctx, tx); err != nil {
			return err
		}
		fresh.exclusions, err = s.exclusions(ctx, tx)
		return err
	})
	if err != nil {
		return s.explain(err)
	}
	*c = fresh
	return nil
}

// oneMoment are the options of a transaction that reads all as of one moment.
func (s *Store) oneMoment() *sql.TxOptions {
	if s.Postgres() {
		return &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead}
	}
	return &sql.TxOptions{ReadOnly: true}
}

func standings(grants []minesweep.Grant, now time.Time) string {
	var b strings.Builder
	for i := range grants {
		b.WriteString(grants[i].Standing(now))
		b.WriteByte('\n')
	}
	return b.String()
}
