package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"minesweep"
)

type grantRow struct {
	bun.BaseModel `bun:"table:grants,alias:g"`

	Name      string `bun:",pk"`
	Prefixes  string // with spaces between
	Authority string
	Basis     string
	Contact   string
	ValidFrom int64
	ValidTo   int64
	Hours     string
	Zone      string
	Rate      int
	RatePer24 int `bun:"rate_per24"`
	PerPrefix int `bun:"rate_per_prefix"`
	Privacy   string
	CreatedAt int64
	RevokedAt int64
}

func newGrantRow(g minesweep.Grant) *grantRow {
	return &grantRow{
		Name: g.Name, Prefixes: joinPrefixes(g.Prefixes), Authority: g.Authority, Basis: g.Basis, Contact: g.Contact,
		ValidFrom: micros(g.ValidFrom), ValidTo: micros(g.ValidTo),
		Hours: g.Window.Hours(), Zone: g.Window.ZoneName(),
		Rate: g.Rate, RatePer24: g.RatePer24, PerPrefix: g.RatePerPrefix, Privacy: string(g.Privacy),
		CreatedAt: micros(g.CreatedAt), RevokedAt: micros(g.RevokedAt),
	}
}

func (r *grantRow) grant() (minesweep.Grant, error) {
	window, err := minesweep.ParseWindow(r.Hours, r.Zone)
	if err != nil {
		return minesweep.Grant{}, fmt.Errorf("grant %s: %w", r.Name, err)
	}
	g := minesweep.Grant{
		Name: r.Name, Authority: r.Authority, Basis: r.Basis, Contact: r.Contact,
		ValidFrom: instant(r.ValidFrom), ValidTo: instant(r.ValidTo), Window: window,
		Rate: r.Rate, RatePer24: r.RatePer24, RatePerPrefix: r.PerPrefix, Privacy: minesweep.Privacy(r.Privacy),
		CreatedAt: instant(r.CreatedAt), RevokedAt: instant(r.RevokedAt),
	}
	for text := range strings.FieldsSeq(r.Prefixes) {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return minesweep.Grant{}, fmt.Errorf("grant %s: prefix %q: %w", r.Name, text, err)
		}
		g.Prefixes = append(g.Prefixes, p)
	}
	return g, nil
}

func joinPrefixes(prefixes []netip.Prefix) string {
	texts := make([]string, len(prefixes))
	for i, p := range prefixes {
		texts[i] = p.String()
	}
	return strings.Join(texts, " ")
}

// AddGrant stores a grant, dated now where it has no date. Its name must be
// new: that of a revoked grant is not given again ([ErrExists]), so that the
// audit log means one thing by it. It is on the disk when AddGrant returns.
func (s *Store) AddGrant(ctx context.Context, g minesweep.Grant) error {
	if err := g.Validate(); err != nil {
		return err
	}
	if g.CreatedAt.IsZero() {
		g.CreatedAt = s.now()
	}
	row := newGrantRow(g)
	for _, field := range []*string{&row.Name, &row.Authority, &row.Basis, &row.Contact} {
		if plain(*field) != *field {
			return fmt.Errorf("grant %q: %q is not text, it holds a NUL or is not UTF-8", g.Name, *field)
		}
	}
	return s.writeDurably(ctx, func(ctx context.Context, tx bun.Tx) error {
		var old grantRow
		err := tx.NewSelect().Model(&old).Where("name = ?", g.Name).Scan(ctx)
		if err == nil {
			return nameTaken(&old)
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if _, err := tx.NewInsert().Model(row).Exec(ctx); err != nil {
			return err
		}
		return s.changed(ctx, tx, "grant add", row.detail())
	})
}

func nameTaken(old *grantRow) error {
	if old.RevokedAt != 0 {
		return fmt.Errorf("grant %s %w (revoked on %s), pick another name", old.Name, ErrExists,
			instant(old.RevokedAt).Format(time.DateOnly))
	}
	return fmt.Errorf("grant %s %w, pick another name", old.Name, ErrExists)
}

func (r *grantRow) detail() string {
	valid := func(us int64) string {
		if us == 0 {
			return "open"
		}
		return instant(us).Format(time.RFC3339)
	}
	return fmt.Sprintf("name=%q prefixes=%q authority=%q basis=%q contact=%q from=%s to=%s window=%q rate=%d rate/24=%d rate/prefix=%d privacy=%q",
		r.Name, r.Prefixes, r.Authority, r.Basis, r.Contact, valid(r.ValidFrom), valid(r.ValidTo),
		strings.TrimSpace(r.Hours+" "+r.Zone), r.Rate, r.RatePer24, r.PerPrefix, r.Privacy)
}

// changed audits a change of authority and tells every reader of [Store.Scope]
// that there was one.
func (s *Store) changed(ctx context.Context, tx bun.Tx, action, detail string) error {
	if err := s.stir(ctx, tx); err != nil {
		return err
	}
	return s.audit(ctx, tx, action, detail)
}

// Grants returns all grants, revoked ones too, by name.
func (s *Store) Grants(ctx context.Context) ([]minesweep.Grant, error) {
	return s.grants(ctx, s.reader)
}

func (s *Store) grants(ctx context.Context, from bun.IDB) ([]minesweep.Grant, error) {
	var rows []grantRow
	if err := from.NewSelect().Model(&rows).OrderExpr("name").Scan(ctx); err != nil {
		return nil, s.explain(err)
	}
	grants := make([]minesweep.Grant, len(rows))
	for i := range rows {
		var err error
		if grants[i], err = rows[i].grant(); err != nil {
			return nil, fmt.Errorf("database %s: %w", s.path, err)
		}
	}
	return grants, nil
}

// RevokeGrant ends a grant now; [ErrNotFound] where no grant in force has the
// name. It is on the disk when RevokeGrant returns.
func (s *Store) RevokeGrant(ctx context.Context, name string) error {
	return s.writeDurably(ctx, func(ctx context.Context, tx bun.Tx) error {
		res, err := tx.NewUpdate().Model((*grantRow)(nil)).Set("revoked_at = ?", micros(s.now())).
			Where("name = ? AND revoked_at = 0", plain(name)).Exec(ctx)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, fmt.Errorf("grant %q %w among those in force", name, ErrNotFound))
		}
		return s.changed(ctx, tx, "grant revoke", fmt.Sprintf("name=%q", name))
	})
}
