package schedules

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"minesweep/db"
)

// NodeConfig is what makes a node.
type NodeConfig struct {
	Store   *db.Store
	Name    string // unique among those that live
	Region  string
	Version string
	Engines []string // what it can do: "syn", "connect"
	Slots   int      // lanes of one queue at the same time; 0 means 64
	Owner   db.Owner
	Alive   func(db.Owner) bool // whether a process of this host still runs
	Crew    Crew
	// Tick looks what is due, every 5 s on one node of all; nil does nothing.
	Tick func(context.Context, *Queue) error
	// Verify asks known assets again, every minute on one node of all; nil does nothing.
	Verify func(context.Context) error
	// Log says which node this is, and under the context of Sight which lane.
	Log *slog.Logger
	Now func() time.Time
	// Sight sees what the node does; nil: nobody looks.
	Sight Sight
	// Ready is called once the node takes lanes; may be nil.
	Ready func()
	// Turned is called whenever the loop of signs of life turns: every 2 s, or 6 s
	// while the database is away; may be nil.
	Turned func()
}

// Sight sees stints and signs of life.
type Sight interface {
	// Stint begins the work on a lane; what is logged under the context tells it.
	// over ends it with how it went.
	Stint(ctx context.Context, run db.LaneRun) (_ context.Context, over func(error))
	// Beat tells that a sign of life was shown, how long that took and how it went.
	Beat(took time.Duration, err error)
}

// blind is the Sight of nobody.
type blind struct{}

// Stint implements Sight.
func (blind) Stint(ctx context.Context, _ db.LaneRun) (context.Context, func(error)) {
	return ctx, func(error) {}
}

// Beat implements Sight.
func (blind) Beat(time.Duration, error) {}

type logger = *slog.Logger

// node takes lanes, works on them and gives them back.
type node struct {
	paces
	store   *db.Store
	queue   *Queue
	shares  *shares
	crew    Crew
	sight   Sight
	name    string
	engines []string
	slots   int
	self    db.Node
	tickDue func(context.Context, *Queue) error
	verify  func(context.Context) error
	turned  func()
	log     logger
	now     func() time.Time

	draining chan struct{} // closed when no lane is to be taken any more

	mu    sync.Mutex // guards what follows
	skew  time.Duration
	begun map[int64]time.Time // when a lane of a sweep was left here
	spoil map[int64]time.Time // until when a sweep is left to others, whose engine failed here
}

const slotsByDefault = 64

func newNode(c NodeConfig, queue *Queue) *node {
	n := &node{
		paces: defaultPaces(), store: c.Store, queue: queue, shares: newShares(c.Store), crew: c.Crew,
		name: c.Name, engines: c.Engines, slots: c.Slots, tickDue: c.Tick, verify: c.Verify,
		log: c.Log, now: c.Now, draining: make(chan struct{}),
		begun: make(map[int64]time.Time), spoil: make(map[int64]time.Time),
	}
	if n.sight = c.Sight; n.sight == nil {
		n.sight = blind{}
	}
	if n.turned = c.Turned; n.turned == nil {
		n.turned = func() {}
	}
	if n.slots <= 0 {
		n.slots = slotsByDefault
	}
	n.self = db.Node{
		Name: c.Name, Region: c.Region, Owner: c.Owner, Version: c.Version, Engines: c.Engines, StartedAt: c.Now(),
	}
	return n
}

// clientID names this process to River.
func (n *node) clientID() string {
	id := fmt.Sprintf("%s/%d", n.name, n.self.Owner.PID)
	return id[max(0, len(id)-100):]
}

// maxSkew is how far the clock of a node may be off the database's. Windows,
// grants and signs of life are dated by it.
const maxSkew = 2 * time.Second

// unfit says why this node takes no lane now, or "".
func (n *node) unfit() string {
	select {
	case <-n.draining:
		return "it is stopping"
	default:
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	return skewed(n.skew)
}

func skewed(skew time.Duration) string {
	if skew.Abs() <= maxSkew {
		return ""
	}
	side := "ahead of"
	if skew < 0 {
		side = "behind"
	}
	return fmt.Sprintf("its clock is %s %s the database's; set it by NTP", skew.Abs().Round(time.Millisecond), side)
}

// Unfit says why a node takes no lanes, as far as its row tells, or "".
func Unfit(n db.Node) string { return skewed(n.Skew) }

// left remembers that a lane of the sweep was being sent from here.
func (n *node) left(sweep int64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.begun[sweep] = n.now()
}

// warmFor is how long a sweep may have paused and needs no ramp.
const warmFor = 5 * time.Second

func (n *node) warm(sweep int64) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	at, ok := n.begun[sweep]
	return ok && n.now().Sub(at) < warmFor
}

// avoid leaves a sweep to other nodes until t.
func (n *node) avoid(sweep int64, t time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.spoil[sweep] = t
}

// shy reports whether a sweep is left to others now.
func (n *node) shy(sweep int64) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	t, ok := n.spoil[sweep]
	if ok && !n.now().Before(t) {
		delete(n.spoil, sweep)
		return false
	}
	return ok
}

// failsBefore returns how many stints of the lane in a row failed before this one.
func (h *hold) failsBefore(ctx context.Context) int {
	stints, err := h.store.Stints(ctx, db.StintFilter{Sweep: h.run.Sweep, Kind: h.run.Kind})
	if err != nil {
		return 0
	}
	fails := 0
	for _, s := range stints {
		if s.Lane != h.run.Lane || s.Run >= h.run.Run {
			continue
		}
		if fails++; !strings.HasPrefix(s.Note, failedNote) {
			fails = 0
		}
	}
	return fails
}

// tick is the chore that comes every 5 s on one node of all.
func (n *node) tick(ctx context.Context) error {
	var err error
	if n.tickDue != nil {
		err = n.tickDue(ctx, n.queue)
	}
	return errors.Join(err, n.mend(ctx, lostAfter))
}
