package schedules

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"minesweep"
	"minesweep/db"
)

// world is a store, its ticks and one node that sends no packet, under a clock
// that the test turns.
type world struct {
	t     *testing.T
	now   time.Time
	store *db.Store
	tick  *Ticker
	jobs  []db.LaneRun
	held  []*hand

	sent  map[int64]uint64              // by sweep
	legal func(from, to time.Time) bool // whether packets may leave throughout
	done  map[int64]time.Time           // when a sweep was first seen done
}

// hand is a lane that the node has in hand.
type hand struct {
	journal  *db.Journal
	kind     db.LaneKind
	cursor   uint64
	total    uint64
	sent     uint64 // in this stint
	rest     float64
	standing db.Standing
	since    time.Time
}

// worlds runs a test on each database.
func worlds(t *testing.T, now time.Time, test func(t *testing.T, w *world)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, newWorld(t, now)) })
	t.Run("postgres", func(t *testing.T) { test(t, newWorldAt(t, newDatabase(t), now)) })
}

func newWorld(t *testing.T, now time.Time) *world {
	t.Helper()
	path := filepath.Join(t.TempDir(), "nights.db")
	empty, err := emptyStore()
	if err == nil {
		err = os.WriteFile(path, empty, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return newWorldAt(t, path, now)
}

// emptyStore returns the file of a new store. To make one takes a third of a
// second under the race detector.
var emptyStore = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "minesweep-nights-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "empty.db")
	s, err := db.Open(context.Background(), path, time.Now)
	if err != nil {
		return nil, err
	}
	if err := s.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

func newWorldAt(t *testing.T, address string, now time.Time) *world {
	t.Helper()
	w := &world{t: t, now: now, sent: make(map[int64]uint64), done: make(map[int64]time.Time)}
	var err error
	if w.store, err = db.Open(t.Context(), address, func() time.Time { return w.now }); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.store.Close() })
	w.tick = &Ticker{Calendar: w.store, Authority: w.store, Sweeps: w.store, Standing: w.store, Lanes: w.store, Enqueue: w.enqueue}
	return w
}

func (w *world) enqueue(_ context.Context, _ db.Tx, jobs []db.LaneRun, _ string) error {
	w.jobs = append(w.jobs, jobs...)
	return nil
}

func (w *world) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatalf("at %s: %v", w.now, err)
	}
}

func (w *world) grant(g minesweep.Grant) {
	w.t.Helper()
	g.Authority, g.Basis = "a", "b"
	w.check(w.store.AddGrant(w.t.Context(), g))
}

// schedule checks and stores a schedule, as the command does.
func (w *world) schedule(s db.Schedule) {
	w.t.Helper()
	s, _, err := Check(w.t.Context(), s, w.store, w.now)
	w.check(err)
	w.check(w.store.AddSchedule(w.t.Context(), s))
}

func (w *world) nights(schedule string) []db.Night {
	w.t.Helper()
	nights, err := w.store.Nights(w.t.Context(), schedule, 0)
	w.check(err)
	for i, j := 0, len(nights)-1; i < j; i, j = i+1, j-1 {
		nights[i], nights[j] = nights[j], nights[i]
	}
	return nights
}

// stride is how far the clock is turned between two ticks; nights begin and end
// at a multiple of it.
const stride = 30 * time.Minute

// run turns the clock to until.
func (w *world) run(until time.Time) {
	w.t.Helper()
	for w.now.Before(until) {
		w.step(w.now.Truncate(stride).Add(stride))
	}
}

func (w *world) step(to time.Time) {
	w.t.Helper()
	w.now = to
	w.send()
	w.check(w.tick.Tick(w.t.Context(), w.now))
	w.obey()
	w.take()
}

// down turns the clock while nothing runs at all: what was in hand is lost, and
// jobs stay in their queue.
func (w *world) down(until time.Time) {
	w.held, w.now = nil, until
	w.check(w.tick.Tick(w.t.Context(), w.now))
	w.take()
}

