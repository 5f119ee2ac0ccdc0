package schedules

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/adhocore/gronx"
)

// Cron is an expression of five fields (crontab(5)) in a time zone. The clock on
// the wall decides. A time that a day lacks, because clocks went forward, comes
// at the first instant after the gap; one that a day has twice, because they
// went back, comes once, the first time.
type Cron struct {
	text string
	zone *time.Location
}

// ParseCron reads "30 0 * * *" and the name of an IANA zone; "" means UTC.
// The error is a sentence that says what to write.
func ParseCron(text, zone string) (Cron, error) {
	loc, err := loadZone(zone)
	if err != nil {
		return Cron{}, err
	}
	c := Cron{text: strings.Join(strings.Fields(text), " "), zone: loc}
	const form = `write for example "30 0 * * *" for half past midnight`
	if n := len(strings.Fields(text)); n != len(cronFields) {
		return Cron{}, fmt.Errorf("cron %q has %d fields and not five (minute, hour, day, month, weekday), %s", text, n, form)
	}
	if err := c.check(); err != nil {
		return Cron{}, fmt.Errorf("cron %q: %w, %s", text, err, form)
	}
	if _, err := gronx.NextTickAfter(c.text, time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC), false); err != nil {
		return Cron{}, fmt.Errorf("cron %q names a day that never comes, %s", text, form)
	}
	return c, nil
}

// loadZone wants a zone that is the same on every node, which "Local" is not.
func loadZone(name string) (*time.Location, error) {
	loc, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		return nil, fmt.Errorf("time zone %q is not known, write for example Asia/Shanghai", name)
	}
	return loc, nil
}

var cronFields = [...]struct {
	name     string
	from, to int
}{{"minute", 0, 59}, {"hour", 0, 23}, {"day", 1, 31}, {"month", 1, 12}, {"weekday", 0, 7}}

// check names the field that is wrong. The library looks only at what it needs
// for the date in hand, so each part of each field is tried alone.
func (c Cron) check() error {
	for i, field := range strings.Fields(c.text) {
		f := cronFields[i]
		for part := range strings.SplitSeq(field, ",") {
			alone := [...]string{"*", "*", "*", "*", "*"}
			alone[i] = part
			if !gronx.IsValid(strings.Join(alone[:], " ")) || !within(part, f.to) {
				return fmt.Errorf("%s %q is no number from %d to %d, nor a list, range or step of such", f.name, field, f.from, f.to)
			}
		}
	}
	return nil
}

// within reports whether no number in a part of a field is above most.
func within(part string, most int) bool {
	for number := range strings.FieldsFuncSeq(part, notDigit) {
		if n, err := strconv.Atoi(number); err != nil || n > most {
			return false
		}
	}
	return true
}

func notDigit(r rune) bool { return r < '0' || r > '9' }

// String returns the expression.
func (c Cron) String() string { return c.text }

// Zone returns the time zone, never nil.
func (c Cron) Zone() *time.Location {
	if c.zone == nil {
		return time.UTC
	}
	return c.zone
}

// Next returns the first time after t, in the zone; the zero time where there is none.
func (c Cron) Next(t time.Time) time.Time {
	// The walk is over the face of the clock, as a time in UTC, which has no gaps.
	// Both ways between face and instant keep order, so no time before it is lost.
	face := faceOf(t.In(c.Zone()))
	for {
		next, err := gronx.NextTickAfter(c.text, face, false)
		if err != nil || !next.After(face) {
			return time.Time{}
		}
		if at := instantOf(next, c.Zone()); at.After(t) {
			return at
		}
		face = next
	}
}

// Between returns the times after from up to and including to, most at the most.
func (c Cron) Between(from, to time.Time, most int) []time.Time {
	var out []time.Time
	for t := c.Next(from); !t.IsZero() && !t.After(to) && len(out) < most; t = c.Next(t) {
		out = append(out, t)
	}
	return out
}
