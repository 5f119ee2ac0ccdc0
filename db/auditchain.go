package db

import (
	"bytes"
	"context"
	"fmt"
)

// BrokenAudit says where the chain of the audit log is broken.
type BrokenAudit struct {
	Seq int64  // of the entry at which it shows
	Why string // about that entry, such as "was changed after it was written"

	path string
}

func (b *BrokenAudit) Error() string {
	return fmt.Sprintf("database %s: the audit log is broken at entry %d: it %s", b.path, b.Seq, b.Why)
}

// Audit yields the audit log from its beginning and checks its chain of hashes
// and that its end is there; a broken chain is a [BrokenAudit]. It cannot tell
// a log that somebody wrote anew with all its hashes: the hash of an entry,
// noted elsewhere, can.
func (s *Store) Audit(ctx context.Context, yield func(AuditEntry) error) error {
	prev := auditRow{}
	for {
		var rows []auditRow
		err := s.reader.NewSelect().Model(&rows).Where("seq > ?", prev.Seq).OrderExpr("seq").Limit(pageSize).Scan(ctx)
		if err != nil {
			return s.explain(err)
		}
		for _, r := range rows {
			if err := s.follows(&r, &prev); err != nil {
				return err
			}
			if err := yield(r.entry()); err != nil {
				return err
			}
			prev = r
		}
		if len(rows) > 0 {
			continue
		}
		if over, err := s.auditEnd(ctx, &prev); over || err != nil {
			return err
		}
	}
}

func (s *Store) follows(r, prev *auditRow) error {
	var why string
	switch {
	case r.Seq != prev.Seq+1:
		return s.broken(prev.Seq+1, "is missing")
	case !bytes.Equal(r.Hash, r.sum()):
		why = "was changed after it was written"
	case !bytes.Equal(r.PrevHash, prev.Hash):
		why = "does not follow the one before, which was changed, or one of the two was put there later"
	default:
		return nil
	}
	return s.broken(r.Seq, why)
}

func (s *Store) broken(seq int64, why string) error {
	return &BrokenAudit{Seq: seq, Why: why, path: s.path}
}

// auditEnd reports whether last is the end of the log, as kept beside it. It is
// not where entries were written meanwhile.
func (s *Store) auditEnd(ctx context.Context, last *auditRow) (over bool, err error) {
	var head installationRow
	if err := s.reader.NewSelect().Model(&head).Where("id = 1").Scan(ctx); err != nil {
		return false, s.explain(err)
	}
	if head.AuditSeq > last.Seq {
		more, err := s.reader.NewSelect().Model((*auditRow)(nil)).Where("seq > ?", last.Seq).Exists(ctx)
		if err == nil && !more {
			err = s.broken(last.Seq+1, fmt.Sprintf("is missing, as is all up to entry %d, the last that was written", head.AuditSeq))
		}
		return false, s.explain(err)
	}
	if head.AuditSeq < last.Seq {
		return true, s.broken(head.AuditSeq+1, fmt.Sprintf("was put there by another program: entry %d is the last that was written", head.AuditSeq))
	}
	if !bytes.Equal(head.AuditHash, last.Hash) {
		return true, s.broken(last.Seq, "is not the one that was written last")
	}
	return true, nil
}
