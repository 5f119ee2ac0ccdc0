package db

import (
	"context"
	"database/sql"

	"github.com/jackc/pgx/v5/pgtype"
)

// rowStream reads a table of SQLite ahead of whoever writes it elsewhere, and
// sums it on the way. It is a source of pgx.CopyFrom.
type rowStream struct {
	batches chan rowBatch
	stop    context.CancelFunc
	ended   chan struct{}
	batch   [][]any
	next    int
	fault   error
	types   []uint32   // of the columns there
	sum     contentSum // complete when the stream has ended
}

type rowBatch struct {
	rows [][]any
	err  error
}

// batchRows is how many rows are read at a time: large enough that handing over
// costs nothing, small enough for rows of 256 KiB.
const batchRows = 256

func newRowStream(ctx context.Context, source *sql.Tx, query string, types []uint32) *rowStream {
	ctx, stop := context.WithCancel(ctx)
	s := &rowStream{batches: make(chan rowBatch, 4), stop: stop, ended: make(chan struct{}), types: types}
	go s.read(ctx, source, query)
	return s
}

func (s *rowStream) read(ctx context.Context, source *sql.Tx, query string) {
	defer close(s.ended)
	defer close(s.batches)
	if err := s.readAll(ctx, source, query); err != nil {
		s.send(ctx, rowBatch{err: err})
	}
}

func (s *rowStream) readAll(ctx context.Context, source *sql.Tx, query string) error {
	rows, err := source.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	var batch [][]any
	for rows.Next() {
		values, err := s.scan(rows)
		if err != nil {
			return err
		}
		if err := s.sum.add(values); err != nil {
			return err
		}
		if batch = append(batch, values); len(batch) == batchRows {
			s.send(ctx, rowBatch{rows: batch})
			batch = make([][]any, 0, batchRows)
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	s.send(ctx, rowBatch{rows: batch})
	return nil
}

func (s *rowStream) scan(rows *sql.Rows) ([]any, error) {
	values, into := make([]any, len(s.types)), make([]any, len(s.types))
	for i := range values {
		into[i] = &values[i]
	}
	if err := rows.Scan(into...); err != nil {
		return nil, err
	}
	for i, v := range values {
		values[i] = asType(v, s.types[i])
	}
	return values, nil
}

// asType is a value of SQLite as a column of PostgreSQL takes it.
func asType(v any, oid uint32) any {
	switch v := v.(type) {
	case int64:
		if oid == pgtype.BoolOID {
			return v != 0
		}
	case []byte:
		if v == nil {
			return []byte{} // an empty one; what is NULL is no []byte
		}
	case string:
		if oid == pgtype.ByteaOID {
			return []byte(v)
		}
	}
	return v
}

func (s *rowStream) send(ctx context.Context, b rowBatch) {
	select {
	case s.batches <- b:
	case <-ctx.Done():
	}
}

// Next, Values and Err are pgx.CopyFromSource.
func (s *rowStream) Next() bool {
	s.next++
	for s.next >= len(s.batch) {
		b, more := <-s.batches
		if !more || b.err != nil {
			s.fault = b.err
			return false
		}
		s.batch, s.next = b.rows, 0
		if len(b.rows) > 0 {
			return true
		}
	}
	return true
}

// Values returns the row that Next went to.
func (s *rowStream) Values() ([]any, error) { return s.batch[s.next], nil }

// Err returns why the stream ended early, or nil.
func (s *rowStream) Err() error { return s.fault }

// close ends the reading.
func (s *rowStream) close() {
	s.stop()
	for range s.batches {
	}
	<-s.ended
}
