package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go4.org/netipx"

	"minesweep"
	"minesweep/db"
	"minesweep/scanner"
)

// scanFlags are the flags of scan.
type scanFlags struct {
	sweepFlags
	targetFlags
	ports       string
	passes      int
	passGap     time.Duration
	shard       string
	seed        uint64
	skipRefused bool
}

func (p *program) scanCommand() *cobra.Command {
	var f scanFlags
	c := &cobra.Command{
		Use:   "scan TARGET…",
		Short: "scan addresses, prefixes, ranges and host names that a grant covers",
		Example: `  minesweep scan 192.0.2.0/24 198.51.100.7 203.0.113.1-203.0.113.40
  minesweep scan -iL suspects.txt --ports all-tiers -o jsonl
  minesweep scan 192.0.2.0/24 --shard 0/8 --seed 4711
  minesweep scan --known --vendor Bitmain --ports 4028`,
		RunE: func(c *cobra.Command, args []string) error {
			plan, err := f.plan(c.Flags())
			if err != nil {
				return err
			}
			if err := p.checkOwnRules(); err != nil {
				return err
			}
			return p.withTargets(c, f, args, func(s *db.Store, targets *netipx.IPSet) error {
				plan.Targets = targets
				return p.sweep(c.Context(), s, f.sweepFlags, plan)
			})
		},
	}
	f.register(c)
	return c
}

func (f *scanFlags) register(c *cobra.Command) {
	f.targetFlags.register(c)
	f.sweepFlags.register(c)
	f.registerPlan(c.Flags())
	c.Flags().StringVar(&f.shard, "shard", "", "part `I/N` of the scan, 0/8 to 7/8; all parts need one --seed and the same targets and ports")
}

// registerPlan registers what is to be sent to the targets.
func (f *scanFlags) registerPlan(fl *pflag.FlagSet) {
	fl.StringVarP(&f.ports, "ports", "p", "tier1", "ports as nmap writes them, or tier1, all-tiers")
	fl.IntVar(&f.passes, "passes", 1, "how often each target is probed, 1 to 4")
	fl.DurationVar(&f.passGap, "pass-gap", 2*time.Minute, "least time between two probes of one target")
	fl.Uint64Var(&f.seed, "seed", 0, "the order of the probes (default a random one)")
	fl.BoolVar(&f.skipRefused, "skip-refused", false, "scan what is allowed and leave out the rest")
}

// plan reads all of the plan but its targets.
func (f *scanFlags) plan(fl *pflag.FlagSet) (minesweep.Plan, error) {
	var plan minesweep.Plan
	if err := f.sweepFlags.check(fl); err != nil {
		return plan, err
	}
	ports, err := scanner.ParsePorts(f.ports)
	if err != nil {
		return plan, usage(err)
	}
	plan = minesweep.Plan{Ports: ports, Seed: f.seed, Shards: 1, Passes: uint64(f.passes)}
	if f.passes > 1 {
		plan.PassGap = f.passGap
	}
	if fl.Changed("seed") && f.seed == 0 {
		return plan, usagef("--seed 0 is no seed, write a number from 1")
	}
	if f.shard == "" {
		return plan, nil
	}
	if plan.Shard, plan.Shards, err = parseShard(f.shard); err != nil {
		return plan, usage(err)
	}
	if plan.Shards > 1 && f.seed == 0 {
		return plan, usagef("--shard %s needs --seed: the parts fit together only where all walk one order, so give each the same number", f.shard)
	}
	return plan, nil
}

// maxShards bounds --shard.
const maxShards = 65536

// parseShard reads "0/8".
func parseShard(text string) (shard, shards uint64, err error) {
	i, n, ok := strings.Cut(text, "/")
	shard, err = strconv.ParseUint(i, 10, 32)
	if err == nil {
		shards, err = strconv.ParseUint(n, 10, 32)
	}
	if !ok || err != nil || shards == 0 || shards > maxShards || shard >= shards {
		return 0, 0, fmt.Errorf("--shard %q is no part of a scan, write 0/8 for the first of eight and 7/8 for the last", text)
	}
	return shard, shards, nil
}

// inputList is the long name of nmap's -iL, which a POSIX flag parser would
// read as -i with the value L.
const inputList = "input-list"

// nmapFlags rewrites -iL where nmap would see it.
func nmapFlags(args []string) []string {
	out := slices.Clone(args)
	for i, a := range out {
		if a == "--" {
			break
		}
		if a == "-iL" {
			out[i] = "--" + inputList
		}
	}
	return out
}

// withTargets reads the targets, checks all of them against the scope before the first
// packet, and hands on those that it allows, with the store.
func (p *program) withTargets(c *cobra.Command, f scanFlags, args []string, use func(*db.Store, *netipx.IPSet) error) error {
	if err := f.targetFlags.check(c.Flags(), args); err != nil {
		return err
	}
	ctx := c.Context()
	list, err := p.readTargets(ctx, f.targetFlags, args)
	if err != nil {
		return err
	}
	return p.withStore(ctx, func(s *db.Store) error {
		targets, err := p.targets(ctx, s, f.targetFlags, list)
		if err != nil {
			return err
		}
		if targets, err = p.allowed(ctx, s, targets, f.skipRefused); err != nil {
			return err
		}
		return use(s, targets)
	})
}
