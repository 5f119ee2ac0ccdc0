package db

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/uptrace/bun"
	"go4.org/netipx"

	"minesweep"
)

// DueFilter says which confirmed assets are to be asked again.
type DueFilter struct {
	Within        *netipx.IPSet // their last address
	CheckedBefore time.Time     // neither answered nor missed since
	AnsweredSince time.Time     // answered then or later: what is gone for longer is left to the sweeps
	TriedBefore   time.Time     // no verification without an answer since
	Limit         int
}

// Due is an asset that is to be asked again.
type Due struct {
	ID      int64
	Key     string
	Address netip.Addr
	Host    minesweep.Host // as last seen
	TriedAt time.Time      // of the last verification, if that had no answer; zero otherwise
}

// Due returns the confirmed assets that the filter wants, those that wait
// longest first (within a hundred ranges of addresses).
func (s *Store) Due(ctx context.Context, f DueFilter) ([]Due, error) {
	var out []Due
	for part := range slices.Chunk(f.Within.Ranges(), rangesMost) {
		within, bounds := betweens(part)
		var rows []assetRow
		err := s.reader.NewSelect().Model(&rows).ColumnExpr("?TableColumns, a.tried_at").Where("a.verdict = 'confirmed'").
			Where("a.checked_at < ? AND a.answered_at >= ? AND a.tried_at < ?",
				micros(f.CheckedBefore), micros(f.AnsweredSince), micros(f.TriedBefore)).
			Where(within, bounds...).OrderExpr("a.checked_at, a.id").Limit(int64(f.Limit - len(out))).Scan(ctx)
		if err != nil {
			return nil, s.explain(err)
		}
		for i := range rows {
			due, err := rows[i].due()
			if err != nil {
				return nil, fmt.Errorf("database %s: %w", s.path, err)
			}
			out = append(out, due)
		}
		if len(out) >= f.Limit {
			break
		}
	}
	return out, nil
}

func (r *assetRow) due() (Due, error) {
	h, err := decodeHost(r.Body)
	if err != nil {
		return Due{}, fmt.Errorf("asset %s: %w", r.Key, err)
	}
	return Due{ID: r.ID, Key: r.Key, Address: addressOf(r.Address), Host: h, TriedAt: instant(r.TriedAt)}, nil
}

// Verified notes that a due asset answered and was confirmed again: when, at
// which address, and, unless host is nil, what it is now. What it answered is
// not kept. An asset that a sweep has moved or joined to another meanwhile is
// left as it is.
func (s *Store) Verified(ctx context.Context, due Due, host *minesweep.Host, node string) error {
	at := micros(s.now())
	return s.settleDue(ctx, due, true, node, func(ctx context.Context, tx bun.Tx, row *assetRow) error {
		sighting := &assetAddressRow{AssetID: due.ID, Address: row.Address, FirstSeen: at, LastSeen: at}
		if err := addSighting(ctx, tx, sighting); err != nil {
			return err
		}
		q := tx.NewUpdate().Model(row).WherePK().Set("last_seen = ?, answered_at = ?, checked_at = ?, tried_at = 0", at, at, at)
		if host != nil {
			body, err := encodeHost(*host)
			if err != nil {
				return err
			}
			q = setWords(q, wordsOf(*host)).Set("body = ?", body)
		}
		_, err := q.Exec(ctx)
		return err
	})
}

func setWords(q *bun.UpdateQuery, w words) *bun.UpdateQuery {
	return q.Set("verdict = ?", w.Verdict).Set("class = ?", w.Class).Set("vendor = ?", w.Vendor).
		Set("model = ?", w.Model).Set("algorithm = ?", w.Algorithm).Set("pool = ?", w.Pool)
}

// Missed notes that a due asset did not answer, for the second time.
func (s *Store) Missed(ctx context.Context, due Due, node string) error {
	at := micros(s.now())
	return s.settleDue(ctx, due, false, node, func(ctx context.Context, tx bun.Tx, row *assetRow) error {
		_, err := tx.NewUpdate().Model(row).WherePK().Set("missed_at = ?, checked_at = ?, tried_at = 0", at, at).Exec(ctx)
		return err
	})
}

// settleDue notes an observation beside what change does, if the asset is still
// the one that was due and nobody has observed it since.
func (s *Store) settleDue(ctx context.Context, due Due, answered bool, node string, change func(context.Context, bun.Tx, *assetRow) error) error {
	at := micros(s.now())
	return s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		row, err := stillDue(ctx, tx, due)
		if err != nil || row == nil {
			return err
		}
		seen := &observationRow{AssetID: due.ID, At: at, Address: row.Address, Answered: answered, Node: plain(node)}
		if _, err := tx.NewInsert().Model(seen).On("CONFLICT (asset_id, at) DO NOTHING").Exec(ctx); err != nil {
			return err
		}
		return change(ctx, tx, row)
	})
}

// stillDue returns the row of a due asset, or nil where it is gone or moved.
func stillDue(ctx context.Context, tx bun.Tx, due Due) (*assetRow, error) {
	row := new(assetRow)
	err := tx.NewSelect().Model(row).Where("id = ? AND key = ? AND address = ?", due.ID, due.Key, addressBytes(due.Address)).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return row, err
}

// Tried notes that a due asset did not answer, and is to be tried once more
// before it counts as missed.
func (s *Store) Tried(ctx context.Context, due Due) error {
	return s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewUpdate().Model((*assetRow)(nil)).Set("tried_at = ?", micros(s.now())).Where("id = ?", due.ID).Exec(ctx)
		return err
	})
}

// KnownPorts returns the ports at which an asset is asked again: those with the
// evidence that confirmed it first, at most n.
func (d Due) KnownPorts(n int) []uint16 {
	proof := make(map[uint16]bool)
	for _, e := range d.Host.Evidence {
		proof[e.Port] = proof[e.Port] || e.Strength == minesweep.Confirm
	}
	rank := func(p uint16) int {
		if proof[p] {
			return 0
		}
		return 1
	}
	ports := make([]uint16, len(d.Host.Ports))
	for i, p := range d.Host.Ports {
		ports[i] = p.Port
	}
	slices.SortStableFunc(ports, func(a, b uint16) int { return cmp.Compare(rank(a), rank(b)) })
	return ports[:min(n, len(ports))]
}
