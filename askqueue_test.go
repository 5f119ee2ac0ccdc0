package minesweep_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/netip"
	"sync"
	"testing"
	"time"

	"minesweep"
)

// severalWriters is a queue whose ports do not become visible in the order of
// their numbers, as with transactions that end later than others begun after.
type severalWriters struct {
	*memory
	hidden map[int]bool // by number - 1
	given  map[int]bool
	pages  int
}

func (q *severalWriters) Pending(_ context.Context, after int64, limit int) ([]minesweep.OpenPort, int64, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.pages++
	var out []minesweep.OpenPort
	last := after
	for i := int(after); i < len(q.ports) && len(out) < min(limit, 16); i++ {
		if p := q.ports[i]; !q.settled[p.Target] && !q.hidden[i] {
			out, last = append(out, p), int64(i+1)
			q.given[i] = true
		}
	}
	return out, last, nil
}

// show makes a random one of the hidden ports visible, and reports whether
// there was one.
func (q *severalWriters) show(rnd *rand.Rand) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	nth := rnd.IntN(max(len(q.hidden), 1))
	for i := range q.hidden {
		if nth--; nth < 0 {
			delete(q.hidden, i)
			return true
		}
	}
	return false
}

func newQueue(rnd *rand.Rand) *severalWriters {
	q := &severalWriters{memory: newMemory(), hidden: map[int]bool{}, given: map[int]bool{}}
	q.ports = network(rnd)
	return q
}

func queueSweeper(t *testing.T, q *severalWriters, asker minesweep.Asker) *minesweep.Sweeper {
	t.Helper()
	return &minesweep.Sweeper{Asker: asker, Judge: count{}, Assessor: count{}, Queue: q, History: q, Now: func() time.Time { return noon }}
}

func newCounted(t *testing.T) *counted {
	return &counted{t: t, busy: map[netip.Addr]bool{}, times: map[netip.AddrPort]int{}, pause: func(netip.AddrPort) {}}
}

// TestLatePortsAreAskedOnce shows ports in a random order, some of them only
// when discovery is over.
func TestLatePortsAreAskedOnce(t *testing.T) {
	for seed := range uint64(100) {
		rnd := rand.New(rand.NewPCG(seed, 9))
		q := newQueue(rnd)
		for i := range q.ports {
			if rnd.IntN(3) > 0 {
				q.hidden[i] = true
			}
		}
		asker := newCounted(t)
		s := queueSweeper(t, q, asker)
		s.Asks = 1 + rnd.IntN(8)
		minesweep.SetLineBounds(s, 1+rnd.IntN(4), 1+rnd.IntN(12), 1+rnd.IntN(5))
		found, discovered := make(chan struct{}, 1), make(chan struct{})
		var writers sync.WaitGroup
		writers.Go(func() {
			defer close(discovered)
			for told := rnd.IntN(2) == 0; q.show(rnd); {
				if told {
					found <- struct{}{}
				}
			}
		})
		if err := s.AskQueue(t.Context(), []uint16{3, 1, 2}, found, discovered, nil); err != nil {
			t.Fatal(err)
		}
		writers.Wait()
		for _, p := range q.ports {
			if n := asker.times[p.Target]; n != 1 || !q.settled[p.Target] {
				t.Fatalf("seed %d: %s was asked %d times, settled: %t", seed, p.Target, n, q.settled[p.Target])
			}
		}
	}
}

