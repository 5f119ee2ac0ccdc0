package db

import (
	"context"
	"database/sql"
	"errors"

	"github.com/uptrace/bun"
)

// unlink takes a host off its asset; an asset without hosts is gone.
func unlink(ctx context.Context, tx bun.Tx, row *hostRow) error {
	asset := row.AssetID
	row.AssetID = 0
	if err := setAsset(ctx, tx, row); err != nil {
		return err
	}
	_, err := tx.NewDelete().Model((*assetAddressRow)(nil)).Where("asset_id = ? AND address = ?", asset, row.Address).Exec(ctx)
	if err != nil {
		return err
	}
	left := &assetAddressRow{AssetID: asset, Address: row.Address}
	err = tx.NewSelect().Model((*hostRow)(nil)).ColumnExpr("coalesce(min(first_seen), 0), coalesce(max(last_seen), 0)").
		Where("asset_id = ? AND address = ?", asset, row.Address).Scan(ctx, &left.FirstSeen, &left.LastSeen)
	if err != nil {
		return err
	}
	if left.LastSeen != 0 {
		if err := addSighting(ctx, tx, left); err != nil {
			return err
		}
	}
	return refresh(ctx, tx, asset)
}

func setAsset(ctx context.Context, tx bun.Tx, row *hostRow) error {
	_, err := tx.NewUpdate().Model(row).Column("asset_id").WherePK().Exec(ctx)
	return err
}

// addSighting widens what is known of an asset at an address.
func addSighting(ctx context.Context, tx bun.Tx, sighting *assetAddressRow) error {
	_, err := tx.NewInsert().Model(sighting).On("CONFLICT (asset_id, address) DO UPDATE").
		Set("first_seen = CASE WHEN EXCLUDED.first_seen < ?TableAlias.first_seen THEN EXCLUDED.first_seen ELSE ?TableAlias.first_seen END").
		Set("last_seen = CASE WHEN EXCLUDED.last_seen > ?TableAlias.last_seen THEN EXCLUDED.last_seen ELSE ?TableAlias.last_seen END").
		Exec(ctx)
	return err
}

// absorb makes asset, which may be nil, hold what old held, and gives it key.
func absorb(ctx context.Context, tx bun.Tx, old, asset *assetRow, key string) (*assetRow, error) {
	if asset == nil {
		old.Key = key
		_, err := tx.NewUpdate().Model(old).Column("key").WherePK().Exec(ctx)
		return old, err
	}
	_, err := tx.NewUpdate().Model((*hostRow)(nil)).Set("asset_id = ?", asset.ID).Where("asset_id = ?", old.ID).Exec(ctx)
	if err != nil {
		return nil, err
	}
	var sightings []assetAddressRow
	if err := tx.NewSelect().Model(&sightings).Where("asset_id = ?", old.ID).Scan(ctx); err != nil {
		return nil, err
	}
	for i := range sightings {
		sightings[i].AssetID = asset.ID
		if err := addSighting(ctx, tx, &sightings[i]); err != nil {
			return nil, err
		}
	}
	// Its own sightings go with it (ON DELETE CASCADE).
	if _, err = tx.NewDelete().Model(old).WherePK().Exec(ctx); err != nil {
		return nil, err
	}
	return asset, bequeath(ctx, tx, old.ID, asset.ID)
}

// refresh makes an asset say what its sightings and its newest host say, and
// removes one that has no sighting left.
func refresh(ctx context.Context, tx bun.Tx, id int64) error {
	row := &assetRow{ID: id}
	err := tx.NewSelect().Model((*assetAddressRow)(nil)).
		ColumnExpr("coalesce(min(first_seen), 0), coalesce(max(last_seen), 0)").
		Where("asset_id = ?", id).Scan(ctx, &row.FirstSeen, &row.LastSeen)
	if err != nil {
		return err
	}
	if row.LastSeen == 0 {
		_, err := tx.NewDelete().Model(row).WherePK().Exec(ctx)
		return err
	}
	var head hostRow
	err = tx.NewSelect().Model(&head).Where("asset_id = ?", id).
		OrderExpr("last_seen DESC, sweep_id DESC, address DESC").Limit(1).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		_, err = tx.NewUpdate().Model(row).Column("first_seen", "last_seen").WherePK().Exec(ctx)
		return err
	}
	if err != nil {
		return err
	}
	row.Address, row.SweepID, row.words, row.Body = head.Address, head.SweepID, head.words, head.Body
	_, err = tx.NewUpdate().Model(row).ExcludeColumn("key").WherePK().Exec(ctx)
	return err
}
