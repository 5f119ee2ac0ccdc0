package main

import (
	"context"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"minesweep/db"
	"minesweep/schedules"
)

// nightRow is a coming night as schedules next shows it; times are as clocks of
// the schedule's zone show them.
type nightRow struct {
	Schedule  string  `json:"schedule"`
	Planned   string  `json:"planned"`
	Begin     string  `json:"begin"` // "": its hours do not open
	WindowEnd string  `json:"window_end"`
	Does      string  `json:"does"` // begin, continue, nothing
	Why       string  `json:"why"`  // of nothing
	Takes     float64 `json:"takes_seconds"`
	Bound     string  `json:"bound"`
	Finish    string  `json:"finish"` // "": not foreseen
	takes     time.Duration
}

var nightColumns = []column[nightRow]{
	{"SCHEDULE", func(n nightRow) string { return n.Schedule }, 0},
	{"NIGHT", func(n nightRow) string { return n.Planned }, 0},
	{"BEGIN", func(n nightRow) string { return n.Begin }, 0},
	{"WINDOW ENDS", func(n nightRow) string { return n.WindowEnd }, 0},
	{"DOES", nightRow.does, 100},
	{"TAKES", nightRow.length, 0},
	{"FINISH", func(n nightRow) string { return n.Finish }, 0},
}

func (n nightRow) does() string {
	if n.Why == "" {
		return n.Does
	}
	return n.Does + ": " + n.Why
}

func (n nightRow) length() string {
	if n.Does == schedules.WillNothing {
		return ""
	}
	return span(n.takes)
}

func (p *program) schedulesNext() *cobra.Command {
	var nights int
	c := &cobra.Command{
		Use: "next [NAME…]", Short: "the coming nights: begin, end of the window, what runs, how long, and when it is done",
		Long: `The coming nights of all schedules, or of those named, in the zone of each. How
long a sweep takes is by its tightest budget and at best: an unfinished sweep is
counted in, other sweeps that run at the same time are not.`,
		RunE: func(c *cobra.Command, args []string) error {
			if nights < 1 || nights > 366 {
				return usagef("--nights %d is out of range, write 1 to 366", nights)
			}
			return p.withStore(c.Context(), func(s *db.Store) error {
				wanted, err := schedulesNamed(c.Context(), s, args)
				if err != nil {
					return err
				}
				return p.next(c.Context(), s, wanted, nights)
			})
		},
	}
	c.Flags().IntVar(&nights, "nights", 7, "how many of each schedule, 1 to 366")
	return c
}

// schedulesNamed returns those of the names, or all.
func schedulesNamed(ctx context.Context, s *db.Store, names []string) ([]db.Schedule, error) {
	if len(names) == 0 {
		return s.Schedules(ctx)
	}
	out := make([]db.Schedule, len(names))
	for i, name := range names {
		var err error
		if out[i], err = s.Schedule(ctx, name); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (p *program) next(ctx context.Context, s *db.Store, wanted []db.Schedule, count int) error {
	w := newRowWriter(p, nightColumns)
	for _, schedule := range wanted {
		nights, err := schedules.Foresee(ctx, schedule, s, s, p.now(), count)
		if err != nil {
			return err
		}
		for _, n := range nights {
			if err := w.write(newNightRow(schedule, n)); err != nil {
				return err
			}
		}
	}
	return w.close()
}

func newNightRow(s db.Schedule, n schedules.Forecast) nightRow {
	zone := zoneNamed(s.Zone)
	return nightRow{
		Schedule: s.Name, Planned: inZone(n.Planned, zone), Begin: inZone(n.Begin, zone), WindowEnd: inZone(n.End, zone),
		Does: n.Does, Why: n.Why, Takes: n.Takes.Round(time.Second).Seconds(), Bound: n.Bound, Finish: inZone(n.Finish, zone),
		takes: n.Takes,
	}
}

// pastRow is a past night as schedules nights shows it.
type pastRow struct {
	Schedule string `json:"schedule"`
	Planned  string `json:"planned"`
	Outcome  string `json:"outcome"`
	Sweep    int64  `json:"sweep"` // 0: none
	Note     string `json:"note"`
	Decided  string `json:"decided"`
}

var pastColumns = []column[pastRow]{
	{"NIGHT", func(n pastRow) string { return n.Planned }, 0},
	{"OUTCOME", func(n pastRow) string { return n.Outcome }, 0},
	{"SWEEP", pastRow.sweep, 0},
	{"DECIDED", func(n pastRow) string { return n.Decided }, 0},
	{"NOTE", func(n pastRow) string { return n.Note }, 100},
}

func (n pastRow) sweep() string {
	if n.Sweep == 0 {
		return ""
	}
	return strconv.FormatInt(n.Sweep, 10)
}

func (p *program) schedulesNights() *cobra.Command {
	var last int
	c := &cobra.Command{
		Use: "nights NAME", Short: "what became of the nights of a schedule, the newest first", Args: wantArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			if last < 1 {
				return usagef("--last %d is out of range, write 1 or more", last)
			}
			return p.withStore(c.Context(), func(s *db.Store) error { return p.nights(c.Context(), s, args[0], last) })
		},
	}
	c.Flags().IntVar(&last, "last", 30, "how many")
	return c
}

// nights shows past nights, of a schedule that was removed too.
func (p *program) nights(ctx context.Context, s *db.Store, name string, last int) error {
	nights, err := s.Nights(ctx, name, last)
	if err != nil {
		return err
	}
	zone := time.UTC
	switch schedule, err := s.Schedule(ctx, name); {
	case err == nil:
		zone = zoneNamed(schedule.Zone)
	case len(nights) == 0:
		return err
	}
	rows := make([]pastRow, len(nights))
	for i, n := range nights {
		rows[i] = pastRow{
			Schedule: n.Schedule, Planned: inZone(n.PlannedAt, zone), Outcome: string(n.Outcome), Sweep: n.Sweep,
			Note: n.Note, Decided: inZone(n.DecidedAt, zone),
		}
	}
	return writeRows(p, pastColumns, rows)
}
