package scanner

import (
	"errors"
	"testing"
	"time"

	"minesweep"
)

func TestScopeAgeGrowsUntilItIsRead(t *testing.T) {
	clock := newFakeClock()
	b := &book{grants: []minesweep.Grant{grantOf("g", "10.0.0.0/8")}}
	g := newGuard(t, b, clock.now)
	clock.t = clock.t.Add(staleAfter)
	if age, err := g.ScopeAge(), g.Fresh(); age != staleAfter || err != nil {
		t.Errorf("after 10 s: age %s, %v", age, err)
	}
	clock.t = clock.t.Add(time.Second)
	if age, err := g.ScopeAge(), g.Fresh(); age != staleAfter+time.Second || !errors.Is(err, ErrStale) {
		t.Errorf("after 11 s: age %s, %v", age, err)
	}
	if err := g.reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	if age, err := g.ScopeAge(), g.Fresh(); age != 0 || err != nil {
		t.Errorf("read again: age %s, %v", age, err)
	}
}
