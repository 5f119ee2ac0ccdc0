package schedules

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go4.org/netipx"

	"minesweep"
	"minesweep/db"
	"minesweep/lab/postgres"
)

// server is the PostgreSQL of all tests.
var server postgres.One

func TestMain(m *testing.M) {
	code := m.Run()
	if err := server.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// eachStore runs a test on each database.
func eachStore(t *testing.T, f func(t *testing.T, s *db.Store)) {
	t.Run("sqlite", func(t *testing.T) {
		// River and the nodes share SQLite's one writer, in pure Go: under the race
		// detector it is too slow for their signs of life. PostgreSQL is raced.
		skipInRace(t)
		t.Parallel()
		f(t, openStore(t, "sqlite://"+filepath.Join(t.TempDir(), "test.db")))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		f(t, openStore(t, newDatabase(t)))
	})
}

// newDatabase returns the address of a new store on PostgreSQL, with River's tables.
func newDatabase(t *testing.T) string {
	t.Helper()
	return server.Fresh(t, func(url string) error {
		s, err := db.Open(t.Context(), url, time.Now)
		if err != nil {
			return err
		}
		_, err = OpenQueue(t.Context(), s, slog.New(slog.DiscardHandler))
		return errors.Join(err, s.Close())
	})
}

func openStore(t *testing.T, address string) *db.Store {
	t.Helper()
	s, err := db.Open(t.Context(), address, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// farm is a store with nodes whose crews only count.
type farm struct {
	t     *testing.T
	store *db.Store
	queue *Queue
	log   *slog.Logger
}

func newFarm(t *testing.T, s *db.Store) *farm {
	t.Helper()
	out := io.Discard
	if testing.Verbose() {
		out = t.Output()
	}
	log := slog.New(slog.NewTextHandler(out, nil))
	queue, err := OpenQueue(t.Context(), s, log)
	if err != nil {
		t.Fatal(err)
	}
	return &farm{t: t, store: s, queue: queue, log: log}
}

// plan queues a sweep of 256 addresses.
func (f *farm) plan(lanes int, change func(*db.SweepSpec)) db.Sweep {
	f.t.Helper()
	var b netipx.IPSetBuilder
	b.AddPrefix(netip.MustParsePrefix("192.0.2.0/24"))
	targets, err := b.IPSet()
	if err != nil {
		f.t.Fatal(err)
	}
	spec := db.SweepSpec{Targets: targets, Ports: []uint16{4028}, Seed: 1, Queue: db.OnDemand, Lanes: lanes}
	if change != nil {
		change(&spec)
	}
	sweep, err := f.store.PlanSweep(f.t.Context(), spec, f.queue.Enqueue)
	if err != nil {
		f.t.Fatal(err)
	}
	return sweep
}

// running is a node of a farm.
type member struct {
	*crewOf
	stop  func() // as SIGTERM, and waits
	ended <-chan error
}

// join starts a node and waits until it takes lanes.
func (f *farm) join(name string, crew *crewOf, change func(*node)) *member {
	f.t.Helper()
	ctx, cancel := context.WithCancel(f.t.Context())
	ready, ended := make(chan struct{}), make(chan error, 1)
	n := newNode(NodeConfig{
		Store: f.store, Name: name, Engines: []string{"connect"}, Crew: crew, Log: f.log, Now: time.Now,
		Owner: db.Owner{Host: "test", PID: 1, Start: name},
	}, f.queue)
	n.paces.beat, n.refused, n.idle, n.retry = 20*time.Millisecond, 20*time.Millisecond, 20*time.Millisecond, 0
	if change != nil {
		change(n)
	}
	go func() { ended <- n.serve(ctx, func() { close(ready) }) }()
	select {
	case <-ready:
	case err := <-ended:
		f.t.Fatal(err)
	}
	var once sync.Once
	stop := func() {
		once.Do(func() {
			cancel()
			if err := <-ended; err != nil {
				f.t.Errorf("node %s: %v", name, err)
			}
		})
	}
	f.t.Cleanup(stop)
	return &member{crewOf: crew, stop: stop, ended: ended}
}

// until waits for something of a sweep.
func (f *farm) until(sweep int64, what string, is func(db.Sweep, []db.Lane) bool) db.Sweep {
	f.t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		s, err := f.store.Sweep(f.t.Context(), sweep)
		if err != nil {
			f.t.Fatalf("waiting until it is %s: %v", what, err)
		}
		lanes, err := f.store.Lanes(f.t.Context(), sweep)
		if err != nil {
			f.t.Fatal(err)
		}
		if is(s, lanes) {
			return s
		}
		<-tick.C
	}
}

func (f *farm) untilStatus(sweep int64, status db.Status) db.Sweep {
	f.t.Helper()
	return f.until(sweep, string(status), func(s db.Sweep, _ []db.Lane) bool { return s.Status == status })
}

// crewOf is a crew that settles a probe whenever it gets a token, and counts.
type crewOf struct {
	tokens chan struct{} // nil: no need of any
	fails  func(Order) error
	free   func(Order) bool // needs no tokens; nil: none is
	breaks uint64           // after so many probes of a stint; 0: never

	mu     sync.Mutex
	steps  map[uint64]int // settled, by number over the whole order
	orders []Order
}

func newCrew(tokens chan struct{}) *crewOf {
	return &crewOf{tokens: tokens, steps: make(map[uint64]int)}
}

// Muster implements Crew.
func (c *crewOf) Muster(_ context.Context, o Order) (Hands, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.orders = append(c.orders, o)
	if c.fails != nil {
		if err := c.fails(o); err != nil {
			return nil, err
		}
	}
	return &handsOf{crewOf: c, Order: o}, nil
}

func (c *crewOf) taken() []Order {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]Order(nil), c.orders...)
}

