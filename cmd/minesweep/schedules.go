package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"minesweep/db"
	"minesweep/schedules"
)

func (p *program) schedulesCommand() *cobra.Command {
	return group("schedules", "sweeps that run themselves, night after night",
		p.schedulesAdd(), p.schedulesList(), p.schedulesNext(), p.schedulesShow(), p.schedulesNights(),
		p.schedulesPause(), p.schedulesResume(), p.schedulesRemove(), p.schedulesRunNow())
}

// scheduleRow is a schedule as schedules list shows it.
type scheduleRow struct {
	Name    string   `json:"name"`
	Cron    string   `json:"cron"`
	Zone    string   `json:"tz"`
	Window  string   `json:"window"` // "" at all hours of its grants
	Grants  []string `json:"scope"`
	Ports   []uint16 `json:"ports"`
	Rate    uint64   `json:"rate"`        // 0: what the grants allow
	Per24   int      `json:"rate_per_24"` // 0: what the grants allow
	Passes  uint64   `json:"passes"`
	PassGap string   `json:"pass_gap"`
	Lanes   int      `json:"lanes"`
	Engine  string   `json:"engine"`
	Missed  string   `json:"missed"`
	Created string   `json:"created"`
	Paused  string   `json:"paused"`  // since when; "": it is not
	Next    string   `json:"next"`    // night
	Sweep   int64    `json:"sweep"`   // that has not ended; 0: none
	Covered float64  `json:"covered"` // of that, in percent
	Status  string   `json:"status"`  // of that
}

var scheduleColumns = []column[scheduleRow]{
	{"NAME", func(s scheduleRow) string { return s.Name }, 0},
	{"CRON", func(s scheduleRow) string { return s.Cron }, 0},
	{"ZONE", func(s scheduleRow) string { return s.Zone }, 0},
	{"WINDOW", func(s scheduleRow) string { return s.Window }, 0},
	{"SCOPE", func(s scheduleRow) string { return strings.Join(s.Grants, " ") }, 0},
	{"PORTS", func(s scheduleRow) string { return strconv.Itoa(len(s.Ports)) }, 0},
	{"RATE", scheduleRow.rates, 0},
	{"MISSED", func(s scheduleRow) string { return s.Missed }, 0},
	{"NEXT", scheduleRow.next, 0},
	{"SWEEP", scheduleRow.sweep, 0},
}

func (s scheduleRow) rates() string {
	text := "as the grants allow"
	if s.Rate > 0 {
		text = fmt.Sprintf("%d/s", s.Rate)
	}
	if s.Per24 > 0 {
		text += fmt.Sprintf(", %d/s per /24", s.Per24)
	}
	return text
}

func (s scheduleRow) next() string {
	if s.Paused != "" {
		return "paused"
	}
	return s.Next
}

func (s scheduleRow) sweep() string {
	if s.Sweep == 0 {
		return ""
	}
	return fmt.Sprintf("%d %s, %.1f %%", s.Sweep, s.Status, s.Covered)
}

func (p *program) newScheduleRow(ctx context.Context, store *db.Store, s db.Schedule) (scheduleRow, error) {
	r := scheduleRow{
		Name: s.Name, Cron: s.Cron, Zone: s.Zone, Window: s.Window.Hours(), Grants: s.Grants, Ports: s.Ports,
		Rate: s.Rate, Per24: s.RatePer24, Passes: s.Passes, PassGap: s.PassGap.String(), Lanes: s.Lanes,
		Engine: s.Engine, Missed: s.Missed, Created: stamp(s.CreatedAt), Paused: stamp(s.PausedAt),
	}
	cron, err := schedules.ParseCron(s.Cron, s.Zone)
	if err != nil {
		return r, fmt.Errorf("schedule %s: %w", s.Name, err)
	}
	r.Next = inZone(cron.Next(p.now()), cron.Zone())
	left, err := store.Unfinished(ctx, s.Name)
	if err != nil || len(left) == 0 {
		return r, err
	}
	r.Sweep, r.Status, r.Covered = left[0].ID, string(left[0].Status), coverage(left[0])
	return r, nil
}

// inZone writes an instant as clocks of the zone show it, with their offset.
func inZone(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return ""
	}
	return t.In(zone).Format("2006-01-02 15:04 -0700")
}

func (p *program) schedulesList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "the schedules, and when each comes next", Args: wantArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			return p.withStore(c.Context(), func(s *db.Store) error {
				all, err := s.Schedules(c.Context())
				if err != nil {
					return err
				}
				return p.writeSchedules(c.Context(), s, all)
			})
		},
	}
}

func (p *program) schedulesShow() *cobra.Command {
	return &cobra.Command{
		Use: "show NAME", Short: "one schedule; -o json shows every field of it", Args: wantArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			return p.withStore(c.Context(), func(s *db.Store) error {
				one, err := s.Schedule(c.Context(), args[0])
				if err != nil {
					return err
				}
				return p.writeSchedules(c.Context(), s, []db.Schedule{one})
			})
		},
	}
}

func (p *program) writeSchedules(ctx context.Context, s *db.Store, all []db.Schedule) error {
	rows := make([]scheduleRow, len(all))
	for i, one := range all {
		var err error
		if rows[i], err = p.newScheduleRow(ctx, s, one); err != nil {
			return err
		}
	}
	return writeRows(p, scheduleColumns, rows)
}
