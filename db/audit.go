package db

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"time"

	"github.com/uptrace/bun"
)

// AuditEntry is one line of the audit log.
type AuditEntry struct {
	Seq    int64 // from 1, without a gap
	At     time.Time
	Who    string // see [By]; "" in entries of earlier versions
	Action string // such as "grant add"
	Detail string
	Hash   []byte // over all of the entry and the hash of the one before
}

type auditRow struct {
	bun.BaseModel `bun:"table:audit,alias:a"`

	Seq      int64 `bun:",pk"`
	At       int64
	Who      string
	Action   string
	Detail   string
	PrevHash []byte
	Hash     []byte
}

// sum is the hash of the row: every field with its length, after the hash of
// the row before. Rows of earlier versions say nobody, and nothing stands for it.
func (r *auditRow) sum() []byte {
	h := sha256.New()
	h.Write(r.PrevHash)
	var n [8]byte
	number := func(v int64) {
		binary.BigEndian.PutUint64(n[:], uint64(v))
		h.Write(n[:])
	}
	for _, v := range []int64{r.Seq, r.At, int64(len(r.Action)), int64(len(r.Detail))} {
		number(v)
	}
	h.Write([]byte(r.Action))
	h.Write([]byte(r.Detail))
	if r.Who != "" {
		number(int64(len(r.Who)))
		h.Write([]byte(r.Who))
	}
	return h.Sum(nil)
}

func (r *auditRow) entry() AuditEntry {
	return AuditEntry{Seq: r.Seq, At: instant(r.At), Who: r.Who, Action: r.Action, Detail: r.Detail, Hash: r.Hash}
}

type whoKey struct{}

// By returns a context under which the audit log says who did what: a user and
// the machine, or a node.
func By(ctx context.Context, who string) context.Context {
	return context.WithValue(ctx, whoKey{}, plain(who))
}

// whoOf is who acts under ctx, or "".
func whoOf(ctx context.Context) string {
	who, _ := ctx.Value(whoKey{}).(string)
	return who
}

// audit appends to the log inside the transaction of the change itself.
func (s *Store) audit(ctx context.Context, tx bun.Tx, action, detail string) error {
	var last auditRow
	err := tx.NewSelect().Model(&last).OrderExpr("seq DESC").Limit(1).Scan(ctx)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	row := &auditRow{
		Seq: last.Seq + 1, At: micros(s.now()), Who: whoOf(ctx), Action: action, Detail: plain(detail), PrevHash: last.Hash,
	}
	if row.PrevHash == nil {
		row.PrevHash = []byte{}
	}
	row.Hash = row.sum()
	if _, err = tx.NewInsert().Model(row).Exec(ctx); err != nil {
		return err
	}
	_, err = tx.NewUpdate().Model((*installationRow)(nil)).
		Set("audit_seq = ?", row.Seq).Set("audit_hash = ?", row.Hash).Where("id = 1").Exec(ctx)
	return err
}

// Note adds an entry to the audit log, such as what a relabelling did.
func (s *Store) Note(ctx context.Context, action, detail string) error {
	return s.write(ctx, func(ctx context.Context, tx bun.Tx) error { return s.audit(ctx, tx, action, detail) })
}
