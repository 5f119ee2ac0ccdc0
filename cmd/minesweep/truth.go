package main

import (
	"fmt"
	"net/netip"

	"minesweep"
	"minesweep/recordings"
)

// truth holds what the demo found against what its lab knows.
type truth struct {
	of map[netip.Addr]recordings.Want

	miners, decoys, falsely int // confirmed miners, named decoys, others confirmed
}

func (t *truth) add(h minesweep.Host) {
	want := t.of[h.Address].Verdict
	switch {
	case want == minesweep.Confirmed && h.Verdict == want:
		t.miners++
	case want == minesweep.DecoyHost && h.Verdict == want:
		t.decoys++
	case h.Verdict == minesweep.Confirmed:
		t.falsely++
	}
}

func (t truth) String() string {
	want := make(map[minesweep.Verdict]int)
	for _, w := range t.of {
		want[w.Verdict]++
	}
	innocent := len(t.of) - want[minesweep.Confirmed] - want[minesweep.DecoyHost]
	text := fmt.Sprintf("%d of %d miners confirmed, %d of %d other hosts confirmed, %d of %d decoys named",
		t.miners, want[minesweep.Confirmed], t.falsely, innocent, t.decoys, want[minesweep.DecoyHost])
	if missed := want[minesweep.Confirmed] - t.miners + want[minesweep.DecoyHost] - t.decoys; missed > 0 {
		text += fmt.Sprintf("; %d missed", missed)
	}
	return text
}
