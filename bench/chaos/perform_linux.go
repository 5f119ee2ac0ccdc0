package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// perform does the work that was asked for and judges it.
func perform(ctx context.Context, o options, now func() time.Time, out io.Writer) (err error) {
	if o.work == workPair {
		o.workers = 2
	}
	g, err := newGround(ctx, o)
	defer func() { err = errors.Join(err, g.close()) }()
	if err != nil {
		return err
	}
	if o.work == workPair {
		return g.pair(ctx, now, out)
	}
	return g.storm(ctx, now, out)
}

func (g *ground) storm(ctx context.Context, now func() time.Time, out io.Writer) error {
	if err := g.people(ctx); err != nil {
		return err
	}
	if err := g.authorise(ctx, stormTargets, g.o.rate, g.o.per24); err != nil {
		return err
	}
	s := &storm{ground: g, out: out, store: &store{g.server.SocketURL(database)}}
	if err := s.rage(ctx, s.forecast()); err != nil {
		return err
	}
	f, err := s.figures(context.WithoutCancel(ctx))
	if err != nil {
		return err
	}
	return conclude(g.o, f, now(), out)
}

// authorise makes the store and gives authority over the targets.
func (g *ground) authorise(ctx context.Context, targets netip.Prefix, rate, per24 int) error {
	_, err := g.minesweep(ctx, "grant", "add", "lab", targets.String(), "--authority", "laboratory", "--basis", "chaos",
		"--privacy", "organisation", "--rate", strconv.Itoa(rate), "--rate-per-24", strconv.Itoa(per24))
	return err
}

// conclude prints and writes the report.
func conclude(o options, f figures, at time.Time, out io.Writer) error {
	floors := f.floors()
	for _, x := range floors {
		fmt.Fprintln(out, x)
	}
	for _, r := range f.recoveries {
		if r.never || r.took > mostRecovery/2 {
			fmt.Fprintln(out, "      slow:", r)
		}
	}
	for _, text := range slices.Concat(f.misnamed, f.unasked) {
		fmt.Fprintln(out, "     ", text)
	}
	if o.out != "" {
		if err := writePage(o, stormPage, "CHAOS.md", reportOf(o, f, at), out); err != nil {
			return err
		}
	}
	return verdict(floors)
}

func verdict(floors []floor) error {
	if slices.ContainsFunc(floors, func(x floor) bool { return !x.holds }) {
		return errFailed
	}
	return nil
}

// portText writes ports as --ports takes them.
func portText(ports []uint16) string {
	out := make([]string, len(ports))
	for i, p := range ports {
		out[i] = strconv.Itoa(int(p))
	}
	return strings.Join(out, ",")
}
