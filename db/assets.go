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
	"go4.org/netipx"

	"minesweep"
)

// AssetFilter says which assets are wanted; its zero value wants all. Case
// does not matter in words.
type AssetFilter struct {
	Verdict, Class, Vendor, Model, Algorithm string       // equal
	Pool                                     string       // contained
	Prefix                                   netip.Prefix // of the address where it was last seen
	SeenSince                                time.Time    // last seen then or later
	Limit                                    int          // 0: no limit
}

type assetRow struct {
	bun.BaseModel `bun:"table:assets,alias:a"`

	ID        int64 `bun:",pk,autoincrement"`
	Key       string
	Address   []byte // where it was last seen
	SweepID   int64  // in which sweep
	FirstSeen int64
	LastSeen  int64
	words
	Body []byte

	AnsweredAt int64 `bun:",scanonly"` // written by what is in observations.go only
	MissedAt   int64 `bun:",scanonly"`
	TriedAt    int64 `bun:",scanonly"`
}

type assetAddressRow struct {
	bun.BaseModel `bun:"table:asset_addresses,alias:d"`

	AssetID   int64  `bun:",pk"`
	Address   []byte `bun:",pk"`
	FirstSeen int64
	LastSeen  int64
}

// Assets yields the assets that the filter wants, by the address where they
// were last seen, a page at a time; yield may use the store. It ends with the
// first error of yield.
func (s *Store) Assets(ctx context.Context, filter AssetFilter, yield func(minesweep.Asset) error) error {
	after, id, left := []byte{}, int64(0), filter.Limit
	for {
		page := pageSize
		if filter.Limit > 0 {
			page = min(page, left)
		}
		if page == 0 {
			return nil
		}
		var rows []assetRow
		q := filter.where(s.selectAssets(&rows)).
			Where("a.address > ? OR (a.address = ? AND a.id > ?)", after, after, id)
		if err := q.OrderExpr("a.address, a.id").Limit(int64(page)).Scan(ctx); err != nil || len(rows) == 0 {
			return s.explain(err)
		}
		assets, err := s.assets(ctx, rows)
		if err != nil {
			return err
		}
		for i := range assets {
			if err := yield(assets[i]); err != nil {
				return err
			}
		}
		last := rows[len(rows)-1]
		after, id, left = last.Address, last.ID, left-len(rows)
	}
}

// selectAssets selects assets, named a, with when they answered and were missed.
func (s *Store) selectAssets(rows *[]assetRow) *bun.SelectQuery {
	return s.reader.NewSelect().Model(rows).ColumnExpr("?TableColumns, a.answered_at, a.missed_at")
}

func (f AssetFilter) where(q *bun.SelectQuery) *bun.SelectQuery {
	for _, w := range []struct{ column, word string }{
		{"verdict", f.Verdict}, {"class", f.Class}, {"vendor", f.Vendor}, {"model", f.Model}, {"algorithm", f.Algorithm},
	} {
		if w.word != "" {
			q = q.Where("a.? = ?", bun.Ident(w.column), searchable(w.word))
		}
	}
	if f.Pool != "" {
		like := strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(searchable(f.Pool))
		q = q.Where(`a.pool LIKE ? ESCAPE '\'`, "%"+like+"%")
	}
	if f.Prefix.IsValid() {
		r := netipx.RangeOfPrefix(f.Prefix.Masked())
		q = q.Where("a.address BETWEEN ? AND ?", addressBytes(r.From()), addressBytes(r.To()))
	}
	if !f.SeenSince.IsZero() {
		q = q.Where("a.last_seen >= ?", micros(f.SeenSince))
	}
	return q
}

// assets adds the histories of addresses to rows.
func (s *Store) assets(ctx context.Context, rows []assetRow) ([]minesweep.Asset, error) {
	ids := make([]int64, len(rows))
	for i := range rows {
		ids[i] = rows[i].ID
	}
	var sightings []assetAddressRow
	err := s.reader.NewSelect().Model(&sightings).Where("asset_id IN (?)", bun.List(ids)).
		OrderExpr("first_seen, address").Scan(ctx)
	if err != nil {
		return nil, s.explain(err)
	}
	seen := make(map[int64][]minesweep.Sighting, len(rows))
	for _, d := range sightings {
		seen[d.AssetID] = append(seen[d.AssetID], minesweep.Sighting{
			Address: addressOf(d.Address), FirstSeen: instant(d.FirstSeen), LastSeen: instant(d.LastSeen),
		})
	}
	frequencies, err := s.frequencies(ctx, rows)
	if err != nil {
		return nil, err
	}
	assets := make([]minesweep.Asset, len(rows))
	for i, r := range rows {
		h, err := decodeHost(r.Body)
		if err != nil {
			return nil, fmt.Errorf("database %s: asset %s: %w", s.path, r.Key, err)
		}
		h.FirstSeen, h.LastSeen = instant(r.FirstSeen), instant(r.LastSeen)
		assets[i] = minesweep.Asset{
			Key: r.Key, FirstSeen: h.FirstSeen, LastSeen: h.LastSeen, Addresses: seen[r.ID], Host: h, Frequency: frequencies[r.ID],
		}
	}
	return assets, nil
}

// Asset returns the asset of a key such as "mac:02:00:5e:00:53:01", or the one
// that was seen at an address in its last sweep; [ErrNotFound] where there is
// none.
func (s *Store) Asset(ctx context.Context, keyOrAddress string) (minesweep.Asset, error) {
	var rows []assetRow
	q := s.selectAssets(&rows).Limit(1)
	if addr, err := netip.ParseAddr(keyOrAddress); err == nil {
		q = q.Join("JOIN hosts AS h ON h.asset_id = a.id AND h.sweep_id = a.sweep_id").
			Where("h.address = ?", addressBytes(addr)).OrderExpr("h.last_seen DESC, a.id DESC")
	} else {
		q = q.Where("a.key = ?", plain(keyOrAddress))
	}
	err := q.Scan(ctx)
	if err == nil && len(rows) == 0 || errors.Is(err, sql.ErrNoRows) {
		return minesweep.Asset{}, fmt.Errorf("asset %q %w, give a key or an address as `minesweep assets list` shows them",
			keyOrAddress, ErrNotFound)
	}
	if err != nil {
		return minesweep.Asset{}, s.explain(err)
	}
	assets, err := s.assets(ctx, rows)
	if err != nil {
		return minesweep.Asset{}, err
	}
	return assets[0], nil
}
