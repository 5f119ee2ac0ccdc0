package db

import (
	"context"

	"minesweep"
)

// OpenPorts yields the open ports of a sweep by address and port, a page at a
// time; yield may use the store. It ends with the first error of yield.
func (s *Store) OpenPorts(ctx context.Context, sweep int64, yield func(minesweep.OpenPort) error) error {
	address, port := []byte{}, -1
	for {
		var rows []openPortRow
		err := s.reader.NewSelect().Model(&rows).
			Where("sweep_id = ? AND (address, port) > (?, ?)", sweep, address, port).
			OrderExpr("address, port").Limit(pageSize).Scan(ctx)
		if err != nil || len(rows) == 0 {
			return s.explain(err)
		}
		for i := range rows {
			if err := yield(rows[i].openPort()); err != nil {
				return err
			}
		}
		last := rows[len(rows)-1]
		address, port = last.Address, last.Port
	}
}

// Tally counts the open ports of a sweep.
type Tally struct {
	Open   int
	Asked  int // those that were asked, or held back
	Sieved int // those that a [minesweep.Sieve] held back as decoys
	Questions
}

// Questions counts what was asked on the open ports of a sweep, waits for a
// banner too, by how it ended.
type Questions struct {
	Answered int // something came back, however that ended
	Reset    int // the others: the peer reset the connection,
	Closed   int // closed it,
	Idle     int // or said nothing within the wait
}

// Tally counts the open ports of a sweep as they stand now.
func (s *Store) Tally(ctx context.Context, sweep int64) (Tally, error) {
	var t Tally
	err := s.reader.NewSelect().Model((*openPortRow)(nil)).
		ColumnExpr("COUNT(*), COUNT(CASE WHEN asked_at <> 0 THEN 1 END)").Where("sweep_id = ?", sweep).Scan(ctx, &t.Open, &t.Asked)
	if err != nil {
		return t, s.explain(err)
	}
	q := s.reader.NewSelect().Model((*replyRow)(nil)).Where("sweep_id = ?", sweep).
		ColumnExpr("COUNT(CASE WHEN probe = ? THEN 1 END)", minesweep.SievedProbe).
		ColumnExpr("COUNT(CASE WHEN probe <> ? AND refused = '' THEN 1 END)", minesweep.SievedProbe)
	for _, end := range []minesweep.End{minesweep.EndReset, minesweep.EndEOF, minesweep.EndIdle} {
		q = q.ColumnExpr("COUNT(CASE WHEN probe <> ? AND refused <> '' AND ended = ? THEN 1 END)", minesweep.SievedProbe, string(end))
	}
	return t, s.explain(q.Scan(ctx, &t.Sieved, &t.Answered, &t.Reset, &t.Closed, &t.Idle))
}
