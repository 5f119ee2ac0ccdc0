package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"minesweep/db"
)

func (p *program) sweepsPause() *cobra.Command {
	return p.standingCommand("pause", "let a sweep in lanes rest until it is resumed", db.Paused)
}

func (p *program) sweepsCancel() *cobra.Command {
	return p.standingCommand("cancel", "end a sweep in lanes for good; what it found stays", db.Cancelled)
}

func (p *program) standingCommand(word, short string, to db.Status) *cobra.Command {
	var why string
	c := &cobra.Command{
		Use: word + " ID", Short: short, Args: wantArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			id, err := sweepID(args[0])
			if err != nil {
				return err
			}
			return p.withStore(c.Context(), func(s *db.Store) error { return p.stand(c.Context(), s, id, to, why) })
		},
	}
	c.Flags().StringVar(&why, "reason", "", "why, for whoever looks at it later")
	return c
}

// stand says what a sweep is to do; its nodes hear of it within 2 s.
func (p *program) stand(ctx context.Context, s *db.Store, id int64, to db.Status, why string) error {
	enqueue, err := p.queue(ctx, s)
	if err != nil {
		return err
	}
	if err := s.SetStanding(ctx, id, to, why, enqueue); err != nil {
		return err
	}
	p.notice(fmt.Sprintf("sweep %d is %s", id, to))
	return nil
}
