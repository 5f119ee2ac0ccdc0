package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"minesweep/db"
	"minesweep/scanner"
	"minesweep/schedules"
	"minesweep/web"
)

// nodeFlags are the flags of a process that takes lanes.
type nodeFlags struct {
	sweepFlags
	sightFlags
	name, region string
	engines      []string
	slots        int
}

func (p *program) workerCommand() *cobra.Command {
	var f nodeFlags
	c := &cobra.Command{
		Use:   "worker",
		Short: "take lanes of the sweeps in a database, as one node of many",
		Long: `Join the nodes of a database, take lanes of its sweeps, and give them back on
SIGTERM or Ctrl-C within 5 s; a second signal ends at once. Schedules are kept by
one node of all, whichever that is.`,
		Example: `  minesweep worker --name north-1 --region north --db postgres://minesweep@db.example.edu/minesweep`,
		Args:    wantArgs(cobra.NoArgs),
		RunE:    func(c *cobra.Command, _ []string) error { return p.node(c.Context(), f, c.Flags()) },
	}
	f.register(c.Flags())
	return c
}

func (p *program) serveCommand() *cobra.Command {
	var f nodeFlags
	c := &cobra.Command{
		Use:   "serve",
		Short: "keep the schedules and run the sweeps of one machine",
		Long: `Keep the schedules of a store and run its sweeps, on demand and by night, until
SIGTERM or Ctrl-C; a second signal ends at once. One such process works on a SQLite
file; a PostgreSQL database may have many, and is a worker like the others.`,
		Args: wantArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error { return p.node(c.Context(), f, c.Flags()) },
	}
	f.register(c.Flags())
	return c
}

func (f *nodeFlags) register(fl *pflag.FlagSet) {
	fl.StringVar(&f.name, "name", "", "name of this node, unique among those that live (default the host's)")
	fl.StringVar(&f.region, "region", "", "where it stands, for people")
	fl.StringSliceVar(&f.engines, "engines", nil, "what it may do: syn, connect (default what it can)")
	fl.IntVar(&f.slots, "slots", 0, "lanes of one queue at the same time (default 64)")
	f.sightFlags.register(fl)
	f.registerMachine(fl)
}

// node joins and works until ctx ends.
func (p *program) node(ctx context.Context, f nodeFlags, fl *pflag.FlagSet) error {
	f.engine = "auto"
	if err := f.check(fl); err != nil {
		return err
	}
	if err := checkEngines(f.engines); err != nil {
		return err
	}
	if f.name = cmp.Or(f.name, self().Host); plainName(f.name) != nil {
		return plainName(f.name)
	}
	if _, err := p.rules(); err != nil {
		return err
	}
	return p.withStore(ctx, func(s *db.Store) error { return p.work(ctx, s, f) })
}

// work runs the node beside the guard that its lanes share, and beside its pages.
func (p *program) work(ctx context.Context, s *db.Store, f nodeFlags) error {
	// Guard and pages last as long as the lanes do, which is longer than ctx.
	own, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	sight, err := f.start(own, p, s, f.name)
	if err != nil {
		return err
	}
	defer sight.stop()
	crew, err := p.laneCrew(own, s, f, sight)
	if err != nil {
		return err
	}
	verifier, err := p.verifier(own, s, crew.guard.Lane(scanner.LaneConfig{Share: verifyShare}), f.name)
	if err != nil {
		return err
	}
	guarded := make(chan error, 1)
	go func() { guarded <- crew.guard.Run(own) }()
	turned, over := sight.Loop("beat", turnsWithin)
	defer over()
	p.release() // from now on a second signal ends the process at once
	err = schedules.Run(ctx, schedules.NodeConfig{
		Store: s, Name: f.name, Region: f.region, Version: version, Engines: crew.engines, Slots: f.slots,
		Owner: self(), Alive: alive, Crew: crew, Log: sight.Log(), Now: p.now,
		Sight: nodeSight{sight}, Tick: tickWith(s, sight, p.now), Ready: sight.ready,
		Verify: verifier.Run, Turned: turned,
	})
	cancel()
	if gerr := <-guarded; gerr != nil && !errors.Is(gerr, context.Canceled) {
		err = errors.Join(err, gerr)
	}
	return err
}

// turnsWithin is how long a node that lives may take for a turn of its loop:
// several of those that wait for a database in vain.
const turnsWithin = 30 * time.Second

// verifyShare is the part of every budget by which known assets are asked again,
// beside the sweeps: as much as their measured rate may be too high.
const verifyShare = 0.02

// nodeSight shows what a node does.
type nodeSight struct{ *sight }

// Stint implements schedules.Sight.
func (s nodeSight) Stint(ctx context.Context, run db.LaneRun) (context.Context, func(error)) {
	return s.Sight.Stint(ctx, web.Work{Sweep: run.Sweep, Kind: string(run.Kind), Lane: run.Lane, Run: run.Run})
}

// canDo returns the engines that this process may use, of those that are wanted.
func (p *program) canDo(guard *scanner.Guard, wanted []string) ([]string, error) {
	var out []string
	_, err := p.newSYN(scanner.SYNConfig{Guard: guard, Now: p.now})
	switch {
	case err == nil && (len(wanted) == 0 || slices.Contains(wanted, "syn")):
		out = append(out, "syn")
	case err != nil && slices.Contains(wanted, "syn"):
		return nil, fmt.Errorf("--engines syn: %w", err)
	case err != nil:
		p.notice("this node connects only: " + err.Error())
	}
	if len(wanted) == 0 || slices.Contains(wanted, "connect") {
		out = append(out, "connect")
	}
	return out, nil
}

func checkEngines(words []string) error {
	for _, w := range words {
		if w != "syn" && w != "connect" {
			return usagef("--engines %q is not known, write syn, connect or syn,connect", w)
		}
	}
	return nil
}

// plainName refuses a name that would look like something else in a table.
func plainName(name string) error {
	if len(name) > 64 || strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return usagef("--name %q is no name of a node, write letters, digits and dashes, 64 at most", name)
	}
	return nil
}

// tickWith is what one node of all does every 5 s.
func tickWith(s *db.Store, sight *sight, now func() time.Time) func(context.Context, *schedules.Queue) error {
	return func(ctx context.Context, q *schedules.Queue) error {
		ctx, over := sight.Tick(ctx)
		t := schedules.Ticker{Calendar: s, Authority: s, Sweeps: s, Standing: s, Lanes: s, Enqueue: q.Enqueue, Log: sight.Log()}
		err := errors.Join(t.Tick(ctx, now()), s.EnsureMonths(ctx, now()))
		over(err)
		return err
	}
}