// send advances each lane of discovery by what its share of the rate sent since.
func (w *world) send() {
	w.t.Helper()
	for _, h := range w.held {
		sweep := h.journal.Sweep()
		if h.kind == db.Discover && h.standing.Status == db.Running && h.cursor < h.total {
			h.rest += float64(sweep.Rate) * h.standing.Share * w.now.Sub(h.since).Seconds()
			n := min(uint64(h.rest), h.total-h.cursor)
			h.rest -= float64(n)
			if w.legal != nil && n > 0 && !w.legal(h.since, w.now) {
				w.t.Fatalf("sweep %d sends from %s to %s, outside its window", sweep.ID, h.since, w.now)
			}
			h.cursor, h.sent = h.cursor+n, h.sent+n
			w.sent[sweep.ID] += n
			w.check(h.journal.Checkpoint(w.t.Context(), minesweep.Progress{
				Cursor: h.cursor, Total: h.total, Sent: h.sent, Filtered: h.sent,
			}, nil))
		}
		h.since = w.now
		w.beat(h)
	}
}

func (w *world) beat(h *hand) {
	w.t.Helper()
	var err error
	h.standing, err = h.journal.Beat(w.t.Context())
	w.check(err)
}

// obey leaves lanes that are done, and those of sweeps that are not to run.
func (w *world) obey() {
	w.t.Helper()
	var kept []*hand
	for _, h := range w.held {
		w.beat(h)
		over := h.kind == db.Discover && h.cursor == h.total || h.kind == db.Ask && h.standing.Discovered
		switch {
		case h.standing.Status != db.Running:
			w.check(h.journal.Leave(w.t.Context(), db.Resting, "", w.enqueue))
		case over:
			w.check(h.journal.Leave(w.t.Context(), db.LaneDone, "", w.enqueue))
		default:
			kept = append(kept, h)
			continue
		}
		if s := h.journal.Sweep(); s.Status == db.Done {
			w.done[s.ID] = w.now
		}
	}
	w.held = kept
}

// take works the jobs that are in the queue.
func (w *world) take() {
	w.t.Helper()
	jobs := w.jobs
	w.jobs = nil
	for _, run := range jobs {
		j, err := w.store.TakeLane(w.t.Context(), run, "simulated")
		if errors.Is(err, db.ErrNotYours) {
			continue
		}
		w.check(err)
		lane := j.Lane()
		h := &hand{journal: j, kind: run.Kind, cursor: lane.Cursor, total: lane.Total, since: w.now}
		w.beat(h)
		w.held = append(w.held, h)
	}
}

// covered wants the steps of each lane of a sweep to be in one stint each, none
// left out, none twice, and sent once.
func (w *world) covered(sweep int64, want uint64) {
	w.t.Helper()
	s, err := w.store.Sweep(w.t.Context(), sweep)
	w.check(err)
	if s.Status != db.Done || s.Cursor != want || s.Total != want || s.Sent != want || w.sent[sweep] != want || s.Resent != 0 {
		w.t.Errorf("sweep %d is %s: settled %d, sent %d (%d by the node), %d again, of %d, want %d",
			sweep, s.Status, s.Cursor, s.Sent, w.sent[sweep], s.Resent, s.Total, want)
	}
	stints, err := w.store.Stints(w.t.Context(), db.StintFilter{Sweep: sweep, Kind: db.Discover})
	w.check(err)
	next := make(map[int]uint64)
	for _, st := range stints {
		if st.From != next[st.Lane] {
			w.t.Errorf("sweep %d lane %d run %d begins at step %d, the one before ended at %d", sweep, st.Lane, st.Run, st.From, next[st.Lane])
		}
		next[st.Lane] = st.To
	}
	var sum uint64
	for _, to := range next {
		sum += to
	}
	if sum != want {
		w.t.Errorf("sweep %d: its stints cover %d steps of %d", sweep, sum, want)
	}
}

// skipInRace leaves a test to the run without the race detector.
func skipInRace(t *testing.T) {
	t.Helper()
	if raceDetector {
		t.Skip("make test runs it without the race detector")
	}
}

// province is 16,777,216 addresses.
func province(rate int) minesweep.Grant {
	return minesweep.Grant{
		Name: "province", Prefixes: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, Rate: rate, RatePer24: 100,
	}
}

func twentyPorts() []uint16 {
	out := make([]uint16, 20)
	for i := range out {
		out[i] = uint16(4020 + i)
	}
	return out
}
