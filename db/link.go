package db

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"minesweep"
)

// continuity is how long after it was last seen a device is still taken for
// the same one on the ground of its address.
const continuity = 150 * 24 * time.Hour

// link joins a host to its asset, which inherits the observations of the one
// that the host was on, if that is gone.
func link(ctx context.Context, tx bun.Tx, row *hostRow, host minesweep.Host) error {
	old := row.AssetID
	if err := join(ctx, tx, row, host); err != nil || old == 0 || old == row.AssetID {
		return err
	}
	left, err := tx.NewSelect().Model((*assetRow)(nil)).Where("id = ?", old).Exists(ctx)
	if err != nil || left {
		return err
	}
	return bequeath(ctx, tx, old, row.AssetID)
}

// join joins a host to its asset. What it leaves behind depends on the hosts
// alone and not on the order in which their ports were settled: a host is first
// taken off the asset it was on, as if it had not been seen.
func join(ctx context.Context, tx bun.Tx, row *hostRow, host minesweep.Host) error {
	key := keyOf(host)
	if row.AssetID != 0 {
		if err := unlink(ctx, tx, row); err != nil {
			return err
		}
	}
	switch host.Verdict {
	case minesweep.Confirmed, minesweep.Suspected, minesweep.DecoyHost:
	default:
		return nil // nothing says that it is worth following
	}
	asset, err := assetFor(ctx, tx, row, host, key)
	if err != nil {
		return err
	}
	row.AssetID = asset.ID
	if err := setAsset(ctx, tx, row); err != nil {
		return err
	}
	sighting := &assetAddressRow{AssetID: asset.ID, Address: row.Address, FirstSeen: row.FirstSeen, LastSeen: row.LastSeen}
	if err := addSighting(ctx, tx, sighting); err != nil {
		return err
	}
	if err := refresh(ctx, tx, asset.ID); err != nil || weak(key) {
		return err
	}
	return evict(ctx, tx, row, asset.ID, key)
}

// assetFor returns the asset that a host belongs to, made if there is none.
func assetFor(ctx context.Context, tx bun.Tx, row *hostRow, host minesweep.Host, key string) (*assetRow, error) {
	asset, err := assetByKey(ctx, tx, key)
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(key, "mac:") && (asset == nil || weak(key)) {
		if known, err := continued(ctx, tx, row, host); err != nil || known != nil {
			return known, err
		}
	}
	for _, lesser := range lesserKeys(host, key) {
		old, err := assetByKey(ctx, tx, lesser)
		if err != nil {
			return nil, err
		}
		if old == nil || !akin(old, row) {
			continue
		}
		if asset, err = absorb(ctx, tx, old, asset, key); err != nil {
			return nil, err
		}
	}
	if asset != nil {
		return asset, nil
	}
	asset = &assetRow{
		Key: key, Address: row.Address, SweepID: row.SweepID, FirstSeen: row.FirstSeen, LastSeen: row.LastSeen,
		words: row.words, Body: row.Body,
	}
	_, err = tx.NewInsert().Model(asset).Exec(ctx)
	return asset, err
}

// continued returns the asset with a MAC that was last at the address, where
// the host, which shows none this time, is of the same vendor and class.
func continued(ctx context.Context, tx bun.Tx, row *hostRow, host minesweep.Host) (*assetRow, error) {
	var rows []assetRow
	err := tx.NewSelect().Model(&rows).Where("address = ? AND key LIKE 'mac:%'", row.Address).
		Where("class <> '' AND class = ? AND vendor = ?", row.Class, row.Vendor).
		OrderExpr("last_seen DESC, id DESC").Scan(ctx)
	if err != nil {
		return nil, err
	}
	for i := range rows {
		last, err := decodeHost(rows[i].Body)
		if err != nil {
			return nil, err
		}
		other := host.Serial != "" && last.Serial != "" && host.Serial != last.Serial
		if !other && akin(&rows[i], row) {
			return &rows[i], nil
		}
	}
	return nil, nil
}

// akin reports whether an asset and a host may be one device, seen not too
// long apart.
func akin(asset *assetRow, row *hostRow) bool {
	apart := instant(row.LastSeen).Sub(instant(asset.LastSeen)).Abs()
	same := (row.Class != "" && row.Class == asset.Class) || (row.Vendor != "" && row.Vendor == asset.Vendor)
	return same && apart <= continuity
}

// evict looks again at the other hosts of the sweep that were taken for the
// asset because of their address only: now it has been heard elsewhere.
func evict(ctx context.Context, tx bun.Tx, row *hostRow, asset int64, key string) error {
	var rows []hostRow
	// The sum keeps SQLite off the index of sweeps, by which it would walk all
	// hosts of the sweep for the order's sake; so they are sorted here.
	err := tx.NewSelect().Model(&rows).Where("asset_id = ? AND sweep_id + 0 = ? AND address <> ?", asset, row.SweepID, row.Address).
		Scan(ctx)
	if err != nil {
		return err
	}
	slices.SortFunc(rows, func(a, b hostRow) int { return bytes.Compare(a.Address, b.Address) })
	for i := range rows {
		host, err := decodeHost(rows[i].Body)
		if err != nil {
			return err
		}
		if keyOf(host) == key {
			continue // it shows the same MAC itself
		}
		if err := link(ctx, tx, &rows[i], host); err != nil {
			return err
		}
	}
	return nil
}

// keyOf is the host's key as a text column takes it: one that is no text, or
// very long, is shown by its hash.
func keyOf(host minesweep.Host) string {
	key := host.AssetKey()
	if plain(key) == key && len(key) <= maxSearchable {
		return key
	}
	kind, _, _ := strings.Cut(key, ":")
	sum := sha256.Sum256([]byte(key))
	return kind + ":sha256-" + hex.EncodeToString(sum[:])
}

func weak(key string) bool { return strings.HasPrefix(key, "addr:") }

// lesserKeys are the keys under which the host went, or would have gone, while
// less was known of it.
func lesserKeys(host minesweep.Host, key string) []string {
	if weak(key) {
		return nil
	}
	var keys []string
	host.MAC = ""
	if serial := keyOf(host); serial != key && !weak(serial) {
		keys = append(keys, serial)
	}
	host.Serial = ""
	return append(keys, keyOf(host))
}

func assetByKey(ctx context.Context, tx bun.Tx, key string) (*assetRow, error) {
	row := new(assetRow)
	err := tx.NewSelect().Model(row).Where("key = ?", key).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return row, err
}
