package schedules

import (
	"testing"
	"time"
)

func TestRefusedLaneIsOfferedToTheOthersAtOnce(t *testing.T) {
	t.Parallel()
	p, slow := defaultPaces(), 0
	for offers := range int64(2 * offersARound) {
		switch again := p.offerAgain(offers); {
		case again == p.refused:
			slow++
		case again <= 0 || again > fetchPoll/4: // this node would look again before others did
			t.Errorf("after %d offers again in %s", offers, again)
		}
	}
	if slow != 2 {
		t.Errorf("it waited %d times", slow)
	}
}

func TestOffersOf(t *testing.T) {
	t.Parallel()
	for metadata, want := range map[string]int64{"": 0, "{}": 0, `{"snoozes":7}`: 7, `{"snoozes":"x"}`: 0, `{"snoozes":-1}`: 0} {
		if got := offersOf([]byte(metadata)); got != want {
			t.Errorf("%s: %d", metadata, got)
		}
	}
}

func TestEndsSoon(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		from, cursor, total uint64
		took                time.Duration
		want                bool
	}{
		"settled":          {90, 100, 100, time.Second, true},
		"nothing to do":    {100, 100, 100, 0, true},
		"not begun":        {0, 0, 100, time.Minute, false},
		"a second is left": {0, 90, 100, 9 * time.Second, true},
		"ten are left":     {0, 90, 100, 90 * time.Second, false},
	} {
		if got := endsSoon(c.from, c.cursor, c.total, c.took); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
