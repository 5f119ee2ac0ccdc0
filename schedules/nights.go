package schedules

import "time"

// Night is one time that a schedule comes round.
type Night struct {
	Planned time.Time // when cron says
	Begin   time.Time // when its hours are open first, from Planned on; zero: not before the next night
	End     time.Time // when they close after that, or the next night where they do not
}

// farthest is how far ahead a night is looked for: the rarest one is a leap day
// that a century's end has moved.
const farthest = 9 * 366 * 24 * time.Hour

// NightOf returns the night of a planned time.
func NightOf(cron Cron, hours Hours, planned time.Time) Night {
	n := Night{Planned: planned}
	next := cron.Next(planned)
	if next.IsZero() || next.Sub(planned) > farthest {
		next = planned.Add(farthest)
	}
	begin := hours.Opens(planned, next)
	if begin.IsZero() || !begin.Before(next) {
		return n
	}
	n.Begin, n.End = begin, next
	if hours.Always() {
		return n
	}
	if end := hours.Change(begin, next); !end.IsZero() {
		n.End = end
	}
	return n
}

// Nights returns the coming nights after t, count at most.
func Nights(cron Cron, hours Hours, t time.Time, count int) []Night {
	var out []Night
	for _, planned := range cron.Between(t, t.Add(farthest), count) {
		out = append(out, NightOf(cron, hours, planned))
	}
	return out
}

// Finish returns when work that begins at begin and sends only within the hours
// is done, and in how many spells of them; the zero time where that is beyond
// two years of days that hold any.
func Finish(hours Hours, begin time.Time, takes time.Duration) (end time.Time, spells int) {
	until := begin.AddDate(2, 0, 0)
	if hours.Always() {
		return begin.Add(takes), 1
	}
	for at := hours.Opens(begin, until); !at.IsZero(); at = hours.Opens(end, until) {
		spells++
		end = hours.Change(at, until)
		if end.IsZero() || end.Sub(at) >= takes {
			return at.Add(takes), spells
		}
		takes -= end.Sub(at)
	}
	return time.Time{}, spells
}
