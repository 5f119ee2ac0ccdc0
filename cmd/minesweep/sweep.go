package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"runtime/debug"

	"minesweep"
	"minesweep/db"
	"minesweep/mapper"
	"minesweep/probes"
	"minesweep/probes/fingerprints"
	"minesweep/scanner"
)

// sweep covers the plan and shows what it found. What was found before an
// error or a Ctrl-C is shown too.
func (p *program) sweep(ctx context.Context, s *db.Store, f sweepFlags, plan minesweep.Plan) error {
	id, err := p.cover(ctx, s, f, plan)
	if id == 0 {
		return err
	}
	return errors.Join(err, p.showSweep(context.WithoutCancel(ctx), s, id, f.all))
}

// cover runs the sweep to its end and returns its id, 0 if it did not begin.
func (p *program) cover(ctx context.Context, s *db.Store, f sweepFlags, plan minesweep.Plan) (int64, error) {
	total, ok := plan.Total()
	switch {
	case !ok:
		return 0, usagef("%s is more than a sweep can walk; name IPv6 hosts one by one", rangesText(plan.Targets.Ranges()))
	case total == 0:
		return 0, usagef("shard %d/%d is empty: there are fewer probes than shards", plan.Shard, plan.Shards)
	}
	crew, err := p.muster(ctx, s, f, plan)
	if err != nil {
		return 0, err
	}
	journal, err := s.BeginSweep(ctx, db.SweepSpec{
		Targets: plan.Targets, Ports: plan.Ports, Seed: plan.Seed, Shard: plan.Shard, Shards: plan.Shards,
		Passes: plan.Passes, PassGap: plan.PassGap, Terms: f.terms(crew.word), Owner: self(), Alive: alive,
	})
	if err != nil {
		return 0, err
	}
	begun := journal.Sweep()
	if begun.Resumed {
		p.notice(fmt.Sprintf("sweep %d was cut off at %d of %d probes; going on from there", begun.ID, begun.Cursor, total))
	}
	return begun.ID, p.runSweep(ctx, s, crew, journal)
}

// crew is all that runs a sweep but its journal.
type crew struct {
	*minesweep.Sweeper
	guard *scanner.Guard
	word  string // of the engine
}

// muster chooses the engine for a plan, says how long it takes, and joins the
// stages. Nothing is sent before it returns.
func (p *program) muster(ctx context.Context, s *db.Store, f sweepFlags, plan minesweep.Plan) (*crew, error) {
	guard, err := scanner.NewGuard(ctx, scanner.GuardConfig{Load: s.Scope, Rate: f.rate, RatePer24: f.per24, Now: p.now})
	if err != nil {
		return nil, err
	}
	sweeper := &minesweep.Sweeper{} // without an asker it discovers only, and needs no rules
	if f.noQuestions {
		debug.SetGCPercent(discoveryGC)
	} else {
		if sweeper, err = p.sweeper(ctx, s, guard); err != nil {
			return nil, err
		}
	}
	engine, err := p.engineFor(ctx, s, f, guard, plan)
	if err != nil {
		return nil, err
	}
	sweeper.Scanner, sweeper.Asks = engine.Scanner, p.asks(f.asks)
	return &crew{Sweeper: sweeper, guard: guard, word: engine.word}, nil
}

// discoveryGC is Go's GOGC where nothing is asked. Discovery lives on tables of
// fixed size and makes little garbage, so memory is worth more than its collection.
const discoveryGC = 40

// engineFor chooses the engine for what is left of the plan and reconciles it
// with the grants.
func (p *program) engineFor(ctx context.Context, s *db.Store, f sweepFlags, guard *scanner.Guard, plan minesweep.Plan) (chosen, error) {
	total, _ := plan.Total()
	if plan.Cursor >= total {
		return chosen{Scanner: discovered{}}, nil
	}
	engine, err := p.engine(job{flags: f, guard: guard, targets: plan.Targets, probes: total - plan.Cursor})
	if err != nil {
		return chosen{}, err
	}
	w, err := p.workload(ctx, s, f, plan, engine.connects)
	if err != nil {
		return chosen{}, err
	}
	return engine, p.reconcile(w, f.force)
}

// runSweep runs the loop beside the guard's refresh and closes the journal.
func (p *program) runSweep(ctx context.Context, s *db.Store, crew *crew, journal *db.Journal) error {
	crew.Recorder, crew.Queue, crew.History = journal, journal, journal
	plan := journal.Plan()
	if crew.Asker != nil {
		crew.Sieve = scanner.NewSieve(scanner.SieveConfig{Guard: crew.guard, Ports: plan.Ports, Seed: plan.Seed})
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	fresh := make(chan error, 1)
	go func() { fresh <- crew.guard.Run(ctx) }()
	bar := p.newProgress(ctx, plan)
	crew.Watch = bar.update
	err := crew.Run(ctx, plan)
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
	return errors.Join(err, p.summarise(context.WithoutCancel(ctx), s, journal.Sweep()))
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

// checkOwnRules reads the rules of --fingerprints, so that what is wrong in them is
// said before anything else is done. The built-in ones wait until they are needed.
func (p *program) checkOwnRules() error {
	if p.settings.fingerprints == "" {
		return nil
	}
	_, err := p.rules()
	return err
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

// notice tells a sentence to whoever runs the program.
func (p *program) notice(sentence string) {
	if p.log != nil {
		p.log.Info(sentence)
		return
	}
	fmt.Fprintln(p.stderr, "minesweep: "+oneLine(sentence))
}
