package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/netip"

	"github.com/uptrace/bun"

	"minesweep"
)

// words are the columns by which hosts and assets are searched.
type words struct {
	Verdict   string
	Class     string
	Vendor    string
	Model     string
	Algorithm string
	Pool      string
}

func wordsOf(h minesweep.Host) words {
	return words{
		Verdict: searchable(string(h.Verdict)), Class: searchable(string(h.Class)), Vendor: searchable(h.Vendor),
		Model: searchable(h.Model), Algorithm: searchable(h.Algorithm), Pool: searchable(h.Pool),
	}
}

type hostRow struct {
	bun.BaseModel `bun:"table:hosts,alias:h"`

	SweepID   int64  `bun:",pk"`
	Address   []byte `bun:",pk"`
	AssetID   int64  `bun:",nullzero"`
	FirstSeen int64
	LastSeen  int64
	words
	Body []byte

	AssetFirstSeen int64 `bun:",scanonly"`
}

// host returns the host with its bytes as the sweep saw them; first seen is
// that of the asset where there is one.
func (r *hostRow) host() (minesweep.Host, error) {
	h, err := decodeHost(r.Body)
	if err != nil {
		return h, fmt.Errorf("host %s: %w", addressOf(r.Address), err)
	}
	h.FirstSeen, h.LastSeen = instant(r.FirstSeen), instant(r.LastSeen)
	if r.AssetFirstSeen != 0 && r.AssetFirstSeen < r.FirstSeen {
		h.FirstSeen = instant(r.AssetFirstSeen)
	}
	return h, nil
}

// storeHost writes what the sweep knows of an address and links it to its
// asset.
func storeHost(ctx context.Context, tx bun.Tx, sweep int64, addr netip.Addr, host minesweep.Host) error {
	host.Address = addr.Unmap()
	row, err := hostOf(ctx, tx, sweep, addr)
	if err != nil {
		return err
	}
	first, last := micros(host.FirstSeen), micros(host.LastSeen)
	if row == nil {
		row = &hostRow{SweepID: sweep, Address: addressBytes(addr), FirstSeen: first}
	}
	row.FirstSeen, row.LastSeen = min(row.FirstSeen, first), max(row.LastSeen, last)
	row.words = wordsOf(host)
	if row.Body, err = encodeHost(host); err != nil {
		return err
	}
	_, err = tx.NewInsert().Model(row).ExcludeColumn("asset_id").On("CONFLICT (sweep_id, address) DO UPDATE").
		Set("first_seen = EXCLUDED.first_seen").Set("last_seen = EXCLUDED.last_seen").
		Set("verdict = EXCLUDED.verdict").Set("class = EXCLUDED.class").Set("vendor = EXCLUDED.vendor").
		Set("model = EXCLUDED.model").Set("algorithm = EXCLUDED.algorithm").Set("pool = EXCLUDED.pool").
		Set("body = EXCLUDED.body").Exec(ctx)
	if err != nil {
		return err
	}
	return link(ctx, tx, row, host)
}

func hostOf(ctx context.Context, tx bun.Tx, sweep int64, addr netip.Addr) (*hostRow, error) {
	row := new(hostRow)
	err := tx.NewSelect().Model(row).Where("sweep_id = ? AND address = ?", sweep, addressBytes(addr)).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return row, err
}

// Hosts yields the hosts of a sweep by address, a page at a time: memory does
// not grow with the sweep, and yield may use the store. It ends with the first
// error of yield.
func (s *Store) Hosts(ctx context.Context, sweepID int64, yield func(minesweep.Host) error) error {
	after := []byte{}
	for {
		var rows []hostRow
		err := s.reader.NewSelect().Model(&rows).ColumnExpr("h.*, a.first_seen AS asset_first_seen").
			Join("LEFT JOIN assets AS a ON a.id = h.asset_id").
			Where("h.sweep_id = ? AND h.address > ?", sweepID, after).OrderExpr("h.address").Limit(pageSize).Scan(ctx)
		if err != nil || len(rows) == 0 {
			return s.explain(err)
		}
		for i := range rows {
			h, err := rows[i].host()
			if err != nil {
				return fmt.Errorf("database %s: sweep %d: %w", s.path, sweepID, err)
			}
			if err := yield(h); err != nil {
				return err
			}
			after = rows[i].Address
		}
	}
}
