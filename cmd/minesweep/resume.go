package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"go4.org/netipx"

	"minesweep"
	"minesweep/db"
)

func (p *program) sweepsResume() *cobra.Command {
	var f sweepFlags
	c := &cobra.Command{
		Use: "resume ID", Short: "go on with a sweep that was cut off, stopped or failed",
		Long: `Go on with a sweep where it ended: same targets, ports, order and shard; how
fast and by which engine is said anew. Open ports that were found and not asked
are asked, those of a sweep with --no-questions too, unless --no-questions is
given again. Targets that no grant covers any more are not probed.`,
		Args: wantArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			id, err := sweepID(args[0])
			if err != nil {
				return err
			}
			if err := f.check(c.Flags()); err != nil {
				return err
			}
			return p.withStore(c.Context(), func(s *db.Store) error { return p.resume(c.Context(), s, f, id) })
		},
	}
	f.register(c)
	return c
}

// resume goes on with a sweep and shows all that it found.
func (p *program) resume(ctx context.Context, s *db.Store, f sweepFlags, id int64) error {
	sweep, err := s.Sweep(ctx, id)
	if err != nil {
		return err
	}
	if sweep.Queue != "" {
		return p.stand(ctx, s, id, db.Running, "")
	}
	targets, err := sweep.TargetSet()
	if err != nil {
		return err
	}
	// Refused again, and for good, by ResumeSweep; here before the engine starts.
	if err := s.Resumable(ctx, id, f.resumeSpec("")); err != nil {
		return err
	}
	if err := p.stillAllowed(ctx, s, targets); err != nil {
		return err
	}
	crew, err := p.muster(ctx, s, f, minesweep.Plan{
		Targets: targets, Ports: sweep.Ports, Seed: sweep.Seed, Cursor: sweep.Cursor,
		Shard: sweep.Shard, Shards: sweep.Shards, Passes: sweep.Passes, PassGap: sweep.PassGap,
	})
	if err != nil {
		return err
	}
	if crew.word == "" {
		crew.word = sweep.Engine
	}
	journal, err := s.ResumeSweep(ctx, id, f.resumeSpec(crew.word))
	if err != nil {
		return err
	}
	p.notice(fmt.Sprintf("sweep %d was %s at %d of %d probes; going on from there", id, sweep.Status, sweep.Cursor, sweep.Total))
	err = p.runSweep(ctx, s, crew, journal)
	return errors.Join(err, p.showSweep(context.WithoutCancel(ctx), s, id, f.all))
}

func (f *sweepFlags) resumeSpec(engine string) db.ResumeSpec {
	return db.ResumeSpec{Terms: f.terms(engine), Owner: self(), Alive: alive}
}

// stillAllowed says which of the targets the guard will refuse, and refuses
// where that is all of them. The plan itself stays, for its numbers are the order.
func (p *program) stillAllowed(ctx context.Context, s *db.Store, targets *netipx.IPSet) error {
	scope, err := s.Scope(ctx)
	if err != nil {
		return err
	}
	allowed, refused, err := scope.Split(targets)
	if err != nil {
		return err
	}
	left := refused.Ranges()
	if len(allowed.Ranges()) == 0 {
		return refusal(scope, refused)
	}
	if len(left) > 0 {
		p.notice(fmt.Sprintf("no longer allowed, and not probed: %s", rangesText(left)))
	}
	return nil
}