type handsOf struct {
	*crewOf
	Order
}

func (h *handsOf) SetShare(float64) {}

// Work walks the lane and finds every tenth address open; of an ask lane it
// settles what is there.
func (h *handsOf) Work(ctx context.Context) error {
	if h.Run.Kind == db.Ask {
		return h.ask(ctx)
	}
	plan := h.Journal.Plan()
	total, _ := plan.Total()
	for p := (minesweep.Progress{Cursor: plan.Cursor}); p.Cursor < total; {
		if h.tokens != nil && (h.free == nil || !h.free(h.Order)) {
			select {
			case <-h.Stop:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			case <-h.tokens:
			}
		}
		if h.breaks > 0 && p.Sent == h.breaks {
			return errEngine
		}
		step := p.Cursor*plan.Shards + plan.Shard
		h.mu.Lock()
		h.steps[step]++
		h.mu.Unlock()
		p.Cursor++
		p.Sent++
		var found []minesweep.OpenPort
		if step%10 == 0 {
			found = append(found, minesweep.OpenPort{Target: netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(step)}), 4028), At: time.Now(), Engine: "connect"})
		}
		if err := h.Journal.Checkpoint(context.WithoutCancel(ctx), p, found); err != nil {
			return err
		}
	}
	return nil
}

func (h *handsOf) ask(ctx context.Context) error {
	sweeper := &minesweep.Sweeper{
		Asker: silent{}, Judge: silent{}, Assessor: silent{}, Queue: h.Journal, History: h.Journal, Now: time.Now,
	}
	found := make(chan struct{}, 1)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				select {
				case found <- struct{}{}:
				default:
				}
			}
		}
	}()
	return sweeper.AskQueue(ctx, h.Sweep.Ports, found, h.Discovered, h.Stop)
}

// silent are hosts that answer nothing.
type silent struct{}

func (silent) Ask(context.Context, minesweep.OpenPort, minesweep.Known) ([]minesweep.Reply, error) {
	return nil, nil
}
func (silent) Judge([]minesweep.Reply) []minesweep.Evidence { return nil }
func (silent) Assess(o minesweep.Observation) minesweep.Host {
	return minesweep.Host{Address: o.Address, Verdict: minesweep.Unidentified, FirstSeen: o.At, LastSeen: o.At}
}

// all wants each of n steps settled once by all crews together.
func (f *farm) all(n int, crews ...*crewOf) {
	f.t.Helper()
	times := make(map[uint64]int)
	for _, c := range crews {
		c.mu.Lock()
		for step, k := range c.steps {
			times[step] += k
		}
		c.mu.Unlock()
	}
	for step, k := range times {
		if k != 1 {
			f.t.Errorf("step %d was sent %d times", step, k)
		}
	}
	if len(times) != n {
		f.t.Errorf("%d steps were sent, want %d", len(times), n)
	}
}

var errEngine = errors.New("eth0 is down")

// planWithoutJobs is plan by a process that lost its jobs.
func (f *farm) planWithoutJobs(lanes int) db.Sweep {
	f.t.Helper()
	var b netipx.IPSetBuilder
	b.AddPrefix(netip.MustParsePrefix("192.0.2.0/24"))
	targets, err := b.IPSet()
	if err != nil {
		f.t.Fatal(err)
	}
	sweep, err := f.store.PlanSweep(f.t.Context(), db.SweepSpec{Targets: targets, Ports: []uint16{4028}, Seed: 1, Queue: db.OnDemand, Lanes: lanes}, nil)
	if err != nil {
		f.t.Fatal(err)
	}
	return sweep
}

func give(tokens chan<- struct{}, n int) {
	for range n {
		tokens <- struct{}{}
	}
}

func allAre(lanes []db.Lane, state db.LaneState) bool {
	for _, l := range lanes {
		if l.State != state {
			return false
		}
	}
	return true
}

func none(lanes []db.Lane, state db.LaneState) bool {
	for _, l := range lanes {
		if l.State == state {
			return false
		}
	}
	return true
}

func hostsOf(t *testing.T, s *db.Store, sweep int64) (hosts []minesweep.Host) {
	t.Helper()
	err := s.Hosts(t.Context(), sweep, func(h minesweep.Host) error {
		hosts = append(hosts, h)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return hosts
}
