package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"syscall"
	"time"

	"minesweep/lab/wire"
)

// pairLimit is how long one sweep may take.
const pairLimit = 10 * time.Minute

// pair sweeps the same targets with one worker and with two, in turns.
func (g *ground) pair(ctx context.Context, now func() time.Time, out io.Writer) error {
	if err := g.authorise(ctx, g.o.prefix, pairRate, pairRate); err != nil {
		return err
	}
	for _, w := range g.workers {
		if err := w.node.Narrow(g.o.uplink); err != nil {
			return err
		}
	}
	var turns []turn
	for range g.o.rounds {
		for _, workers := range []int{1, 2} {
			t, err := g.turn(ctx, workers)
			if err != nil {
				return err
			}
			fmt.Fprintln(out, t)
			turns = append(turns, t)
		}
	}
	floors := pairFloors(turns)
	for _, x := range floors {
		fmt.Fprintln(out, x)
	}
	if g.o.out != "" {
		page := pairReport{machineOf(g.o, now()), g.o.uplink, pairRate, g.o.prefix.String(), len(pairPorts), g.o.lanes, floors, turns}
		if err := writePage(g.o, pairPage, "NODES.md", page, out); err != nil {
			return err
		}
	}
	return verdict(floors)
}

// turn is one sweep by so many workers.
func (g *ground) turn(ctx context.Context, workers int) (t turn, err error) {
	ctx, cancel := context.WithTimeout(ctx, pairLimit)
	defer cancel()
	t.Workers = workers
	r := wire.Responder{Seed: uint32(g.o.seed), OpenOneIn: 1000, RefusePercent: 10, Scope: []netip.Prefix{g.o.prefix}}
	if err := g.cluster.Answer(r); err != nil {
		return t, err
	}
	before := make([]uint64, workers)
	for i, w := range g.workers[:workers] {
		if before[i], err = w.node.Sent(); err != nil {
			return t, err
		}
	}
	from := &store{g.server.SocketURL(database)}
	if err := g.muster(ctx, from, g.workers[:workers]); err != nil {
		return t, err
	}
	sweep, err := g.launch(ctx, from, "--no-questions", "--ports", portText(pairPorts), g.o.prefix.String(),
		"--rate", fmt.Sprint(pairRate), "--rate-per-24", fmt.Sprint(pairRate))
	if err != nil {
		return t, err
	}
	for sleep(ctx, 500*time.Millisecond) {
		if t.state, err = from.state(ctx, sweep); err == nil && t.state.ended() {
			break
		}
	}
	for i, w := range g.workers[:workers] {
		w.end(syscall.SIGTERM)
		sent, err := w.node.Sent()
		if err != nil {
			return t, err
		}
		t.Each = append(t.Each, sent-before[i])
	}
	return t, errors.Join(ctx.Err(), g.measure(ctx, from, sweep, &t))
}

// measure reads what a turn was like on the wire, and what it found.
func (g *ground) measure(ctx context.Context, from *store, sweep int64, t *turn) error {
	found, _, err := from.open(ctx, sweep)
	if err != nil {
		return err
	}
	t.Found = len(found)
	for target := range g.cluster.Responder().Truth([]netip.Prefix{g.o.prefix}, pairPorts) {
		t.Open++
		if _, ok := found[target]; !ok {
			t.Missed++
		}
	}
	line, tally := g.cluster.Timeline(), g.cluster.Tally()
	t.PerSecond, t.Seconds, t.Sent, t.Outside = line.PerSecond(), (line.Last - line.First).Seconds(), tally.SYNs, tally.Outside
	return nil
}
