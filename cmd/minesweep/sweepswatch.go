package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"minesweep/db"
)

func (p *program) sweepsWatch() *cobra.Command {
	var all bool
	c := &cobra.Command{
		Use: "watch [ID]", Short: "show how far a sweep is until it ends (default the newest)",
		Args: wantArgs(cobra.MaximumNArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			return p.withStore(c.Context(), func(s *db.Store) error {
				id, err := p.watched(c.Context(), s, args)
				if err != nil {
					return err
				}
				return p.watch(c.Context(), s, id)
			})
		},
	}
	c.Flags().BoolVar(&all, "all", false, "show hosts without a sign of mining in the table too")
	return c
}

// watched is the sweep that is meant: the newest that has not ended, else the newest.
func (p *program) watched(ctx context.Context, s *db.Store, args []string) (int64, error) {
	if len(args) > 0 {
		return sweepID(args[0])
	}
	sweeps, err := s.Sweeps(ctx)
	if err != nil {
		return 0, err
	}
	if len(sweeps) == 0 {
		return 0, errors.New("there is no sweep yet; minesweep sweeps start begins one")
	}
	newest := sweeps[len(sweeps)-1].ID
	for _, sweep := range sweeps {
		if !ended(sweep) {
			newest = sweep.ID
		}
	}
	return newest, nil
}

func ended(s db.Sweep) bool {
	switch s.Status {
	case db.Done, db.Cancelled, db.Failed, db.Stopped:
		return true
	}
	return false
}

// watchEvery is how often a sweep is looked at.
const watchEvery = 500 * time.Millisecond

// watch shows a sweep until it has ended and no node has a lane of it: one line
// that moves on a terminal, else one for each change.
func (p *program) watch(ctx context.Context, s *db.Store, id int64) error {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	w := newRowWriter(p, progressColumns)
	live := p.settings.format == "table" && isTerminal(p.stdout)
	last := ""
	for {
		row, sweep, err := p.progressOf(ctx, s, id)
		if err != nil {
			return err
		}
		over := ended(sweep) && row.running == 0
		if now := row.change(); live || now != last || over {
			if err := p.writeProgress(w, row, live); err != nil {
				return err
			}
			last = now
		}
		if over {
			return p.watchedToItsEnd(w, sweep, live)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

func (p *program) writeProgress(w *rowWriter[progressRow], row progressRow, live bool) error {
	if p.settings.format != "table" {
		return w.write(row)
	}
	text := clip(row.line(), lineWidth)
	if live {
		_, err := fmt.Fprintf(p.stdout, "\r\x1b[K%s", text)
		return err
	}
	_, err := fmt.Fprintln(p.stdout, text)
	return err
}

// lineWidth bounds a line of progress.
const lineWidth = 240

func (p *program) watchedToItsEnd(w *rowWriter[progressRow], sweep db.Sweep, live bool) error {
	if live {
		fmt.Fprintln(p.stdout)
	}
	if p.settings.format != "table" {
		if err := w.close(); err != nil {
			return err
		}
	}
	if sweep.Status == db.Failed {
		return fmt.Errorf("sweep %d failed: %s", sweep.ID, sweep.Note)
	}
	return nil
}

// watchAndShow watches on standard error's behalf and then shows what was found.
func (p *program) watchAndShow(ctx context.Context, s *db.Store, id int64, all bool) error {
	watcher := *p
	watcher.stdout, watcher.settings.format = p.stderr, "table"
	err := watcher.watch(ctx, s, id)
	if errors.Is(err, context.Canceled) {
		p.notice(fmt.Sprintf("sweep %d goes on; minesweep sweeps watch %d shows it again", id, id))
		return nil
	}
	return errors.Join(err, p.showSweep(ctx, s, id, all))
}
