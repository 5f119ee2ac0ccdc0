package db

import (
	"context"
	"time"
)

// Verdicts counts the hosts of a sweep by verdict.
func (s *Store) Verdicts(ctx context.Context, sweep int64) (map[string]int, error) {
	var rows []struct {
		Verdict string
		Hosts   int
	}
	err := s.reader.NewSelect().Model((*hostRow)(nil)).ColumnExpr("verdict, COUNT(*) AS hosts").
		Where("sweep_id = ?", sweep).GroupExpr("verdict").Scan(ctx, &rows)
	counts := make(map[string]int, len(rows))
	for _, r := range rows {
		counts[r.Verdict] = r.Hosts
	}
	return counts, s.explain(err)
}

// NightCounts counts the nights of each schedule by what became of them.
func (s *Store) NightCounts(ctx context.Context) (map[string]map[Outcome]int, error) {
	var rows []struct {
		Schedule string
		Outcome  Outcome
		Nights   int
	}
	err := s.reader.NewSelect().Model((*nightRow)(nil)).ColumnExpr("schedule, outcome, COUNT(*) AS nights").
		GroupExpr("schedule, outcome").Scan(ctx, &rows)
	counts := make(map[string]map[Outcome]int)
	for _, r := range rows {
		if counts[r.Schedule] == nil {
			counts[r.Schedule] = make(map[Outcome]int)
		}
		counts[r.Schedule][r.Outcome] = r.Nights
	}
	return counts, s.explain(err)
}

// LastDone returns when the last sweep of each schedule that was covered to its
// end was over; a schedule without one is not in it.
func (s *Store) LastDone(ctx context.Context) (map[string]time.Time, error) {
	var rows []struct {
		Schedule string
		At       int64
	}
	err := s.reader.NewSelect().Table("sweeps").ColumnExpr("schedule, MAX(finished_at) AS at").
		Where("schedule <> '' AND status = ?", Done).GroupExpr("schedule").Scan(ctx, &rows)
	last := make(map[string]time.Time, len(rows))
	for _, r := range rows {
		last[r.Schedule] = instant(r.At)
	}
	return last, s.explain(err)
}
