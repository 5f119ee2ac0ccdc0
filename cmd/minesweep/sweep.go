package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"

	"minesweep"
	"minesweep/db"
	"minesweep/mapper"
	"minesweep/probes"
	"minesweep/probes/fingerprints"
	"minesweep/scanner"
)

// sweep covers the plan and shows what it found. What was found before an
// error or a Ctrl-C is shown too.
func (p *program) sweep(ctx context.Context, s *db.Store, f scanFlags, plan minesweep.Plan) error {
	id, err := p.cover(ctx, s, f, plan)
	if id == 0 {
		return err
	}
	return errors.Join(err, p.showHosts(context.WithoutCancel(ctx), s, id, f.all))
}

// cover runs the sweep to its end and returns its id, 0 if it did not begin.
func (p *program) cover(ctx context.Context, s *db.Store, f scanFlags, plan minesweep.Plan) (int64, error) {
	total, ok := plan.Total()
	if !ok {
		return 0, usagef("%s is more than a sweep can walk; name IPv6 hosts one by one", rangesText(plan.Targets.Ranges()))
	}
	guard, err := scanner.NewGuard(ctx, scanner.GuardConfig{Load: s.Scope, Rate: f.rate, RatePer24: f.per24, Now: p.now})
	if err != nil {
		return 0, err
	}
	engine, err := scanner.NewNaabu(scanner.NaabuConfig{
		Engine: f.engine, Guard: guard, InFlight: f.inFlight, Now: p.now, Notice: p.notice,
	})
	if err != nil {
		return 0, err
	}
	sweeper, err := p.sweeper(ctx, s, guard)
	if err != nil {
		return 0, err
	}
	journal, err := s.BeginSweep(ctx, db.SweepSpec{
		Targets: plan.Targets, Ports: plan.Ports, Owner: self(), Alive: alive,
	})
	if err != nil {
		return 0, err
	}
	begun := journal.Sweep()
	if begun.Resumed {
		p.notice(fmt.Sprintf("sweep %d was cut off at %d of %d probes; going on from there", begun.ID, begun.Cursor, total))
	}
	plan.Seed, plan.Cursor = begun.Seed, begun.Cursor
	sweeper.Scanner, sweeper.Recorder, sweeper.Queue, sweeper.History = engine, journal, journal, journal
	sweeper.Sieve = scanner.NewSieve(scanner.SieveConfig{Guard: guard, Ports: plan.Ports, Seed: plan.Seed})
	return begun.ID, p.runSweep(ctx, guard, sweeper, journal, plan)
}

// runSweep runs the loop beside the guard's refresh and closes the journal.
func (p *program) runSweep(ctx context.Context, guard *scanner.Guard, sweeper *minesweep.Sweeper, journal *db.Journal, plan minesweep.Plan) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	fresh := make(chan error, 1)
	go func() { fresh <- guard.Run(ctx) }()
	bar := p.newProgress(ctx, plan)
	sweeper.Watch = bar.update
	err := sweeper.Run(ctx, plan)
	bar.close()
	stopped := ctx.Err() != nil
	cancel()
	if gerr := <-fresh; gerr != nil && !errors.Is(gerr, context.Canceled) {
		err = errors.Join(err, gerr)
	}
	status := db.Done
	switch {
	case stopped:
		status = db.Stopped
	case err != nil:
		status = db.Failed
	}
	note := ""
	if err != nil {
		note = err.Error()
	}
	err = errors.Join(err, journal.Close(context.WithoutCancel(ctx), status, note))
	p.summarise(journal.Sweep())
	return err
}

// sweeper joins asking, judging and mapping; the caller adds the engine and
// the journal.
func (p *program) sweeper(ctx context.Context, s *db.Store, guard *scanner.Guard) (*minesweep.Sweeper, error) {
	rules, m, err := p.judges(ctx, s)
	if err != nil {
		return nil, err
	}
	return &minesweep.Sweeper{
		Asker: probes.NewAsker(probes.AskerConfig{Dialer: guard, Now: p.now}),
		Judge: rules, Assessor: m, Scrubber: m, Now: p.now,
		Grant: func(a netip.Addr) *minesweep.Grant {
			g, err := guard.Scope().Decide(a)
			if err != nil { // revoked meanwhile: protect as much as can be
				return &minesweep.Grant{Privacy: minesweep.Individual}
			}
			return g
		},
	}, nil
}

// judges returns the rules and the mapper under the store's key: what turns
// replies into a host.
func (p *program) judges(ctx context.Context, s *db.Store) (*fingerprints.Set, *mapper.Mapper, error) {
	rules, err := p.rules()
	if err != nil {
		return nil, nil, err
	}
	key, err := s.Secret(ctx)
	if err != nil {
		return nil, nil, err
	}
	m, err := mapper.New(mapper.Config{Key: key})
	return rules, m, err
}

// rules loads the embedded fingerprints and those of --fingerprints, once.
func (p *program) rules() (*fingerprints.Set, error) {
	if p.loaded != nil {
		return p.loaded, nil
	}
	sources := []fs.FS{fingerprints.Embedded()}
	if dir := p.settings.fingerprints; dir != "" {
		info, err := os.Stat(dir)
		if err != nil {
			return nil, usagef("fingerprints: %w", err)
		}
		if !info.IsDir() {
			return nil, usagef("fingerprints: %s is no directory of YAML files", dir)
		}
		sources = append(sources, os.DirFS(dir))
	}
	rules, err := fingerprints.Load(sources...)
	if err != nil {
		return nil, usage(err)
	}
	p.loaded = rules
	return rules, nil
}

func (p *program) notice(sentence string) { fmt.Fprintln(p.stderr, "minesweep: "+oneLine(sentence)) }
