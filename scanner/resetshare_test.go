package scanner

import (
	"testing"
	"time"
)

// TestNeighboursSeeAJumpThatTwoLooksShare lets a storm of resets begin in the
// middle of a look: half of it must not become what is usual.
func TestNeighboursSeeAJumpThatTwoLooksShare(t *testing.T) {
	for before := range lookAfter {
		table := newNeighbours(1)
		a, now := addressFor("10.0.3.3"), int64(0)
		probe := func(count, resetsOf10 int) {
			for i := range count {
				now += 10_000_000
				table.take(table.at(a, now), now, 1_000_000)
				if i%10 < resetsOf10 {
					table.heard(a, saysClosed, now)
				}
			}
		}
		probe(1000+7*before, 2) // a look takes 200
		if table.slowed != 0 {
			t.Fatal("slowed without a cause")
		}
		if probe(600, 10); table.slowed == 0 {
			t.Errorf("%d probes later the resets jumped, and nothing was slowed", 7*before)
		}
	}
}

// A /24 that has always reset most probes is not one that begins to defend
// itself, however late its answers come.
func TestUsualResetsSlowNobody(t *testing.T) {
	for _, perSecond := range []int64{100, 500, 1000} {
		for _, roundTrip := range []time.Duration{time.Millisecond, 50 * time.Millisecond, 200 * time.Millisecond} {
			table := newNeighbours(1)
			a := addressFor("10.0.0.1")
			var answers []int64
			next, sent := int64(0), 0
			for now := int64(0); now < int64(12*time.Second); now += int64(time.Millisecond) / 2 {
				for len(answers) > 0 && answers[0] <= now {
					table.heard(a, saysClosed, now)
					answers = answers[1:]
				}
				if now < next {
					continue
				}
				n := table.at(a, now)
				table.take(n, now, int64(time.Second)/perSecond)
				next = n.strict
				if sent++; sent%10 < 8 {
					answers = append(answers, now+int64(roundTrip))
				}
			}
			if table.slowed != 0 {
				t.Errorf("%d/s, answers after %s: slowed %d times", perSecond, roundTrip, table.slowed)
			}
		}
	}
}
