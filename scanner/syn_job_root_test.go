//go:build root

package scanner

import (
	"context"
	"errors"
	"net/netip"
	"testing"
	"time"

	"go4.org/netipx"

	"minesweep"
	"minesweep/lab/wire"
)

// wireJob is a scan whose scope may change while it is at work.
type wireJob struct {
	book        *book
	rate, per24 int // of the guard; 0: the grants' own
	plan        minesweep.Plan
	config      func(*SYNConfig)
	near        func(func() error) error // runs in the scanner's network
	watch       func(minesweep.Progress) // on each progress; may be nil
}

// wireScan is one under way.
type wireScan struct {
	*gathered
	guard *Guard
	stop  context.CancelFunc
	ended chan error
	watch func(minesweep.Progress)
}

func (s *wireScan) Progress(p minesweep.Progress) error {
	if s.watch != nil {
		s.watch(p)
	}
	return s.gathered.Progress(p)
}

// start begins the scan, which is over before the test is.
func (j wireJob) start(t testing.TB) *wireScan {
	t.Helper()
	guard, err := NewGuard(t.Context(), GuardConfig{Load: j.book.load, Rate: j.rate, RatePer24: j.per24, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	s := &wireScan{gathered: &gathered{}, guard: guard, ended: make(chan error, 1), watch: j.watch}
	cfg := SYNConfig{Guard: guard, Now: time.Now, Wait: 200 * time.Millisecond, Notice: func(s string) { t.Log(s) }}
	if j.config != nil {
		j.config(&cfg)
	}
	syn, err := NewSYN(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	s.stop = stop
	over := make(chan struct{})
	t.Cleanup(func() { stop(); <-over })
	go func() { _ = guard.Run(ctx) }()
	go func() {
		defer close(over)
		s.ended <- j.near(func() error { return syn.Scan(ctx, j.plan, s) })
	}()
	return s
}

// finish waits for the end, which must be a good one, and returns the last progress.
func (s *wireScan) finish(t testing.TB) minesweep.Progress {
	t.Helper()
	if err := <-s.ended; err != nil {
		t.Fatal(err)
	}
	s.stop()
	p := s.progress()
	if p.Cursor != p.Total {
		t.Fatalf("it ended at %d of %d", p.Cursor, p.Total)
	}
	return p
}

// halt stops the scan.
func (s *wireScan) halt(t testing.TB) {
	t.Helper()
	s.stop()
	if err := <-s.ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// after waits until the far side has seen so many SYNs and returns when that was.
func (s *wireScan) after(t testing.TB, l *wire.Lab, syns uint64) time.Duration {
	t.Helper()
	for l.Tally().SYNs < syns {
		select {
		case err := <-s.ended:
			t.Fatalf("it ended after %d SYNs: %v", l.Tally().SYNs, err)
		case <-time.After(time.Millisecond):
		}
	}
	return wire.Now()
}

func (g *gathered) progress() minesweep.Progress {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.last
}

func (g *gathered) found() map[netip.AddrPort]minesweep.Stack {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.ports
}

// oneGrant is a book with one grant that bounds no rate.
func oneGrant(prefixes ...string) *book {
	g := grantOf("lab", prefixes...)
	g.Rate = 5_000_000
	return &book{grants: []minesweep.Grant{g}}
}

func prefixesOf(texts ...string) (out []netip.Prefix) {
	for _, t := range texts {
		out = append(out, netip.MustParsePrefix(t))
	}
	return out
}

// isTruth fails the test where what was found is not what is open in targets.
func isTruth(t testing.TB, l *wire.Lab, found map[netip.AddrPort]minesweep.Stack, targets *netipx.IPSet, ports []uint16) {
	t.Helper()
	truth, missed := 0, 0
	for target := range l.Responder().Truth(targets.Prefixes(), ports) {
		truth++
		if _, ok := found[target]; !ok {
			missed++
		}
	}
	if truth == 0 || missed != 0 || len(found) != truth {
		t.Errorf("%d are open, %d found, %d missed", truth, len(found), missed)
	}
}

// least is how many packets came in the emptiest stretch as long as window
// between from after the first packet and the last full slot.
func least(line wire.Timeline, from, window time.Duration) uint64 {
	begin, width := int(from/wire.Slot)+1, int(window/wire.Slot)
	fewest := uint64(1<<64 - 1)
	for i := begin; i+width < len(line.Slots); i++ {
		fewest = min(fewest, total(line.Slots[i:i+width]))
	}
	return fewest
}

func total(slots []uint32) (sum uint64) {
	for _, n := range slots {
		sum += uint64(n)
	}
	return sum
}
