package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"minesweep/db"
	"minesweep/scanner"
	"minesweep/schedules"
	"minesweep/web"
)

const (
	// countedFor is how long the counts of a sweep are good, and countWait how long
	// counting may take: it walks its open ports and hosts.
	countedFor = 30 * time.Second
	countWait  = 3 * time.Second
	// maxClockSkew is from where on a node takes nothing.
	maxClockSkew = 2 * time.Second
)

// stats reads for metrics and readiness what store and guard know.
type stats struct {
	store *db.Store
	node  string
	now   func() time.Time
	guard atomic.Pointer[scanner.Guard] // of the node; nil: there is none yet
	lanes guardCounts                   // what it and the guards of lanes count
	skew  atomic.Int64                  // of this node's clock, nanoseconds, as its row says

	mu      sync.Mutex // guards counted
	counted map[int64]counted
}

type counted struct {
	at     time.Time
	counts web.Counts
}

// Snapshot implements [web.Source].
func (s *stats) Snapshot(ctx context.Context) (web.Snapshot, error) {
	var snap web.Snapshot
	sweeps, err := s.store.Unfinished(ctx, "")
	if err != nil {
		return snap, err
	}
	counts := s.counts(ctx, sweeps)
	for _, sweep := range sweeps {
		lanes, err := s.store.Lanes(ctx, sweep.ID)
		if err != nil {
			return snap, err
		}
		seen := sweepSeen(sweep, lanes)
		seen.Counts = counts[sweep.ID]
		snap.Sweeps = append(snap.Sweeps, seen)
	}
	if snap.Nodes, err = s.nodes(ctx); err != nil {
		return snap, err
	}
	snap.Schedules, err = s.schedules(ctx)
	return snap, err
}

// sweepSeen sums the lanes of a sweep by kind.
func sweepSeen(sweep db.Sweep, lanes []db.Lane) web.Sweep {
	seen := web.Sweep{ID: sweep.ID, Status: string(sweep.Status), Started: sweep.StartedAt, Budget: sweep.Rate}
	for _, kind := range []db.LaneKind{db.Discover, db.Ask} {
		work := web.LaneWork{Kind: string(kind)}
		states := make(map[db.LaneState]int)
		for _, l := range lanes {
			if l.Kind != kind {
				continue
			}
			states[l.State]++
			addProgress(&work, l)
		}
		if kind == db.Discover {
			seen.Work = append(seen.Work, work) // an ask lane settles no probes
		}
		for _, state := range []db.LaneState{db.Ready, db.OnRun, db.Resting, db.LaneDone} {
			seen.Lanes = append(seen.Lanes, web.LaneCount{Kind: string(kind), State: string(state), Lanes: states[state]})
		}
	}
	return seen
}

func addProgress(sum *web.LaneWork, l db.Lane) {
	p := &sum.Progress
	p.Cursor += l.Cursor
	p.Total += l.Total
	p.Sent += l.Sent
	p.Open += l.Open
	p.Closed += l.Closed
	p.Filtered += l.Filtered
	p.Refused += l.Refused
	p.Errors += l.Errors
	p.Faults = p.Faults.Plus(l.Faults)
	p.Received += l.Received
	p.Dropped += l.Dropped
	p.Slowed += l.Slowed
	p.PeakRate = max(p.PeakRate, l.PeakRate)
	p.PeakPer24 = max(p.PeakPer24, l.PeakPer24)
}

// counts counts the open ports and hosts of sweeps, those that it did not count
// lately; what takes too long is left out and not made up.
func (s *stats) counts(ctx context.Context, sweeps []db.Sweep) map[int64]*web.Counts {
	ctx, cancel := context.WithTimeout(ctx, countWait)
	defer cancel()
	s.mu.Lock()
	defer s.mu.Unlock()
	fresh := make(map[int64]counted, len(sweeps))
	out := make(map[int64]*web.Counts, len(sweeps))
	for _, sweep := range sweeps {
		c, ok := s.counted[sweep.ID]
		if !ok || s.now().Sub(c.at) >= countedFor {
			counts, err := s.count(ctx, sweep.ID)
			if err != nil {
				continue
			}
			c = counted{at: s.now(), counts: counts}
		}
		fresh[sweep.ID], out[sweep.ID] = c, &c.counts
	}
	s.counted = fresh
	return out
}

