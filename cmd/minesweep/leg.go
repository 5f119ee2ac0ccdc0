package main

import (
	"cmp"
	"time"

	"minesweep"
	"minesweep/db"
)

const (
	// longestSilence is for how long a node may send that cannot store a
	// checkpoint, with a second for what is on its way.
	longestSilence = 11 * time.Second
	// reordered is how far steps leave out of their order at most: a target whose
	// network has no budget waits while others overtake it.
	reordered = 1 << 20
)

// leg is a stint and the steps that it sent: all from From to certain and what is
// settled beyond, but those that it skipped, and perhaps some up to possible.
type leg struct {
	db.Stint
	certain, possible uint64
	beyond            minesweep.Beyond // certain
	begin, end        time.Time
}

// legsOf returns what the stints of a lane sent. A stint that did not end in
// order left its last steps to the next one, which sends them again but for those
// that it skips: these the stint before had settled, or skipped itself.
func legsOf(sweep db.Sweep, lane db.Lane, stints []db.Stint, now time.Time) []leg {
	var out []leg
	for _, t := range stints {
		if t.Kind != lane.Kind || t.Lane != lane.Lane {
			continue
		}
		if n := len(out); n > 0 {
			out[n-1].beyond = t.Skips
			if out[n-1].To == 0 {
				out[n-1].certain = max(out[n-1].From, t.From)
			}
		}
		end := cmp.Or(t.EndedAt, lane.HeartbeatAt)
		out = append(out, leg{
			Stint: t, certain: cmp.Or(t.To, lane.Cursor), beyond: lane.Beyond, begin: t.StartedAt, end: end,
		})
	}
	if len(out) == 0 && lane.Cursor > 0 {
		out = append(out, wholeSweep(sweep, lane))
	}
	for i := range out {
		out[i].leaveOpen(lane, sweep.Queue == "", now)
	}
	return out
}

// wholeSweep is the one leg of a sweep of an earlier version, which kept no stints.
func wholeSweep(sweep db.Sweep, lane db.Lane) leg {
	return leg{
		Stint: db.Stint{Sweep: sweep.ID, Kind: lane.Kind, Lane: lane.Lane, Run: lane.Runs, Node: sweep.Owner.Host, Sent: lane.Sent,
			To: lane.Cursor, StartedAt: sweep.StartedAt, EndedAt: sweep.FinishedAt},
		certain: lane.Cursor, beyond: lane.Beyond, begin: sweep.StartedAt, end: cmp.Or(sweep.FinishedAt, lane.HeartbeatAt),
	}
}

// leaveOpen finds what a stint may have sent beyond what is certain: nothing
// where it ended in order, for then it waited for the last answers. A scan that
// was stopped did not.
func (l *leg) leaveOpen(lane db.Lane, scan bool, now time.Time) {
	l.possible = l.certain
	settled := l.certain - l.From + l.beyond.Count(l.certain)
	if l.To != 0 && (!scan || l.To >= lane.Total) {
		return
	}
	l.possible = l.From + max(settled, l.Sent+l.Skips.Count(l.From)) + reordered
	if l.To == 0 {
		l.possible += lane.PeakRate * uint64(longestSilence/time.Second)
		l.end = l.end.Add(longestSilence)
	}
	if l.end.After(now) {
		l.end = now
	}
	l.possible = min(l.possible, lane.Total)
}

// sent reports whether a step was sent for certain, or perhaps.
func (l *leg) sent(step uint64, perhaps bool) bool {
	certain := step < l.certain || l.beyond.Settled(step)
	switch {
	case step < l.From || l.Skips.Settled(step):
		return false
	case perhaps:
		return !certain && step < l.possible
	}
	return certain
}

// timeOf is about when a step was sent: where it lies among those of the stint.
func (l *leg) timeOf(step uint64) time.Time {
	reach := max(l.certain, l.beyond.To)
	if reach <= l.From || step >= reach {
		return l.end
	}
	part := float64(step-l.From) / float64(reach-l.From)
	return l.begin.Add(time.Duration(part * float64(l.end.Sub(l.begin))))
}
