package db_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"testing"

	"minesweep"
	"minesweep/db"
)

func TestSettlesOfManyAreEachStoredWholly(t *testing.T) {
	eachNew(t, func(t *testing.T, s *db.Store, c *clock) {
		j := begin(t, s)
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		const ports = 8
		hostsAsked := fewer(40, 10)
		var done sync.WaitGroup
		for i := range hostsAsked * ports {
			p := port(fmt.Sprintf("10.0.0.%d:%d", i%hostsAsked, 8000+i/hostsAsked), c)
			done.Go(func() {
				ctx, want := t.Context(), error(nil)
				if i%10 == 0 { // its error is nobody else's
					ctx, want = gone, context.Canceled
				}
				replies := []minesweep.Reply{{Target: p.Target, Raw: fmt.Append(nil, i)}, {Target: p.Target, Raw: []byte("alike")}}
				if err := j.Settle(ctx, p, replies, miner(p.Target.Addr().String(), "", c)); !errors.Is(err, want) {
					t.Errorf("settle of %s: %v, want %v", p.Target, err, want)
				}
			})
		}
		done.Wait()
		got := hosts(t, s, 1)
		if len(got) != hostsAsked*9/10 {
			t.Fatalf("%d hosts", len(got))
		}
		for _, h := range got {
			_, replies, err := j.History(t.Context(), h.Address)
			must(t, err)
			if len(replies) != 2*ports {
				t.Errorf("%s: %d replies, want %d", h.Address, len(replies), 2*ports)
			}
		}
	})
}

func TestSettlesOfManyAllFailWhenTheSweepIsLost(t *testing.T) {
	eachNew(t, func(t *testing.T, s *db.Store, c *clock) {
		first, err := s.BeginSweep(t.Context(), spec(t, 1, nobody))
		must(t, err)
		_, err = s.BeginSweep(t.Context(), spec(t, 2, nobody))
		must(t, err)
		var done sync.WaitGroup
		for i := range 50 {
			done.Go(func() {
				p := port(fmt.Sprintf("10.0.0.%d:80", i), c)
				if err := first.Settle(t.Context(), p, nil, miner(p.Target.Addr().String(), "", c)); !errors.Is(err, db.ErrTakenOver) {
					t.Errorf("got %v", err)
				}
			})
		}
		done.Wait()
		if got := hosts(t, s, 1); len(got) != 0 {
			t.Errorf("%d hosts were stored all the same", len(got))
		}
	})
}

// TestSettleStoresTheMostOfAHost: 512 KiB that do not compress, at once.
func TestSettleStoresTheMostOfAHost(t *testing.T) {
	eachNew(t, func(t *testing.T, s *db.Store, c *clock) {
		j := begin(t, s)
		p := port("10.0.0.1:80", c)
		var replies []minesweep.Reply
		for range 4 {
			raw := make([]byte, 128<<10)
			_, _ = rand.Read(raw)
			replies = append(replies, minesweep.Reply{Target: p.Target, Raw: raw})
		}
		must(t, j.Settle(t.Context(), p, replies, miner("10.0.0.1", "", c)))
		_, got, err := j.History(t.Context(), netip.MustParseAddr("10.0.0.1"))
		must(t, err)
		for i := range replies {
			if string(got[i].Raw) != string(replies[i].Raw) {
				t.Errorf("reply %d came back otherwise", i)
			}
		}
	})
}
