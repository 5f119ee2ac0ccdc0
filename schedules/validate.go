package schedules

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"minesweep"
	"minesweep/db"
)

// rampMost is how long the rate rises at most when a sweep goes on (package scanner).
const rampMost = time.Second

// coming is how many nights ahead a schedule is looked at before it is taken.
const coming = 7

// Check reports the first fault of a schedule that is to begin at now, as a
// sentence that says what to do. It returns the schedule with its rates lowered
// to what its grants allow, and a sentence for each thing that is worth knowing.
func Check(ctx context.Context, s db.Schedule, from Authority, now time.Time) (db.Schedule, []string, error) {
	may, err := readAuthority(ctx, from, now)
	if err != nil {
		return s, nil, err
	}
	notes, err := may.check(&s)
	if err != nil {
		return s, nil, fmt.Errorf("schedule %s: %w", s.Name, err)
	}
	return s, notes, nil
}

func (a authority) check(s *db.Schedule) (notes []string, err error) {
	cron, err := ParseCron(s.Cron, s.Zone)
	if err != nil {
		return nil, err
	}
	if err := checkNumbers(s); err != nil {
		return nil, err
	}
	if err := longEnough(s.Window); err != nil {
		return nil, err
	}
	grants, err := a.checkGrants(s.Grants)
	if err != nil {
		return nil, err
	}
	if err := overlap(s.Window, grants, a.now); err != nil {
		return nil, err
	}
	nights := Nights(cron, hoursOf(s.Window, grants), a.now, coming)
	first := slices.IndexFunc(nights, func(n Night) bool { return !n.Begin.IsZero() })
	if first < 0 {
		return nil, fmt.Errorf("in none of its next %d nights does its window open before the night after it; let cron say the time at which the window opens", coming)
	}
	if notes, err = holding(grants, nights[first].Begin, nights[len(nights)-1]); err != nil {
		return nil, err
	}
	if err := a.checkTargets(*s, grants); err != nil {
		return nil, err
	}
	return append(notes, lower(s, grants)...), nil
}

func checkNumbers(s *db.Schedule) error {
	switch {
	case strings.TrimSpace(s.Name) == "":
		return errors.New("it has no name, write for example: minesweep schedules add province …")
	case len(s.Ports) == 0:
		return errors.New("it has no port, write for example --ports tier1")
	case s.RatePer24 < 0:
		return errors.New("a rate is below 0 packets/s, leave it out for what the grants allow")
	case s.Passes < 1 || s.Passes > 4:
		return fmt.Errorf("--passes %d is out of range, write 1 to 4", s.Passes)
	case s.Lanes < 1 || s.Lanes > db.MaxLanes:
		return fmt.Errorf("--lanes %d is out of range, write 1 to %d", s.Lanes, db.MaxLanes)
	case s.Missed != db.RunMissed && s.Missed != db.SkipMissed:
		return fmt.Errorf("--missed %q is not known, write run (late, while the window is open) or skip", s.Missed)
	case !slices.Contains([]string{"auto", "syn", "naabu", "connect"}, s.Engine):
		return fmt.Errorf("engine %q is not known, write auto, syn, naabu or connect", s.Engine)
	}
	return nil
}

// longEnough refuses a window that is over before the rate is what was asked.
func longEnough(w minesweep.Window) error {
	if w.IsZero() {
		return nil
	}
	length := w.To - w.From
	if length < 0 {
		length += 24 * time.Hour
	}
	if length <= rampMost {
		return fmt.Errorf("window %s is %s long, and the rate rises for %s before it is what was asked: write a window of some minutes at least",
			w, Span(length), Span(rampMost))
	}
	return nil
}

// checkTargets wants something left to probe, and no more than a sweep can end.
func (a authority) checkTargets(s db.Schedule, grants []minesweep.Grant) error {
	lasting := slices.Clone(grants)
	for i := range lasting { // a grant that begins later is looked at as it will be
		lasting[i].ValidFrom = time.Time{}
	}
	targets, err := a.targets(lasting)
	if err != nil {
		return err
	}
	if len(targets.Ranges()) == 0 {
		return errors.New("exclusions and reserved space leave nothing of its grants: minesweep exclude list shows them")
	}
	plan := minesweep.Plan{Targets: targets, Ports: s.Ports, Passes: s.Passes}
	if _, ok := plan.Total(); !ok {
		return errors.New("its grants hold more addresses than a sweep can end: name grants of smaller IPv6 prefixes")
	}
	return nil
}

// lower sets rates above what the grants allow in all to that, and says so.
func lower(s *db.Schedule, grants []minesweep.Grant) (notes []string) {
	var all, most24 int
	for _, g := range grants {
		rate, per24 := g.Budget()
		all, most24 = all+rate, max(most24, per24)
	}
	if s.Rate > uint64(all) {
		notes = append(notes, fmt.Sprintf("--rate %d is more than its grants allow, it is lowered to %d packets/s", s.Rate, all))
		s.Rate = uint64(all)
	}
	if s.RatePer24 > most24 {
		notes = append(notes, fmt.Sprintf("--rate-per-24 %d is more than its grants allow, it is lowered to %d packets/s", s.RatePer24, most24))
		s.RatePer24 = most24
	}
	return notes
}
