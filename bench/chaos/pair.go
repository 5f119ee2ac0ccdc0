package main

import (
	_ "embed"
	"fmt"
	"slices"
)

//go:embed nodes.md.tmpl
var pairPage string

// pairPorts are swept by one worker and by two.
var pairPorts = []uint16{1, 2, 3, 4}

const (
	pairRate  = 300_000 // the budget: more than two uplinks take
	pairLanes = 4
	pairRatio = 1.8 // of one worker's rate, promised of two
)

// turn is a sweep by some workers.
type turn struct {
	Workers             int
	PerSecond, Seconds  float64 // on the wire, from the first packet to the last
	Sent, Outside       uint64
	Each                []uint64 // packets of each worker
	Open, Found, Missed int
	state               state
}

func (t turn) String() string {
	return fmt.Sprintf("%d workers: %.0f packets/s, %d packets in %.1f s, by worker %d; %d of %d open ports found, %s",
		t.Workers, t.PerSecond, t.Sent, t.Seconds, t.Each, t.Found, t.Open, t.state.status)
}

// pairReport is what the page shows.
type pairReport struct {
	Machine machine
	Uplink  uint64
	Rate    int
	Targets string
	Ports   int
	Lanes   int
	Floors  []floor
	Turns   []turn
}

// pairFloors judges turns that follow each other, one worker and then two.
func pairFloors(turns []turn) []floor {
	var ratios []float64
	whole, outside := true, uint64(0)
	for i, t := range turns {
		whole = whole && t.state.status == "done" && t.Open > 0 && t.Found == t.Open && t.Missed == 0
		outside += t.Outside
		if i%2 == 1 && turns[i-1].PerSecond > 0 {
			ratios = append(ratios, t.PerSecond/turns[i-1].PerSecond)
		}
	}
	slices.Sort(ratios)
	measured, holds := "not measured", false
	if n := len(ratios); n > 0 {
		middle := (ratios[(n-1)/2] + ratios[n/2]) / 2
		measured, holds = fmt.Sprintf("%.2f, the median of %d (%.2f to %.2f)", middle, n, ratios[0], ratios[n-1]), middle >= pairRatio
	}
	return []floor{
		{fmt.Sprintf("two workers send %.1f × as fast as one, or more", pairRatio), measured, holds},
		{"each sweep ends and finds all that is open", fmt.Sprintf("%d sweeps", len(turns)), whole && len(turns) > 0},
		{"no packet goes out of scope", fmt.Sprint(outside), outside == 0 && len(turns) > 0},
	}
}
