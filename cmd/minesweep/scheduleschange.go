package main

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"

	"minesweep/db"
	"minesweep/schedules"
)

func (p *program) schedulesPause() *cobra.Command {
	return p.scheduleChange("pause NAME", "let no night begin until it is resumed; a sweep that has begun goes on", (*db.Store).PauseSchedule)
}

func (p *program) schedulesResume() *cobra.Command {
	return p.scheduleChange("resume NAME", "let nights begin again; those in between are not made up for", (*db.Store).ResumeSchedule)
}

func (p *program) schedulesRemove() *cobra.Command {
	return p.scheduleChange("remove NAME", "end a schedule; its nights and sweeps stay, and a sweep that has begun goes on", (*db.Store).RemoveSchedule)
}

func (p *program) scheduleChange(use, short string, change func(*db.Store, context.Context, string) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: wantArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			return p.withStore(c.Context(), func(s *db.Store) error {
				if err := change(s, c.Context(), args[0]); err != nil {
					return err
				}
				return p.saySweepGoesOn(c.Context(), s, args[0])
			})
		},
	}
}

// saySweepGoesOn tells of a sweep that a change of its schedule does not end.
func (p *program) saySweepGoesOn(ctx context.Context, s *db.Store, name string) error {
	left, err := s.Unfinished(ctx, name)
	if err != nil || len(left) == 0 {
		return err
	}
	p.notice(fmt.Sprintf("sweep %d of schedule %s is %s and not touched by this; minesweep sweeps pause %d or cancel %d would",
		left[0].ID, name, left[0].Status, left[0].ID, left[0].ID))
	return nil
}

func (p *program) schedulesRunNow() *cobra.Command {
	return &cobra.Command{
		Use: "run-now NAME", Short: "begin a sweep of a schedule now, whatever its window, within the hours of its grants",
		Args: wantArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			return p.withStore(c.Context(), func(s *db.Store) error { return p.runNow(c.Context(), s, args[0]) })
		},
	}
}

func (p *program) runNow(ctx context.Context, s *db.Store, name string) error {
	schedule, err := s.Schedule(ctx, name)
	if err != nil {
		return err
	}
	enqueue, err := p.queue(ctx, s)
	if err != nil {
		return err
	}
	sweep, err := schedules.RunNow(ctx, schedule, s, s, enqueue, p.now())
	if err != nil {
		return err
	}
	p.notice(fmt.Sprintf("sweep %d of schedule %s is planned: %d probes in %d lanes; a node takes them at once, minesweep sweeps show %d tells how far it is",
		sweep.ID, name, sweep.Total, schedule.Lanes, sweep.ID))
	return nil
}

// queue is how jobs of lanes are made.
func (p *program) queue(ctx context.Context, s *db.Store) (db.Enqueue, error) {
	q, err := schedules.OpenQueue(ctx, s, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	return q.Enqueue, nil
}
