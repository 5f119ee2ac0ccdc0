package main

import (
	"context"
	"fmt"
	"io"
	"slices"
)

// series does the works, one after the other.
type series struct {
	g        *ground
	o        options
	programs []program // minesweep first
	out      io.Writer
	results  results
}

func (s *series) all(ctx context.Context) error {
	do := map[string]func(context.Context) error{
		"unlimited": s.unlimited, "slash8": s.slash8, "rates": s.rates, "prefixes": s.prefixes, "exclusion": s.exclusion,
	}
	for _, name := range s.o.works {
		if err := do[name](ctx); err != nil {
			return err
		}
	}
	return nil
}

// scaled returns the job, or a sixteenth of it for -quick.
func (s *series) scaled(j job) job {
	if s.o.quick {
		return j.narrowed(4)
	}
	return j
}

func (s *series) unlimited(ctx context.Context) (err error) {
	s.results.unlimited, err = s.paired(ctx, s.o.pairs, s.scaled(newJob("100.64.0.0/12", 4, 0)), s.programs[1:])
	return err
}

// slash8 measures how long a whole job takes, so all do the same.
func (s *series) slash8(ctx context.Context) (err error) {
	peers := slices.DeleteFunc(slices.Clone(s.programs[1:]), func(p program) bool { return p.narrower > 0 })
	s.results.slash8, err = s.paired(ctx, s.o.slash8, s.scaled(newJob("10.0.0.0/8", 1, 0)), peers)
	return err
}

// paired runs minesweep before each peer in even rounds and after it in odd ones.
func (s *series) paired(ctx context.Context, rounds int, j job, peers []program) ([]pair, error) {
	var pairs []pair
	for round := range rounds {
		for _, p := range peers {
			both := []program{s.programs[0], p}
			if round%2 == 1 {
				slices.Reverse(both)
			}
			runs, err := s.together(ctx, j, both)
			if err != nil {
				return nil, err
			}
			if len(runs) == 2 {
				pairs = append(pairs, pair{runs[s.programs[0].name], runs[p.name]})
			}
		}
	}
	return pairs, nil
}

// together runs some programs one after the other. A run that fails is noted,
// and missing from what is returned; an error means that all must end.
func (s *series) together(ctx context.Context, j job, programs []program) (map[string]run, error) {
	runs := map[string]run{}
	for _, p := range programs {
		own := j
		if j.rate == 0 && p.narrower > 0 {
			own = j.narrowed(p.narrower)
		}
		r, err := s.g.measure(ctx, p, own)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			s.fail(p, err)
			continue
		}
		fmt.Fprintln(s.out, r)
		s.results.note(r, p.ours)
		runs[p.name] = r
	}
	return runs, nil
}

func (s *series) fail(p program, err error) {
	fmt.Fprintln(s.out, "FAILED:", err)
	s.results.failures = append(s.results.failures, failure{p.ours, err.Error()})
}

// ratedJobs are sized so that each takes 5 s or more.
func (s *series) ratedJobs() []job {
	jobs := []job{newJob("100.64.0.0/16", 4, 25_000), newJob("100.64.0.0/16", 4, 50_000),
		newJob("100.64.0.0/15", 4, 100_000), newJob("100.64.0.0/14", 4, 200_000)}
	if s.o.quick {
		jobs = []job{newJob("100.64.0.0/17", 4, 25_000), newJob("100.64.0.0/14", 4, 200_000)}
	}
	return jobs
}

func (s *series) rates(ctx context.Context) error {
	programs := slices.DeleteFunc(slices.Clone(s.programs), func(p program) bool {
		return p.mode || p.name != minesweepSYN && !slices.Contains(s.o.rated, p.name)
	})
	for round := range s.o.rateRuns {
		for _, j := range s.ratedJobs() {
			for _, gro := range []bool{true, false} {
				if err := s.g.setGRO(gro); err != nil {
					return err
				}
				runs, err := s.together(ctx, j, rotated(programs, round))
				if err != nil {
					return err
				}
				for _, p := range programs {
					if r, ok := runs[p.name]; ok {
						s.results.rates = append(s.results.rates, r)
					}
				}
			}
		}
	}
	return s.g.setGRO(true)
}

// rotated lets another program begin.
func rotated(programs []program, by int) []program {
	by %= len(programs)
	return append(slices.Clone(programs[by:]), programs[:by]...)
}

// prefixes sets 10,000 prefixes against one of as many addresses. One more run
// is only to see whether each packet goes to one of the 10,000.
func (s *series) prefixes(ctx context.Context) error {
	one, smaller := s.scaled(newJob("100.64.0.0/12", 4, 0)), 0
	one.loose = true
	if s.o.quick {
		smaller = 4
	}
	runs, err := s.together(ctx, job{targets: scatter(0, smaller), ports: 4}, s.programs[:1])
	if err != nil {
		return err
	}
	if r, ok := runs[minesweepSYN]; ok {
		s.results.strict = append(s.results.strict, r)
	}
	for round := range s.o.pairs {
		many := job{targets: scatter(uint64(round), smaller), ports: 4, loose: true}
		if err := s.manyAndOne(ctx, many, one, round%2 == 1); err != nil {
			return err
		}
	}
	return nil
}

func (s *series) manyAndOne(ctx context.Context, many, one job, oneFirst bool) error {
	both := []job{many, one}
	if oneFirst {
		slices.Reverse(both)
	}
	p := pair{}
	for _, j := range both {
		runs, err := s.together(ctx, j, s.programs[:1])
		if err != nil {
			return err
		}
		if len(j.targets) > 1 {
			p.ours = runs[minesweepSYN]
		} else {
			p.theirs = runs[minesweepSYN]
		}
	}
	if p.ours.sent > 0 && p.theirs.sent > 0 {
		s.results.prefixes = append(s.results.prefixes, p)
	}
	return nil
}
