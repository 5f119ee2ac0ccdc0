package db

import (
	"context"
	"net/netip"
	"time"

	"github.com/uptrace/bun"

	"minesweep"
)

// observationRow says that an asset was looked for, and whether it answered.
type observationRow struct {
	bun.BaseModel `bun:"table:observations,alias:o"`

	AssetID  int64 `bun:",pk"`
	At       int64 `bun:",pk"`
	SweepID  int64 // 0: a verification between sweeps
	Address  []byte
	Answered bool
	Node     string
}

// observe notes that the asset of a host that was settled has answered: once
// for a sweep and an asset, however many ports and addresses it has.
func (j *Journal) observe(ctx context.Context, tx bun.Tx, addr netip.Addr) error {
	sweep := j.sweep.ID
	_, err := tx.NewRaw(`INSERT INTO observations (asset_id, at, sweep_id, address, answered, node)
SELECT h.asset_id, h.first_seen, h.sweep_id, h.address, TRUE, ? FROM hosts AS h
WHERE h.sweep_id = ? AND h.address = ? AND h.asset_id IS NOT NULL AND NOT EXISTS (
  SELECT 1 FROM observations AS o WHERE o.asset_id = h.asset_id AND o.sweep_id = h.sweep_id AND o.at >= ?)
ON CONFLICT (asset_id, at) DO NOTHING`, j.node(), sweep, addressBytes(addr), micros(j.sweep.StartedAt)).Exec(ctx)
	if err != nil {
		return err
	}
	_, err = tx.NewRaw(`UPDATE assets SET
  answered_at = CASE WHEN answered_at < ?0 THEN ?0 ELSE answered_at END,
  checked_at = CASE WHEN checked_at < ?0 THEN ?0 ELSE checked_at END, tried_at = 0
WHERE id = (SELECT h.asset_id FROM hosts AS h WHERE h.sweep_id = ?1 AND h.address = ?2)`,
		micros(j.store.now()), sweep, addressBytes(addr)).Exec(ctx)
	return err
}

// bequeath gives the observations of an asset that is gone to the one that took
// its place, or to none (0).
func bequeath(ctx context.Context, tx bun.Tx, old, heir int64) error {
	if heir != 0 {
		_, err := tx.NewRaw(`INSERT INTO observations (asset_id, at, sweep_id, address, answered, node)
SELECT ?, at, sweep_id, address, answered, node FROM observations WHERE asset_id = ?
ON CONFLICT (asset_id, at) DO NOTHING`, heir, old).Exec(ctx)
		if err != nil {
			return err
		}
	}
	if _, err := tx.NewDelete().Model((*observationRow)(nil)).Where("asset_id = ?", old).Exec(ctx); err != nil || heir == 0 {
		return err
	}
	_, err := tx.NewRaw(`UPDATE assets SET answered_at = o.answered_at, missed_at = o.missed_at,
  checked_at = CASE WHEN o.answered_at > o.missed_at THEN o.answered_at ELSE o.missed_at END
FROM (SELECT COALESCE(MAX(CASE WHEN answered THEN at END), 0) AS answered_at,
  COALESCE(MAX(CASE WHEN answered THEN NULL ELSE at END), 0) AS missed_at FROM observations WHERE asset_id = ?0) AS o
WHERE id = ?0`, heir).Exec(ctx)
	return err
}

// frequencyFor is over how long a frequency is counted.
const frequencyFor = 30 * 24 * time.Hour

const dayMicros = int64(24 * time.Hour / time.Microsecond)

// frequencies counts the observations of a page of assets.
func (s *Store) frequencies(ctx context.Context, rows []assetRow) (map[int64]minesweep.Frequency, error) {
	ids := make([]int64, len(rows))
	out := make(map[int64]minesweep.Frequency, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
		out[r.ID] = minesweep.Frequency{AnsweredAt: instant(r.AnsweredAt), MissedAt: instant(r.MissedAt)}
	}
	var counts []struct {
		AssetID                                 int64
		Checks, Answered, DaysSeen, DaysChecked int
	}
	err := s.reader.NewSelect().Model((*observationRow)(nil)).ColumnExpr("asset_id, COUNT(*) AS checks").
		ColumnExpr("COUNT(CASE WHEN answered THEN 1 END) AS answered").
		ColumnExpr("COUNT(DISTINCT CASE WHEN answered THEN at / ? END) AS days_seen", dayMicros).
		ColumnExpr("COUNT(DISTINCT at / ?) AS days_checked", dayMicros).
		Where("asset_id IN (?) AND at > ?", bun.List(ids), micros(s.now().Add(-frequencyFor))).
		GroupExpr("asset_id").Scan(ctx, &counts)
	if err != nil {
		return nil, s.explain(err)
	}
	for _, c := range counts {
		f := out[c.AssetID]
		f.Checks, f.Answered, f.DaysSeen, f.DaysChecked = c.Checks, c.Answered, c.DaysSeen, c.DaysChecked
		out[c.AssetID] = f
	}
	return out, nil
}

// Observation is one time that an asset was looked for.
type Observation struct {
	At       time.Time
	Sweep    int64 // 0: a verification between sweeps
	Address  netip.Addr
	Answered bool
	Node     string
}

// Verifications returns when an address was asked between sweeps, from and to
// included, oldest first.
func (s *Store) Verifications(ctx context.Context, addr netip.Addr, from, to time.Time) ([]Observation, error) {
	var rows []observationRow
	err := s.reader.NewSelect().Model(&rows).
		Where("sweep_id = 0 AND address = ? AND at BETWEEN ? AND ?", addressBytes(addr), micros(from), micros(to)).
		OrderExpr("at").Scan(ctx)
	if err != nil {
		return nil, s.explain(err)
	}
	return observations(rows), nil
}

// Observations returns when an asset was looked for, oldest first.
func (s *Store) Observations(ctx context.Context, key string) ([]Observation, error) {
	var rows []observationRow
	err := s.reader.NewSelect().Model(&rows).Join("JOIN assets AS a ON a.id = o.asset_id").
		Where("a.key = ?", plain(key)).OrderExpr("o.at").Scan(ctx)
	if err != nil {
		return nil, s.explain(err)
	}
	return observations(rows), nil
}

func observations(rows []observationRow) []Observation {
	out := make([]Observation, len(rows))
	for i, r := range rows {
		out[i] = Observation{At: instant(r.At), Sweep: r.SweepID, Address: addressOf(r.Address), Answered: r.Answered, Node: r.Node}
	}
	return out
}

// node is who runs the sweep here.
func (j *Journal) node() string { return j.lane.Node }
