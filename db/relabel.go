package db

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"

	"github.com/uptrace/bun"

	"minesweep"
)

// Stored is a host of a sweep with all that its verdict rests on.
type Stored struct {
	Host    minesweep.Host
	Ports   []minesweep.OpenPort
	Replies []minesweep.Reply // as stored, persons taken out
}

// Rejudge says what a stored host is by the rules of today, and whether that
// is to be stored in its place.
type Rejudge func(Stored) (host minesweep.Host, store bool, err error)

// Relabel gives every host of a sweep to judge, by address, and stores what it
// returns with the asset the host then belongs to, a transaction a host. A
// host that a running sweep writes meanwhile is judged again, so that nothing
// older overwrites it. It may be cut off and repeated at any moment.
func (s *Store) Relabel(ctx context.Context, sweep int64, judge Rejudge) error {
	after := []byte{}
	for {
		var rows []hostRow
		err := s.reader.NewSelect().Model(&rows).Column("address").
			Where("h.sweep_id = ? AND h.address > ?", sweep, after).OrderExpr("h.address").Limit(pageSize).Scan(ctx)
		if err != nil || len(rows) == 0 {
			return s.explain(err)
		}
		for i := range rows {
			addr := addressOf(rows[i].Address)
			if err := s.relabel(ctx, sweep, addr, judge); err != nil {
				return fmt.Errorf("sweep %d: host %s: %w", sweep, addr, err)
			}
			after = rows[i].Address
		}
	}
}

// errMoved says that a host changed between reading and storing.
var errMoved = errors.New("the host changes faster than it can be judged, try again when its sweep is over")

func (s *Store) relabel(ctx context.Context, sweep int64, addr netip.Addr, judge Rejudge) error {
	const tries = 8
	var err error
	for range tries {
		if err = s.relabelOnce(ctx, sweep, addr, judge); !errors.Is(err, errMoved) {
			return err
		}
	}
	return err
}

func (s *Store) relabelOnce(ctx context.Context, sweep int64, addr netip.Addr, judge Rejudge) error {
	row := new(hostRow)
	err := s.reader.NewSelect().Model(row).Where("sweep_id = ? AND address = ?", sweep, addressBytes(addr)).Scan(ctx)
	if err != nil {
		return s.explain(err)
	}
	ports, replies, err := s.history(ctx, sweep, addr)
	if err != nil {
		return err
	}
	old, err := row.host()
	if err != nil {
		return err
	}
	host, store, err := judge(Stored{Host: old, Ports: ports, Replies: replies})
	if err != nil || !store {
		return err
	}
	return s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		now, err := hostOf(ctx, tx, sweep, addr)
		if err != nil {
			return err
		}
		if now == nil || now.LastSeen != row.LastSeen || !bytes.Equal(now.Body, row.Body) {
			return errMoved
		}
		host.FirstSeen, host.LastSeen = instant(row.FirstSeen), instant(row.LastSeen)
		return storeHost(ctx, tx, sweep, addr, host)
	})
}
