package db_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"minesweep"
	"minesweep/db"
)

// laneWalk runs a sweep by nodes that die at any moment.
type laneWalk struct {
	t     *testing.T
	rnd   *rand.Rand
	store *db.Store
	clock *clock
	jobs  *jobs
	sweep db.Sweep

	open  []db.LaneRun           // jobs that nobody has taken
	held  []*hand                // lanes in the hands of nodes that live
	dead  []*hand                // and of nodes that died; some will write once more
	asked map[netip.AddrPort]int // how often a settle was acknowledged
	done  bool
	lost  uint64 // probes in flight when their node died, that a checkpoint told of
}

// hand is a lane in the hands of a node.
type hand struct {
	*db.Journal
	from, sent uint64 // where it began, and how many steps it walked
	settled    uint64 // of those
}

func TestAnyCrashesEndWithEachStepOnceAndEachPortAskedOnce(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *db.Store, c *clock) {
		s := open()
		for seed := range fewer(uint64(3), 1) {
			w := &laneWalk{
				t: t, rnd: rand.New(rand.NewPCG(seed, 5)), store: s, clock: c, jobs: &jobs{},
				asked: make(map[netip.AddrPort]int),
			}
			w.run()
			if t.Failed() {
				t.Fatalf("seed %d", seed)
			}
		}
	})
}

// walkLanes and walkSteps are those of a sweep over four /24s, so that the ask
// lanes have ports each.
const (
	walkLanes = 3
	walkSteps = 64
)

func walkSpec(t testing.TB) db.SweepSpec {
	t.Helper()
	return db.SweepSpec{
		Targets: targets(t, "10.0.0.0/28", "10.0.1.0/28", "10.0.2.0/28", "10.0.3.0/28"), Ports: []uint16{4028},
		Queue: db.Nightly, Lanes: walkLanes,
	}
}

// walkTarget is what a step of a lane probes; every one is an open port.
func walkTarget(lane int, step uint64) netip.AddrPort {
	n := step*walkLanes + uint64(lane)
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(n / 16), byte(n % 16)}), 4028)
}

func (w *laneWalk) run() {
	w.sweep = plan(w.t, w.store, walkSpec(w.t), w.jobs)
	for moves := 0; !w.done; moves++ {
		if moves > 5000 {
			w.t.Fatalf("no end: %v, %d jobs", states(w.t, w.store, w.sweep.ID), len(w.open))
		}
		w.move()
	}
	w.judge()
}

func (w *laneWalk) move() {
	w.open = append(w.open, w.jobs.take(db.Nightly)...)
	switch n := w.rnd.IntN(40); {
	case n < 16:
		w.take()
	case n < 34 && len(w.held) > 0:
		w.work(w.held[w.rnd.IntN(len(w.held))])
	case n < 36 && len(w.held) > 0:
		w.die(w.held[w.rnd.IntN(len(w.held))])
	case n == 36:
		to := []db.Status{db.Paused, db.Resting}[w.rnd.IntN(2)]
		must(w.t, w.store.SetStanding(w.t.Context(), w.sweep.ID, to, "", w.jobs.enqueue))
	case n == 37:
		must(w.t, w.store.SetStanding(w.t.Context(), w.sweep.ID, db.Running, "", w.jobs.enqueue))
	default:
		w.orphan()
	}
}

func (w *laneWalk) take() {
	if len(w.open) == 0 {
		return
	}
	i := w.rnd.IntN(len(w.open))
	run := w.open[i]
	w.open = slices.Delete(w.open, i, i+1)
	j, err := w.store.TakeLane(w.t.Context(), run, fmt.Sprint("node", w.rnd.IntN(3)))
	if errors.Is(err, db.ErrNotYours) {
		return
	}
	must(w.t, err)
	if w.rnd.IntN(4) == 0 { // the job comes twice
		w.open = append(w.open, run)
	}
	w.held = append(w.held, &hand{Journal: j, from: j.Lane().Cursor})
}

func (w *laneWalk) drop(h *hand) {
	w.held = slices.DeleteFunc(w.held, func(o *hand) bool { return o == h })
}

