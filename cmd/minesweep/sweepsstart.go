package main

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"go4.org/netipx"

	"minesweep"
	"minesweep/db"
	"minesweep/scanner"
	"minesweep/schedules"
)

// startFlags are the flags of sweeps start.
type startFlags struct {
	scanFlags
	lanes int
	watch bool
}

func (p *program) sweepsStart() *cobra.Command {
	var f startFlags
	c := &cobra.Command{
		Use:   "start TARGET…",
		Short: "queue a sweep, which the nodes begin at once, beside those of the night",
		Example: `  minesweep sweeps start 192.0.2.0/24 --ports all-tiers --watch
  minesweep sweeps start -iL suspects.txt --rate 500 --lanes 4`,
		RunE: func(c *cobra.Command, args []string) error {
			plan, err := f.plan(c.Flags())
			if err != nil {
				return err
			}
			if f.lanes < 0 || f.lanes > db.MaxLanes {
				return usagef("--lanes %d is out of range, write 1 to %d", f.lanes, db.MaxLanes)
			}
			return p.withTargets(c, f.scanFlags, args, func(s *db.Store, targets *netipx.IPSet) error {
				plan.Targets = targets
				return p.start(c.Context(), s, f, plan)
			})
		},
	}
	f.register(c)
	return c
}

func (f *startFlags) register(c *cobra.Command) {
	f.targetFlags.register(c)
	f.registerTerms(c.Flags())
	f.registerPlan(c.Flags())
	fl := c.Flags()
	fl.IntVar(&f.lanes, "lanes", 0, "parts that nodes take in turn, 1 to 256 (default by its size and the nodes that live)")
	fl.BoolVar(&f.watch, "watch", false, "show how far it is until it ends, then what it found")
}

// start queues the sweep and says who will run it.
func (p *program) start(ctx context.Context, s *db.Store, f startFlags, plan minesweep.Plan) error {
	total, ok := plan.Total()
	if !ok {
		return usagef("%s is more than a sweep can walk; name IPv6 hosts one by one", rangesText(plan.Targets.Ranges()))
	}
	work, err := p.workload(ctx, s, f.sweepFlags, plan, f.engine == "connect" || f.engine == "naabu")
	if err != nil {
		return err
	}
	if err := p.reconcile(work, f.force); err != nil {
		return err
	}
	nodes, err := s.Nodes(ctx)
	if err != nil {
		return err
	}
	enqueue, err := p.queue(ctx, s)
	if err != nil {
		return err
	}
	able := schedules.Able(nodes, f.engine)
	sweep, err := s.PlanSweep(ctx, db.SweepSpec{
		Targets: plan.Targets, Ports: plan.Ports, Seed: plan.Seed, Passes: plan.Passes, PassGap: plan.PassGap,
		Terms: f.terms(f.engine), RatePer24: f.per24, Queue: db.OnDemand,
		Lanes: cmp.Or(f.lanes, lanesFor(total, work.Estimate().Takes, able)),
	}, enqueue)
	if err != nil {
		return err
	}
	p.notice(fmt.Sprintf("sweep %d is queued: %d probes in %d lanes", sweep.ID, sweep.Total, sweep.Lanes))
	if able == 0 {
		p.notice("no node lives that could run it: minesweep serve starts one, on this machine")
	}
	if f.watch {
		return p.watchAndShow(ctx, s, sweep.ID, f.all)
	}
	return p.showProgress(ctx, s, sweep.ID)
}

// lanesFor is one lane for what is soon over or has one node, else two for each.
func lanesFor(probes uint64, takes time.Duration, nodes int) int {
	const most = 16
	if takes < time.Minute || nodes < 2 {
		return 1
	}
	return int(min(uint64(2*nodes), probes, most))
}

// workload is what a plan's estimate is made of.
func (p *program) workload(ctx context.Context, s *db.Store, f sweepFlags, plan minesweep.Plan, connects bool) (schedules.Workload, error) {
	grants, err := s.Grants(ctx)
	return schedules.Workload{
		Plan: plan, Grants: schedules.InForce(grants, p.now()), Rate: f.rate, Per24: f.per24,
		Connects: connects, InFlight: cmp.Or(f.inFlight, scanner.DefaultInFlight), Wait: cmp.Or(f.wait, time.Second),
	}, err
}

// allowed returns the targets that the scope allows, and refuses where that is
// not all of them, unless skip is set, or none.
func (p *program) allowed(ctx context.Context, s *db.Store, targets *netipx.IPSet, skip bool) (*netipx.IPSet, error) {
	scope, err := s.Scope(ctx)
	if err != nil {
		return nil, err
	}
	allowed, refused, err := scope.Split(targets)
	if err != nil {
		return nil, err
	}
	if left := refused.Ranges(); len(left) > 0 {
		if !skip {
			return nil, refusal(scope, refused)
		}
		fmt.Fprintf(p.stderr, "minesweep: left out, refused by scope: %s\n", rangesText(left))
	}
	if len(allowed.Ranges()) == 0 {
		return nil, refusal(scope, refused)
	}
	return allowed, nil
}
