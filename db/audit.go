package db

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"
)

// AuditEntry is one line of the audit log.
type AuditEntry struct {
	Seq    int64
	At     time.Time
	Action string // such as "grant add"
	Detail string
}

type auditRow struct {
	bun.BaseModel `bun:"table:audit,alias:a"`

	Seq      int64 `bun:",pk"`
	At       int64
	Action   string
	Detail   string
	PrevHash []byte
	Hash     []byte
}

// sum is the hash of the row: every field with its length, after the hash of
// the row before.
func (r *auditRow) sum() []byte {
	h := sha256.New()
	h.Write(r.PrevHash)
	var n [8]byte
	for _, v := range []int64{r.Seq, r.At, int64(len(r.Action)), int64(len(r.Detail))} {
		binary.BigEndian.PutUint64(n[:], uint64(v))
		h.Write(n[:])
	}
	h.Write([]byte(r.Action))
	h.Write([]byte(r.Detail))
	return h.Sum(nil)
}

// audit appends to the log inside the transaction of the change itself.
func (s *Store) audit(ctx context.Context, tx bun.Tx, action, detail string) error {
	var last auditRow
	err := tx.NewSelect().Model(&last).OrderExpr("seq DESC").Limit(1).Scan(ctx)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	row := &auditRow{
		Seq: last.Seq + 1, At: micros(s.now()), Action: action, Detail: plain(detail), PrevHash: last.Hash,
	}
	if row.PrevHash == nil {
		row.PrevHash = []byte{}
	}
	row.Hash = row.sum()
	_, err = tx.NewInsert().Model(row).Exec(ctx)
	return err
}

// Audit yields the audit log from its beginning and checks its chain of
// hashes; a broken chain is an error that names the entry.
func (s *Store) Audit(ctx context.Context, yield func(AuditEntry) error) error {
	prev := auditRow{}
	for {
		var rows []auditRow
		err := s.reader.NewSelect().Model(&rows).Where("seq > ?", prev.Seq).OrderExpr("seq").Limit(pageSize).Scan(ctx)
		if err != nil || len(rows) == 0 {
			return s.explain(err)
		}
		for _, r := range rows {
			if r.Seq != prev.Seq+1 || string(r.PrevHash) != string(prev.Hash) || string(r.Hash) != string(r.sum()) {
				return fmt.Errorf("database %s: the audit log is broken at entry %d: it was changed after it was written", s.path, r.Seq)
			}
			if err := yield(AuditEntry{Seq: r.Seq, At: instant(r.At), Action: r.Action, Detail: r.Detail}); err != nil {
				return err
			}
			prev = r
		}
	}
}
