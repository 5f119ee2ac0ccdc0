package scanner

import "testing"

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
		probe(10*lookAfter+before, 2)
		if table.slowed != 0 {
			t.Fatal("slowed without a cause")
		}
		if probe(3*lookAfter, 10); table.slowed == 0 {
			t.Errorf("%d probes into a look the resets jumped, and nothing was slowed", before)
		}
	}
}