// work lets a node do a little, and perhaps leave its lane.
func (w *laneWalk) work(h *hand) {
	leaves := w.rnd.IntN(3) == 0
	if h.Run().Kind == db.Discover {
		w.discover(h, leaves)
	} else {
		w.ask(h)
	}
	if !leaves {
		return
	}
	wish := []db.LaneState{db.Ready, db.Resting, db.LaneDone}[w.rnd.IntN(3)]
	must(w.t, h.Leave(w.t.Context(), wish, "", w.jobs.enqueue))
	w.drop(h)
	w.done = h.Sweep().Status == db.Done
}

// discover walks some steps; those in flight stay so unless the node waits.
func (w *laneWalk) discover(h *hand, waits bool) {
	before := h.settled
	h.sent = min(h.sent+uint64(w.rnd.IntN(6)), h.Lane().Total-h.from)
	h.settled = max(h.settled, h.sent-min(h.sent, uint64(w.rnd.IntN(4))))
	if waits {
		h.settled = h.sent
	}
	var found []minesweep.OpenPort
	for step := before; step < h.settled; step++ {
		found = append(found, minesweep.OpenPort{Target: walkTarget(h.Run().Lane, h.from+step), At: w.clock.now()})
	}
	must(w.t, h.Checkpoint(w.t.Context(), minesweep.Progress{Cursor: h.from + h.settled, Sent: h.sent}, found))
}

func (w *laneWalk) ask(h *hand) {
	ports, _, err := h.Pending(w.t.Context(), 0, 1+w.rnd.IntN(9))
	must(w.t, err)
	for _, p := range ports {
		must(w.t, h.Settle(w.t.Context(), p, nil, miner(p.Target.Addr().String(), "", w.clock)))
		w.asked[p.Target]++
	}
}

func (w *laneWalk) die(h *hand) {
	w.drop(h)
	w.dead = append(w.dead, h)
	w.lost += h.sent - h.settled
}

// orphan lets time pass, in which the living show that they live.
func (w *laneWalk) orphan() {
	w.clock.move(20 * time.Second)
	for _, h := range w.held {
		_, err := h.Beat(w.t.Context())
		must(w.t, err)
	}
	lost, err := w.store.Orphans(w.t.Context(), 15*time.Second, w.jobs.enqueue)
	must(w.t, err)
	if len(lost) != len(w.dead) {
		w.t.Errorf("%d orphans of %d nodes that died", len(lost), len(w.dead))
	}
	for _, h := range w.dead {
		p := minesweep.Progress{Cursor: h.Lane().Total, Sent: 1 << 20}
		if err := h.Checkpoint(w.t.Context(), p, nil); !errors.Is(err, db.ErrTakenOver) {
			w.t.Errorf("a dead node writes: %v", err)
		}
	}
	w.dead = nil
}

func (w *laneWalk) judge() {
	got := sweepOf(w.t, w.store, w.sweep.ID)
	if got.Status != db.Done || got.Cursor != walkSteps || got.Open != walkSteps || got.Sent != walkSteps+w.lost || got.Resent != w.lost {
		w.t.Errorf("%d probes were lost: %d settled, %d sent, %d again, %d open", w.lost, got.Cursor, got.Sent, got.Resent, got.Open)
	}
	if len(w.asked) != walkSteps {
		w.t.Errorf("%d of %d ports were asked", len(w.asked), walkSteps)
	}
	for target, n := range w.asked {
		if n != 1 {
			w.t.Errorf("%s was asked %d times", target, n)
		}
	}
	if tally := must2(w.store.Tally(w.t.Context(), w.sweep.ID)); tally.Open != walkSteps || tally.Asked != walkSteps {
		w.t.Errorf("tally %+v", tally)
	}
	wantSeamless(w.t, w.store, w.sweep.ID)
}

// wantSeamless looks whether the stints of each lane follow one another.
func wantSeamless(t *testing.T, s *db.Store, sweep int64) {
	t.Helper()
	last := make(map[int]db.Stint)
	for _, st := range must2(s.Stints(t.Context(), db.StintFilter{Sweep: sweep, Kind: db.Discover})) {
		before := last[st.Lane]
		if st.Run != before.Run+1 || before.To != 0 && st.From != before.To || st.From < before.From || st.EndedAt.IsZero() {
			t.Errorf("stint %+v after %+v", st, before)
		}
		last[st.Lane] = st
	}
}
