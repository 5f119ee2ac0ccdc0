package scanner

import (
	"testing"

	"minesweep"
)

// TestFilteredCountsTheStepsOfThisRun: of what is settled, below the cursor and
// beyond, what the run before had settled is its to count.
func TestFilteredCountsTheStepsOfThisRun(t *testing.T) {
	plan := testPlan(t, "10.0.0.0/24", 80)
	plan.Cursor, plan.Beyond = 10, minesweep.Beyond{To: 100, Left: []uint64{10, 50}} // 98 are settled
	s, _ := newTestSender(t, oneBook(t, "10.0.0.0/24"), plan, nil)
	scan := &synScan{plan: plan, course: s.ahead.ride.course, gate: s.gate, sender: s, hearer: newHearer(s.proof, s.gate)}
	scan.settled = scan.course.begin(plan)
	if p := scan.progress(scan.settled); p.Filtered != 0 || p.Cursor != 10 || p.Beyond.Count(10) != 88 {
		t.Errorf("at the begin: %+v", p)
	}
	scan.hearer.open.Add(3)
	scan.hearer.closed.Add(2)
	s.refused.Add(1)
	now := standing{60, minesweep.Beyond{To: 120, Left: []uint64{60, 70}}} // 118
	if p := scan.progress(now); p.Filtered != 20-6 {
		t.Errorf("%d were filtered, of 20 that were settled and 6 that ended otherwise", p.Filtered)
	}
	// What is doubted later was proven all the same.
	scan.settled = now
	if got := scan.settledBy(false, 0); got.count() != now.count() {
		t.Errorf("%+v is settled, before that it was %+v", got, now)
	}
	if err := s.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := scan.settledBy(true, 0); got.cursor != 256 || got.beyond.To != 0 {
		t.Errorf("in the end %+v is settled", got)
	}
	if s.sent.Load() != 256-98 {
		t.Errorf("%d were sent", s.sent.Load())
	}
}
