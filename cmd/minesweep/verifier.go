package main

import (
	"context"

	"minesweep/db"
	"minesweep/scanner"
	"minesweep/schedules"
)

// verifier joins guard, asker, judge and mapper for asking known assets again.
func (p *program) verifier(ctx context.Context, s *db.Store, guard *scanner.Guard, node string) (*schedules.Verifier, error) {
	sw, err := p.sweeper(ctx, s, guard)
	if err != nil {
		return nil, err
	}
	return &schedules.Verifier{
		Store: s, Asker: sw.Asker, Judge: sw.Judge, Assessor: sw.Assessor, Scrubber: sw.Scrubber,
		Scope: guard.Scope, Node: node, Now: p.now,
	}, nil
}