func (s *stats) count(ctx context.Context, sweep int64) (web.Counts, error) {
	tally, err := s.store.Tally(ctx, sweep)
	if err != nil {
		return web.Counts{}, err
	}
	verdicts, err := s.store.Verdicts(ctx, sweep)
	return web.Counts{Open: tally.Open, Asked: tally.Asked, Sieved: tally.Sieved, Hosts: verdicts}, err
}

// nodes returns the nodes that have not stopped, those that were heard of last
// first, and remembers what this one measured.
func (s *stats) nodes(ctx context.Context) ([]web.Node, error) {
	nodes, err := s.store.Nodes(ctx)
	if err != nil {
		return nil, err
	}
	var out []web.Node
	for _, n := range nodes {
		if n.Name == s.node {
			s.skew.Store(int64(n.Skew))
		}
		if n.StoppedAt.IsZero() {
			out = append(out, web.Node{Name: n.Name, Heartbeat: n.Heartbeat, Skew: n.Skew, Alive: n.Alive})
		}
	}
	slices.SortFunc(out, func(a, b web.Node) int { return b.Heartbeat.Compare(a.Heartbeat) })
	return out, nil
}

func (s *stats) schedules(ctx context.Context) ([]web.Schedule, error) {
	all, err := s.store.Schedules(ctx)
	if err != nil {
		return nil, err
	}
	nights, err := s.store.NightCounts(ctx)
	if err != nil {
		return nil, err
	}
	done, err := s.store.LastDone(ctx)
	if err != nil {
		return nil, err
	}
	var out []web.Schedule
	for _, c := range all {
		if !c.RemovedAt.IsZero() {
			continue
		}
		seen := web.Schedule{Name: c.Name, Success: done[c.Name], Nights: make(map[string]int)}
		for _, outcome := range []db.Outcome{db.Begun, db.Continued, db.Skipped, db.Missed} {
			seen.Nights[string(outcome)] = nights[c.Name][outcome]
		}
		if cron, err := schedules.ParseCron(c.Cron, c.Zone); err == nil && c.PausedAt.IsZero() {
			seen.Next = cron.Next(s.now())
		}
		out = append(out, seen)
	}
	slices.SortFunc(out, func(a, b web.Schedule) int { return cmp.Compare(a.Name, b.Name) })
	return out, nil
}

// local is what this process knows of itself.
func (s *stats) local() web.Local {
	c := s.lanes.sum()
	l := web.Local{Admitted: c.Admitted, Refused: c.Refused, Starved: c.Starved, MaxPer24: c.MaxPer24,
		Skew: time.Duration(s.skew.Load())}
	if guard := s.guard.Load(); guard != nil {
		l.ScopeAge = guard.ScopeAge()
	}
	return l
}

// checks are what must hold before this process is ready.
func (s *stats) checks() []web.Check {
	return []web.Check{
		{Name: "store", Check: func(ctx context.Context) error { _, err := s.nodes(ctx); return err }},
		{Name: "schema", Check: s.store.CheckSchema},
		{Name: "clock", Check: func(context.Context) error {
			if skew := time.Duration(s.skew.Load()); skew.Abs() > maxClockSkew {
				return fmt.Errorf("the clock of %s is %s off the database's, so it takes no lanes: set it by NTP", s.node, skew.Round(time.Millisecond))
			}
			return nil
		}},
		{Name: "guard", Check: func(context.Context) error {
			if guard := s.guard.Load(); guard != nil {
				return guard.Fresh()
			}
			return nil
		}},
	}
}
