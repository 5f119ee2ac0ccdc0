package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"minesweep"
	"minesweep/db"
)

// summarise says in a few sentences what a sweep covered and how it went.
func (p *program) summarise(ctx context.Context, s *db.Store, sweep db.Sweep) error {
	tally, err := s.Tally(ctx, sweep.ID)
	if err != nil {
		return err
	}
	p.notice(fmt.Sprintf("sweep %d %s: %d of %d probes settled (%.1f %%), %d open, %d closed, %d without answer, %d refused by the guard, %s",
		sweep.ID, sweep.Status, sweep.Cursor, sweep.Total, coverage(sweep), sweep.Open, sweep.Closed, sweep.Filtered, sweep.Refused, byKind(fmt.Sprintf("%d errors", sweep.Errors), sweep.Faults)))
	p.notice(fmt.Sprintf("sweep %d %s", sweep.ID, manner(sweep, tally)))
	if sweep.Dropped > 0 {
		p.notice(fmt.Sprintf("%d packets were lost on this machine: an open port may be missing, so scan again with a lower --rate or with --passes 2", sweep.Dropped))
	}
	return nil
}

// byKind puts the kinds behind a number of errors, where there are any: "13
// errors: 12 no route to host, 1 no buffer space".
func byKind(number string, faults minesweep.Faults) string {
	if kinds := faults.String(); kinds != "" {
		return number + ": " + kinds
	}
	return number
}

// manner tells by which engine, how fast, and what stood out.
func manner(sweep db.Sweep, tally db.Tally) string {
	var parts []string
	say := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	if sweep.Engine != "" {
		say("engine %s", sweep.Engine)
	}
	if sweep.Shards > 1 {
		say("shard %d/%d of seed %d", sweep.Shard, sweep.Shards, sweep.Seed)
	}
	if sweep.Passes > 1 {
		say("%d passes", sweep.Passes)
	}
	say("%d sent", sweep.Sent)
	if sweep.Received > 0 || sweep.Engine == "syn" {
		say("%d received, %d dropped", sweep.Received, sweep.Dropped)
	}
	say("%s", rates(sweep))
	if sweep.Slowed > 0 {
		say("a /24 slowed %d times", sweep.Slowed)
	}
	if sweep.NoQuestions {
		say("%d open ports not asked", tally.Open-tally.Asked)
	} else {
		say("%d decoys held back", tally.Sieved)
	}
	if text := questionsText(tally.Questions); text != "" {
		say("%s", text)
	}
	return strings.Join(parts, ", ")
}

// questionsText tells how questions ended, "" where none was asked.
func questionsText(q db.Questions) string {
	if q == (db.Questions{}) {
		return ""
	}
	text := fmt.Sprintf("questions: %d answered", q.Answered)
	for _, c := range []struct {
		n   int
		how string
	}{{q.Reset, "reset"}, {q.Closed, "closed"}, {q.Idle, "idle"}} {
		if c.n > 0 {
			text += fmt.Sprintf(", %d %s", c.n, c.how)
		}
	}
	return text
}

// rates tells what was asked and what was measured, and nothing that was not.
func rates(sweep db.Sweep) string {
	asked := "as the grants allow"
	if sweep.Rate > 0 {
		asked = fmt.Sprintf("%d asked", sweep.Rate)
	}
	text := fmt.Sprintf("packets/s: %s", asked)
	if mean := meanRate(sweep); mean > 0 {
		text += fmt.Sprintf(", %.0f on average", mean)
	}
	if sweep.PeakRate > 0 {
		text += fmt.Sprintf(", %d at most", sweep.PeakRate)
	}
	if sweep.PeakPer24 > 0 {
		text += fmt.Sprintf(", %d at most to one /24", sweep.PeakPer24)
	}
	return text
}

// meanRate is packets/s while packets were leaving, 0 where that is not known. In
// less than a second the start of the engine would be most of it.
func meanRate(sweep db.Sweep) float64 {
	if sweep.Sending < time.Second {
		return 0
	}
	return float64(sweep.Sent) / sweep.Sending.Seconds()
}

func coverage(sweep db.Sweep) float64 {
	if sweep.Total == 0 {
		return 100
	}
	return 100 * float64(sweep.Cursor) / float64(sweep.Total)
}
