package db

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"minesweep"
)

// What becomes of a night that was missed because everything was down.
const (
	RunMissed  = "run"
	SkipMissed = "skip"
)

// Schedule is a sweep that recurs. It is data: whether cron, zone and grants
// make sense is for its user to say.
type Schedule struct {
	Name      string
	Cron      string // of the begin of a night, in Zone
	Zone      string // IANA
	Window    minesweep.Window
	Grants    []string // names; their prefixes are swept
	Ports     []uint16
	Rate      uint64 // packets/s; 0: what the grants allow
	RatePer24 int    // packets/s to each /24; 0: what the grants allow
	Passes    uint64
	PassGap   time.Duration
	Lanes     int
	Engine    string // "" any
	Missed    string // [RunMissed] or [SkipMissed]

	CreatedAt time.Time
	LookedAt  time.Time // nights until then are decided
	PausedAt  time.Time // zero: not paused
	RemovedAt time.Time // zero: not removed
}

type scheduleRow struct {
	bun.BaseModel `bun:"table:schedules,alias:c"`

	Name      string `bun:",pk"`
	Cron      string
	Zone      string
	Hours     string
	Grants    string // JSON
	Ports     string
	Rate      int64
	RatePer24 int64 `bun:"rate_per24"`
	Passes    int64
	PassGap   int64 // microseconds
	Lanes     int64
	Engine    string
	Missed    string
	CreatedAt int64
	LookedAt  int64
	PausedAt  int64
	RemovedAt int64
}

func newScheduleRow(c Schedule) (*scheduleRow, error) {
	grants, err := json.Marshal(c.Grants)
	if err != nil {
		return nil, err
	}
	// The window's zone is the schedule's.
	return &scheduleRow{
		Name: c.Name, Cron: plain(c.Cron), Zone: plain(c.Zone), Hours: c.Window.Hours(), Grants: plain(string(grants)),
		Ports: joinPorts(c.Ports), Rate: int64(c.Rate), RatePer24: int64(c.RatePer24),
		Passes: int64(max(c.Passes, 1)), PassGap: c.PassGap.Microseconds(), Lanes: int64(max(c.Lanes, 1)),
		Engine: plain(c.Engine), Missed: plain(c.Missed),
		CreatedAt: micros(c.CreatedAt), LookedAt: micros(c.LookedAt), PausedAt: micros(c.PausedAt),
	}, nil
}

func (r *scheduleRow) schedule() (Schedule, error) {
	ports, err := splitPorts(r.Ports)
	if err != nil {
		return Schedule{}, fmt.Errorf("schedule %s: %w", r.Name, err)
	}
	window, err := minesweep.ParseWindow(r.Hours, r.Zone)
	if err != nil {
		return Schedule{}, fmt.Errorf("schedule %s: %w", r.Name, err)
	}
	c := Schedule{
		Name: r.Name, Cron: r.Cron, Zone: r.Zone, Window: window, Ports: ports,
		Rate: uint64(r.Rate), RatePer24: int(r.RatePer24), Passes: uint64(r.Passes),
		PassGap: time.Duration(r.PassGap) * time.Microsecond, Lanes: int(r.Lanes), Engine: r.Engine, Missed: r.Missed,
		CreatedAt: instant(r.CreatedAt), LookedAt: instant(r.LookedAt), PausedAt: instant(r.PausedAt), RemovedAt: instant(r.RemovedAt),
	}
	if err := json.Unmarshal([]byte(r.Grants), &c.Grants); err != nil {
		return Schedule{}, fmt.Errorf("schedule %s: grants %q: %w", r.Name, r.Grants, err)
	}
	return c, nil
}

// AddSchedule stores a schedule, made and looked at now where it has no dates.
// Its window must be in its zone. The name of a schedule that was removed may be
// given again; that of another is [ErrExists].
func (s *Store) AddSchedule(ctx context.Context, c Schedule) error {
	if c.Name == "" || plain(c.Name) != c.Name || len(c.Ports) == 0 {
		return fmt.Errorf("schedule %q: it has no name that is text, or no port", c.Name)
	}
	if !c.Window.IsZero() && c.Window.ZoneName() != c.Zone {
		return fmt.Errorf("schedule %s: its window is in zone %q and not in %q", c.Name, c.Window.ZoneName(), c.Zone)
	}
	if c.CreatedAt.IsZero() {
		c.CreatedAt = s.now()
	}
	if c.LookedAt.IsZero() {
		c.LookedAt = c.CreatedAt
	}
	row, err := newScheduleRow(c)
	if err != nil {
		return err
	}
	return s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewDelete().Model((*scheduleRow)(nil)).Where("name = ? AND removed_at <> 0", row.Name).Exec(ctx); err != nil {
			return err
		}
		taken, err := tx.NewSelect().Model((*scheduleRow)(nil)).Where("name = ?", row.Name).Exists(ctx)
		if err == nil && taken {
			err = fmt.Errorf("schedule %s %w, pick another name or remove it first", c.Name, ErrExists)
		}
		if err != nil {
			return err
		}
		if _, err := tx.NewInsert().Model(row).Exec(ctx); err != nil {
			return err
		}
		return s.audit(ctx, tx, "schedule add", row.detail())
	})
}

func (r *scheduleRow) detail() string {
	return fmt.Sprintf("name=%q cron=%q zone=%q window=%q grants=%s ports=%q rate=%d rate/24=%d passes=%d lanes=%d engine=%q missed=%q",
		r.Name, r.Cron, r.Zone, r.Hours, clip(r.Grants), clip(r.Ports), r.Rate, r.RatePer24, r.Passes, r.Lanes, r.Engine, r.Missed)
}

// Schedules returns the schedules that are not removed, by name.
func (s *Store) Schedules(ctx context.Context) ([]Schedule, error) {
	var rows []scheduleRow
	if err := s.reader.NewSelect().Model(&rows).Where("removed_at = 0").OrderExpr("name").Scan(ctx); err != nil {
		return nil, s.explain(err)
	}
	schedules := make([]Schedule, len(rows))
	for i := range rows {
		var err error
		if schedules[i], err = rows[i].schedule(); err != nil {
			return nil, fmt.Errorf("database %s: %w", s.path, err)
		}
	}
	return schedules, nil
}

// Schedule returns one schedule; [ErrNotFound] where there is none of this name,
// or it was removed.
func (s *Store) Schedule(ctx context.Context, name string) (Schedule, error) {
	var row scheduleRow
	err := s.reader.NewSelect().Model(&row).Where("name = ? AND removed_at = 0", plain(name)).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return Schedule{}, noSchedule(name)
	}
	if err != nil {
		return Schedule{}, s.explain(err)
	}
	return row.schedule()
}

func noSchedule(name string) error { return fmt.Errorf("schedule %q %w", name, ErrNotFound) }
