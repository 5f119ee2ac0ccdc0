package main

import (
	"context"
	"time"

	"minesweep"
	"minesweep/db"
	"minesweep/scanner"
	"minesweep/schedules"
)

// laneCrew joins engine, guard, asker, judge and mapper for the lanes of a node.
type laneCrew struct {
	*program
	store   *db.Store
	flags   sweepFlags
	guard   *scanner.Guard // of the node: one scope, one connection a host
	engines []string
	sight   *sight
}

var _ schedules.Crew = (*laneCrew)(nil)

func (p *program) laneCrew(ctx context.Context, s *db.Store, f nodeFlags, sight *sight) (*laneCrew, error) {
	guard, err := scanner.NewGuard(ctx, scanner.GuardConfig{Load: s.Scope, Now: p.now, Poke: s.Changed(ctx)})
	if err != nil {
		return nil, err
	}
	sight.watch(guard)
	engines, err := p.canDo(guard, f.engines)
	if err != nil {
		return nil, err
	}
	return &laneCrew{program: p, store: s, flags: f.sweepFlags, guard: guard, engines: engines, sight: sight}, nil
}

// Muster implements schedules.Crew.
func (c *laneCrew) Muster(ctx context.Context, o schedules.Order) (schedules.Hands, error) {
	cfg := scanner.LaneConfig{Rate: int(o.Sweep.Rate), RatePer24: o.Sweep.RatePer24, Share: o.Standing.Share}
	if o.Run.Kind == db.Ask {
		cfg.Sharers24 = o.Sweep.Lanes // a /24 belongs to one of them
	}
	guard := c.guard.Lane(cfg)
	hands := &laneHands{order: o, guard: guard, watch: func() (over func()) { return c.sight.watchLane(guard) }}
	var err error
	if o.Run.Kind == db.Ask {
		hands.sweeper, err = c.asking(ctx, o, guard)
	} else {
		hands.sweeper, err = c.discovering(o, guard)
	}
	if err != nil {
		return nil, err
	}
	c.sight.Around(hands.sweeper)
	return hands, nil
}

func (c *laneCrew) asking(ctx context.Context, o schedules.Order, guard *scanner.Guard) (*minesweep.Sweeper, error) {
	sweeper, err := c.sweeper(ctx, c.store, guard)
	if err != nil {
		return nil, err
	}
	plan := o.Journal.Plan()
	sweeper.Queue, sweeper.History = o.Journal, o.Journal
	sweeper.Sieve = scanner.NewSieve(scanner.SieveConfig{Guard: guard, Ports: plan.Ports, Seed: plan.Seed})
	sweeper.Asks = max(1, c.asks(c.flags.asks)/max(o.Sweep.Lanes, 1))
	return sweeper, nil
}

func (c *laneCrew) discovering(o schedules.Order, guard *scanner.Guard) (*minesweep.Sweeper, error) {
	plan := o.Journal.Plan()
	total, _ := plan.Total()
	flags := c.flags
	if flags.engine = o.Sweep.Engine; flags.engine == "" {
		flags.engine = "auto"
	}
	if plan.Cursor >= total {
		return &minesweep.Sweeper{Scanner: discovered{}, Recorder: o.Journal}, nil
	}
	engine, err := c.engine(job{flags: flags, guard: guard, targets: plan.Targets, probes: total - plan.Cursor})
	if err != nil {
		return nil, err
	}
	return &minesweep.Sweeper{Scanner: engine.Scanner, Recorder: o.Journal}, nil
}

// laneHands work on one lane.
type laneHands struct {
	order   schedules.Order
	guard   *scanner.Guard
	sweeper *minesweep.Sweeper
	watch   func() (over func()) // counts what the guard does
}

// SetShare implements schedules.Hands.
func (h *laneHands) SetShare(f float64) { h.guard.SetShare(f) }

// Work implements schedules.Hands.
func (h *laneHands) Work(ctx context.Context) error {
	defer h.watch()()
	plan := h.order.Journal.Plan()
	if h.order.Run.Kind == db.Ask {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		return h.sweeper.AskQueue(ctx, plan.Ports, now(ctx), h.order.Discovered, h.order.Stop)
	}
	plan.Stop, plan.Warm = h.order.Stop, h.order.Warm
	return h.sweeper.Discover(ctx, plan)
}

// lookEvery is how often an ask lane looks for ports that other lanes, of any
// node, have found.
const lookEvery = time.Second

// now gives a token at once and each second until ctx ends.
func now(ctx context.Context) <-chan struct{} {
	out := make(chan struct{}, 1)
	go func() {
		tick := time.NewTicker(lookEvery)
		defer tick.Stop()
		for {
			select {
			case out <- struct{}{}:
			default:
			}
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	}()
	return out
}
