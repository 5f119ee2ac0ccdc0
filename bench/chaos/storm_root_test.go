//go:build root && linux

package main

import (
	"context"
	"strings"
	"testing"
	"time"
)

// TestRootChaosInShort is a storm of some seconds: two workers are killed, one is
// cut off, the database crashes. make chaos is the long one.
func TestRootChaosInShort(t *testing.T) {
	o := testOptions(16 * time.Second)
	g := newTestGround(t, o)
	if err := g.authorise(t.Context(), stormTargets, o.rate, o.per24); err != nil {
		t.Fatal(err)
	}
	s := &storm{ground: g, out: t.Output(), store: &store{g.server.SocketURL(database)}}
	err := s.rage(t.Context(), []mischief{
		{at: 3 * time.Second, kind: kill, node: 0, lasts: 2 * time.Second},
		{at: 5 * time.Second, kind: cut, node: 1, lasts: 8 * time.Second},
		{at: 7 * time.Second, kind: kill, node: 2, lasts: time.Second},
		{at: 10 * time.Second, kind: crash, node: everybody, lasts: time.Second},
	})
	if err != nil {
		t.Fatal(err)
	}
	f, err := s.figures(context.WithoutCancel(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	if len(f.done) != 4 {
		t.Errorf("%d of 4 went wrong before the sweep was over", len(f.done))
	}
	for _, x := range f.floors() {
		t.Log(x)
		// A share of so short a sweep says nothing; make chaos judges it.
		if !x.holds && !strings.Contains(x.Says, "sent again") {
			t.Error(x)
		}
	}
	// What a node loses with a lane is what it sent since its last checkpoint.
	if most := len(f.done) * o.rate; f.again > most {
		t.Errorf("%d probes were sent again, want %d at most", f.again, most)
	}
	for _, text := range append(f.misnamed, f.unasked...) {
		t.Log(text)
	}
}
