package main

import (
	"fmt"
	"time"
)

// results are all that was measured.
type results struct {
	unlimited []pair
	slash8    []pair
	rates     []run
	prefixes  []pair // 10,000 prefixes as ours, one as theirs
	strict    []run  // on 10,000 prefixes, each packet held against them
	cuts      []cut
	failures  []failure

	ownRuns int    // of minesweep, by either engine
	outside uint64 // packets of those to what they were not to sweep
}

// failure is a run that gave no figures.
type failure struct {
	ours bool
	text string
}

// cut is what an exclusion did to a running sweep.
type cut struct {
	perSecond float64
	before    uint64        // packets to the excluded prefix before
	after     uint64        // and after the command was typed
	last      time.Duration // the last of them, after the command was typed
	wentOn    time.Duration // the last packet to anywhere, likewise
	outside   uint64
}

func (c cut) String() string {
	return fmt.Sprintf("exclusion at %.0f packets/s: last packet to it %.2f s after (%d more, %d before), the sweep went on for %.1f s",
		c.perSecond, c.last.Seconds(), c.after, c.before, c.wentOn.Seconds())
}

func (r *results) note(one run, ours bool) {
	if ours {
		r.ownRuns++
		r.outside += one.outside
	}
}

// of returns the pairs with one peer.
func of(pairs []pair, peer string) []pair {
	var out []pair
	for _, p := range pairs {
		if p.theirs.program == peer {
			out = append(out, p)
		}
	}
	return out
}

func ours(pairs []pair) []run   { return sides(pairs, func(p pair) run { return p.ours }) }
func theirs(pairs []pair) []run { return sides(pairs, func(p pair) run { return p.theirs }) }

func sides(pairs []pair, side func(pair) run) []run {
	out := make([]run, len(pairs))
	for i, p := range pairs {
		out[i] = side(p)
	}
	return out
}

// rated returns the runs of a program at a rate, with GRO or without.
func (r *results) rated(program string, rate int, gro bool) []run {
	var out []run
	for _, one := range r.rates {
		if one.program == program && one.job.rate == rate && one.gro == gro {
			out = append(out, one)
		}
	}
	return out
}
