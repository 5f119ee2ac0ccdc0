package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"minesweep"
	"minesweep/db"
	"minesweep/scanner"
	"minesweep/schedules"
)

// scheduleFlags are the fields of a schedule as they are written on a command line.
type scheduleFlags struct {
	cron, zone, window string
	scope              []string
	ports              string
	rate, per24        int
	passes             int
	passGap            time.Duration
	lanes              int
	engine, missed     string
}

func (p *program) schedulesAdd() *cobra.Command {
	var f scheduleFlags
	c := &cobra.Command{
		Use:   "add NAME --cron TIMES --scope GRANT…",
		Short: "sweep what grants cover, each night",
		Long: `Sweep what grants cover whenever cron says so, within a window and the hours of
the grants. A sweep that does not end in its window rests and goes on in the
next one; one that has not ended when the next is due is not begun twice. Clocks
of the zone decide: a time that does not exist where clocks go forward comes
at the first instant after the gap, one that exists twice comes once.`,
		Example: `  minesweep schedules add province --cron "30 0 * * *" --tz Asia/Shanghai --window 00:30-06:30 \
    --scope province --ports tier1 --rate 25000 --rate-per-24 50`,
		Args: wantArgs(cobra.MinimumNArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			if err := checkLimits(c.Flags()); err != nil {
				return err
			}
			schedule, err := f.schedule(args[0], args[1:])
			if err != nil {
				return usage(err)
			}
			return p.withStore(c.Context(), func(s *db.Store) error { return p.addSchedule(c.Context(), s, schedule) })
		},
	}
	fl := c.Flags()
	fl.StringVar(&f.cron, "cron", "", `when nights begin: minute, hour, day, month, weekday, such as "30 0 * * *" (required)`)
	fl.StringVar(&f.zone, "tz", "UTC", "time zone of --cron and --window, such as Asia/Shanghai")
	fl.StringVar(&f.window, "window", "", "hours in which it may send, 00:30-06:30 (default all hours of its grants)")
	fl.StringSliceVar(&f.scope, "scope", nil, "the `GRANT…` whose prefixes are swept (required)")
	fl.StringVarP(&f.ports, "ports", "p", "tier1", "ports as nmap writes them, or tier1, all-tiers")
	fl.IntVar(&f.rate, "rate", 0, "packets/s of the whole sweep (default: what the grants allow)")
	fl.IntVar(&f.per24, "rate-per-24", 0, "packets/s over each /24 (default: what the grants allow)")
	fl.IntVar(&f.passes, "passes", 1, "how often each target is probed, 1 to 4")
	fl.DurationVar(&f.passGap, "pass-gap", 2*time.Minute, "least time between two probes of one target")
	fl.IntVar(&f.lanes, "lanes", 8, "into how many parts a sweep is cut: as many nodes can work at it at once")
	fl.StringVar(&f.engine, "engine", "auto", "auto, syn, naabu or connect: nodes without it take no part")
	fl.StringVar(&f.missed, "missed", db.RunMissed, "what becomes of a night that everything was down for: run (late, while the window is open) or skip")
	return c
}

func (f scheduleFlags) schedule(name string, more []string) (db.Schedule, error) {
	s := db.Schedule{
		Name: name, Cron: f.cron, Zone: f.zone, Grants: append(f.scope, more...), Rate: uint64(f.rate), RatePer24: f.per24,
		Passes: uint64(f.passes), Lanes: f.lanes, Engine: f.engine, Missed: f.missed,
	}
	if f.passes > 1 {
		s.PassGap = f.passGap
	}
	if f.cron == "" {
		return s, fmt.Errorf(`schedule %s: say when its nights begin: --cron "30 0 * * *" for half past midnight`, name)
	}
	// The zone first: the window's error would blame the same word.
	cron, err := schedules.ParseCron(f.cron, f.zone)
	if err != nil {
		return s, fmt.Errorf("schedule %s: %w", name, err)
	}
	s.Cron = cron.String()
	if s.Window, err = minesweep.ParseWindow(f.window, f.zone); err != nil {
		return s, fmt.Errorf("schedule %s: %w", name, err)
	}
	if s.Ports, err = scanner.ParsePorts(f.ports); err != nil {
		return s, fmt.Errorf("schedule %s: %w", name, err)
	}
	return s, nil
}

// addSchedule stores a schedule that makes sense, and says what its first night
// becomes.
func (p *program) addSchedule(ctx context.Context, s *db.Store, schedule db.Schedule) error {
	schedule, notes, err := schedules.Check(ctx, schedule, s, p.now())
	if err != nil {
		return usage(err)
	}
	if err := s.AddSchedule(ctx, schedule); err != nil {
		return err
	}
	for _, note := range notes {
		p.notice("schedule " + schedule.Name + ": " + note)
	}
	nights, err := schedules.Foresee(ctx, schedule, s, s, p.now(), 1)
	if err != nil || len(nights) == 0 {
		return err
	}
	p.notice(fmt.Sprintf("schedule %s: %s", schedule.Name, firstNight(nights[0], schedule.Zone)))
	return nil
}

func firstNight(n schedules.Forecast, zone string) string {
	if n.Does == schedules.WillNothing {
		return fmt.Sprintf("its first night is %s, and nothing will run then: %s", inZone(n.Planned, zoneNamed(zone)), n.Why)
	}
	text := fmt.Sprintf("its first sweep begins at %s and takes about %s of sending (%s)",
		inZone(n.Begin, zoneNamed(zone)), span(n.Takes), n.Bound)
	if n.Finish.IsZero() {
		return text + ", more nights than can be foreseen"
	}
	return text + ", done at " + inZone(n.Finish, zoneNamed(zone))
}

// zoneNamed is UTC where this machine does not know the zone.
func zoneNamed(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC
	}
	return zone
}
