package db

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"go4.org/netipx"

	"minesweep"
)

const (
	recent     = 7 * 24 * time.Hour
	sweepsMost = 20    // newest first, that an exclusion's entry speaks of
	countMost  = 20000 // rows of one sweep that are counted; it must not hold an exclusion up
)

// SentBefore is what a sweep has sent to a prefix so far.
type SentBefore struct {
	Sweep   int64
	Status  Status
	Share   float64 // of the sweep's probes, 0 to 1
	Probes  uint64  // of the sweep that fall into the prefix, in all
	Open    int     // ports found open there
	Replies int     // questions and waits for a banner
	Bytes   int     // of the questions
	AtLeast bool    // there are more open ports or replies than were counted
}

// String is a clause such as "sweep 12, running: 43.0 % of 5120 probes, 3 open
// ports, 412 bytes in 9 questions".
func (b SentBefore) String() string {
	least := ""
	if b.AtLeast {
		least = "at least "
	}
	return fmt.Sprintf("sweep %d, %s: %.1f %% of %d probes, %s%d open ports, %s%d bytes in %d questions",
		b.Sweep, b.Status, 100*b.Share, b.Probes, least, b.Open, least, b.Bytes, b.Replies)
}

// SentBefore returns what unfinished sweeps, and those of the last seven days,
// have sent to a prefix, newest first. The order of probes is random, so the
// share of a sweep's probes is about that of the prefix.
func (s *Store) SentBefore(ctx context.Context, prefix netip.Prefix) ([]SentBefore, error) {
	sweeps, err := s.Sweeps(ctx)
	if err != nil {
		return nil, err
	}
	var out []SentBefore
	for i := len(sweeps) - 1; i >= 0 && len(out) < sweepsMost; i-- {
		sweep := &sweeps[i]
		last := sweep.HeartbeatAt
		if sweep.FinishedAt.After(last) {
			last = sweep.FinishedAt
		}
		if sweep.Status == Done && s.now().Sub(last) > recent {
			continue
		}
		probes, err := sweep.probesIn(prefix)
		if err != nil || probes == 0 {
			continue // what cannot be read sends nothing either
		}
		b := SentBefore{Sweep: sweep.ID, Status: sweep.Status, Probes: probes}
		if sweep.Total > 0 {
			b.Share = float64(sweep.Cursor) / float64(sweep.Total)
		}
		if err := s.countIn(ctx, &b, prefix); err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return out, nil
}

// probesIn is about how many probes of the sweep fall into a prefix.
func (s Sweep) probesIn(prefix netip.Prefix) (uint64, error) {
	targets, err := s.TargetSet()
	if err != nil {
		return 0, err
	}
	var b netipx.IPSetBuilder
	b.AddPrefix(prefix)
	b.Intersect(targets)
	within, err := b.IPSet()
	if err != nil {
		return 0, err
	}
	size, ok := minesweep.Plan{Targets: within, Ports: s.Ports}.Size()
	if !ok {
		return 0, nil
	}
	return size * max(s.Passes, 1) / max(s.Shards, 1), nil
}

func (s *Store) countIn(ctx context.Context, b *SentBefore, prefix netip.Prefix) error {
	r := netipx.RangeOfPrefix(prefix.Masked())
	from, to := addressBytes(r.From()), addressBytes(r.To())
	ports := s.reader.NewSelect().Model((*openPortRow)(nil)).Column("port").
		Where("sweep_id = ? AND address BETWEEN ? AND ?", b.Sweep, from, to).Limit(countMost)
	if err := s.reader.NewSelect().TableExpr("(?) AS p", ports).ColumnExpr("COUNT(*)").Scan(ctx, &b.Open); err != nil {
		return s.explain(err)
	}
	replies := s.reader.NewSelect().Model((*replyRow)(nil)).ColumnExpr("length(request) AS n").
		Where("sweep_id = ? AND address BETWEEN ? AND ?", b.Sweep, from, to).Limit(countMost)
	err := s.reader.NewSelect().TableExpr("(?) AS q", replies).
		ColumnExpr("COUNT(*), COALESCE(SUM(n), 0)").Where("n > 0").Scan(ctx, &b.Replies, &b.Bytes)
	b.AtLeast = b.Open == countMost || b.Replies == countMost
	return s.explain(err)
}

// sentText is the part of an exclusion's entry that says what was sent before.
func (s *Store) sentText(ctx context.Context, prefix netip.Prefix) string {
	list, err := s.SentBefore(ctx, prefix)
	if err != nil {
		return "not known: " + err.Error() // an exclusion does not wait for that
	}
	if len(list) == 0 {
		return "nothing by a sweep of the last seven days"
	}
	parts := make([]string, len(list))
	for i, b := range list {
		parts[i] = b.String()
	}
	return strings.Join(parts, "; ")
}
