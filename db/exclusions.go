package db

import (
	"context"
	"errors"
	"fmt"
	"net/netip"

	"github.com/uptrace/bun"

	"minesweep"
)

type exclusionRow struct {
	bun.BaseModel `bun:"table:exclusions,alias:e"`

	Prefix    string `bun:",pk"`
	Reason    string
	Who       string
	CreatedAt int64
}

// AddExclusion stores an exclusion, dated now where it has no date. The prefix
// is masked; adding it again changes the reason. It is on the disk when
// AddExclusion returns. Its entry in the audit log says what was sent before.
func (s *Store) AddExclusion(ctx context.Context, e minesweep.Exclusion) error {
	if !e.Prefix.IsValid() {
		return errors.New("exclusion: no prefix given, for example 192.0.2.0/24")
	}
	if e.CreatedAt.IsZero() {
		e.CreatedAt = s.now()
	}
	row := &exclusionRow{Prefix: e.Prefix.Masked().String(), Reason: plain(e.Reason), Who: whoOf(ctx), CreatedAt: micros(e.CreatedAt)}
	sent := s.sentText(ctx, e.Prefix.Masked())
	return s.writeDurably(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewInsert().Model(row).On("CONFLICT (prefix) DO UPDATE").Set("reason = EXCLUDED.reason").Set("who = EXCLUDED.who").Exec(ctx)
		if err != nil {
			return err
		}
		return s.changed(ctx, tx, "exclude add", fmt.Sprintf("prefix=%s reason=%q sent=%q", row.Prefix, row.Reason, sent))
	})
}

// RemoveExclusion removes the exclusion of exactly this prefix; [ErrNotFound]
// where there is none.
func (s *Store) RemoveExclusion(ctx context.Context, prefix netip.Prefix) error {
	text := prefix.Masked().String()
	return s.writeDurably(ctx, func(ctx context.Context, tx bun.Tx) error {
		res, err := tx.NewDelete().Model((*exclusionRow)(nil)).Where("prefix = ?", text).Exec(ctx)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, fmt.Errorf("exclusion %s %w", text, ErrNotFound))
		}
		return s.changed(ctx, tx, "exclude remove", "prefix="+text)
	})
}

// Exclusions returns all exclusions by prefix.
func (s *Store) Exclusions(ctx context.Context) ([]minesweep.Exclusion, error) {
	return s.exclusions(ctx, s.reader)
}

func (s *Store) exclusions(ctx context.Context, from bun.IDB) ([]minesweep.Exclusion, error) {
	var rows []exclusionRow
	if err := from.NewSelect().Model(&rows).OrderExpr("prefix").Scan(ctx); err != nil {
		return nil, s.explain(err)
	}
	out := make([]minesweep.Exclusion, len(rows))
	for i, r := range rows {
		p, err := netip.ParsePrefix(r.Prefix)
		if err != nil {
			return nil, fmt.Errorf("database %s: exclusion %q: %w", s.path, r.Prefix, err)
		}
		out[i] = minesweep.Exclusion{Prefix: p, Reason: r.Reason, CreatedAt: instant(r.CreatedAt)}
	}
	return out, nil
}