// TestLatePortIsAskedWhileOthersAreFound: it must not wait for the end of discovery.
func TestLatePortIsAskedWhileOthersAreFound(t *testing.T) {
	q := newQueue(rand.New(rand.NewPCG(1, 9)))
	q.hidden[0] = true
	s := queueSweeper(t, q, newCounted(t))
	found, discovered := make(chan struct{}), make(chan struct{})
	ended := make(chan error)
	go func() { ended <- s.AskQueue(t.Context(), nil, found, discovered, nil) }()
	found <- struct{}{} // the queue was read once
	q.show(rand.New(rand.NewPCG(1, 1)))
	found <- struct{}{}
	found <- struct{}{} // what the token before gave rise to is done
	q.mu.Lock()
	if !q.given[0] {
		t.Error("the port that came late was not read")
	}
	q.mu.Unlock()
	close(discovered)
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestQueueIsNotReadAgainAndAgain: a thousand tokens that mean nothing cost a
// page each, and the whole queue now and then.
func TestQueueIsNotReadAgainAndAgain(t *testing.T) {
	const hosts, tokens = 1024, 200
	q := &severalWriters{memory: newMemory(), given: map[int]bool{}}
	for i := range hosts {
		q.ports = append(q.ports, minesweep.OpenPort{Target: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(i >> 8), byte(i), 1}), 80)})
	}
	held := make(chan struct{})
	asker := newCounted(t)
	asker.pause = func(netip.AddrPort) { <-held }
	s := queueSweeper(t, q, asker)
	s.Asks = hosts
	found, discovered := make(chan struct{}), make(chan struct{})
	ended := make(chan error)
	go func() { ended <- s.AskQueue(t.Context(), nil, found, discovered, nil) }()
	for range tokens {
		found <- struct{}{}
	}
	q.mu.Lock()
	pages := q.pages
	q.mu.Unlock()
	if whole := hosts/16 + 1; pages > whole+tokens+whole*(tokens*256/hosts+2) {
		t.Errorf("%d pages were read for %d tokens, the queue has %d", pages, tokens, whole)
	}
	close(held)
	close(discovered)
	if err := <-ended; err != nil || len(q.settled) != hosts {
		t.Errorf("%v, settled %d", err, len(q.settled))
	}
}

// TestStopTakesNoFurtherPort: what is being asked is settled, nothing else is
// begun, although hosts have ports in line and askers wait for the /24.
func TestStopTakesNoFurtherPort(t *testing.T) {
	for seed := range uint64(50) {
		rnd := rand.New(rand.NewPCG(seed, 4))
		q := newQueue(rnd)
		stop := make(chan struct{})
		var mu sync.Mutex
		begun, after := 0, 0
		most := rnd.IntN(len(q.ports))
		asker := newCounted(t)
		asker.pause = func(netip.AddrPort) {
			mu.Lock()
			defer mu.Unlock()
			if begun++; begun == most {
				close(stop)
			} else if begun > most {
				after++
			}
		}
		s := queueSweeper(t, q, asker)
		s.Asks = 1 + rnd.IntN(8)
		minesweep.SetLineBounds(s, 1+rnd.IntN(4), 1+rnd.IntN(12), 1+rnd.IntN(5))
		if most == 0 {
			close(stop)
		}
		if err := s.AskQueue(t.Context(), nil, nil, nil, stop); err != nil {
			t.Fatal(err)
		}
		if begun != len(q.settled) || after >= s.Asks {
			t.Fatalf("seed %d: asked %d, %d of them after the stop, settled %d; %d at a time", seed, begun, after, len(q.settled), s.Asks)
		}
	}
}

func TestAskQueueEndsWithTheContext(t *testing.T) {
	q := newQueue(rand.New(rand.NewPCG(1, 9)))
	ctx, cancel := context.WithCancel(t.Context())
	asker := newCounted(t)
	asker.pause = func(netip.AddrPort) { cancel() }
	if err := queueSweeper(t, q, asker).AskQueue(ctx, nil, nil, nil, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// TestDiscoverOnlyDiscovers: nothing is asked, and what is found is stored.
func TestDiscoverOnlyDiscovers(t *testing.T) {
	m := newMemory()
	s, _ := newSweeper(t, m, 50)
	if err := s.Discover(t.Context(), minesweep.Plan{}); err != nil {
		t.Fatal(err)
	}
	if len(m.ports) != 50 || len(m.settled) != 0 {
		t.Errorf("found %d, settled %d", len(m.ports), len(m.settled))
	}
}
