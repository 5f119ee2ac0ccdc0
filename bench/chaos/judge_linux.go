package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"time"

	"minesweep"
)

// figures measures what became of the sweep.
func (s *storm) figures(ctx context.Context) (f figures, err error) {
	f = figures{rate: s.o.rate, per24: s.o.per24, devices: len(s.devices), length: time.Since(s.began), done: s.done}
	if f.status, err = s.store.state(ctx, s.sweep); err != nil {
		return f, err
	}
	if err := s.compareOpen(ctx, &f); err != nil {
		return f, err
	}
	if err := s.compareHosts(ctx, &f); err != nil {
		return f, err
	}
	if err := s.countPairs(&f); err != nil {
		return f, err
	}
	stints, err := s.store.stints(ctx, s.sweep)
	if err != nil {
		return f, err
	}
	f.recoveries = recoveries(stints, s.done, s.nameOf)
	s.countWire(&f)
	return f, s.countNodes(&f, stints)
}

func (s *storm) nameOf(node int) string {
	if node == everybody {
		return ""
	}
	return s.workers[node].name
}

func (s *storm) compareOpen(ctx context.Context, f *figures) error {
	settled, twice, err := s.store.open(ctx, s.sweep)
	if err != nil {
		return err
	}
	truth := s.truth()
	f.truth, f.found, f.twice = len(truth), len(settled), twice
	for target := range truth {
		if _, found := settled[target]; !found {
			f.missed++
		}
	}
	for target := range settled {
		if !truth[target] {
			f.untrue++
		}
	}
	stored, err := s.store.questions(ctx, s.sweep)
	f.asked = compareQuestions(s.heard.Received(), stored, settled)
	return err
}

// compareHosts wants each simulated miner named.
func (s *storm) compareHosts(ctx context.Context, f *figures) error {
	out, err := s.minesweep(ctx, "sweeps", "show", fmt.Sprint(s.sweep), "-o", "jsonl")
	if err != nil {
		return err
	}
	hosts := make(map[netip.Addr]minesweep.Host)
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var h minesweep.Host
		if err := json.Unmarshal(lines.Bytes(), &h); err != nil {
			return fmt.Errorf("line %q is no host: %w", lines.Text(), err)
		}
		if _, twice := hosts[h.Address]; twice {
			f.twice++
		}
		hosts[h.Address] = h
	}
	if err := lines.Err(); err != nil {
		return err
	}
	for _, d := range s.devices {
		if err := d.Device.Check(hosts[d.Address]); err != nil {
			f.misnamed = append(f.misnamed, fmt.Sprintf("%s at %s: %v", d.Device.Name, d.Address, err))
			continue
		}
		f.named++
	}
	assets, err := s.store.number(ctx, "SELECT count(*) FROM assets WHERE verdict = 'confirmed'")
	f.assets = int(assets)
	return err
}

// countPairs counts probes that were sent again. What is open gets connections
// with questions as well, which are SYNs too, and is left out.
func (s *storm) countPairs(f *figures) error {
	seen, err := s.cluster.Seen()
	if err != nil {
		return err
	}
	open := s.truth()
	for target, n := range seen.All() {
		f.pairs++
		switch {
		case n == 0:
			f.never++
		case n > 1 && !open[target]:
			f.again += int(n) - 1
		}
	}
	return nil
}

func (s *storm) countWire(f *figures) {
	tally, line := s.cluster.Tally(), s.cluster.Timeline()
	f.sent, f.outside = tally.SYNs, tally.Outside
	f.mean, f.peak = line.PerSecond(), line.Max(time.Second)
	for i := range s.cluster.Responder().Watch {
		f.peak24 = max(f.peak24, s.cluster.Watched(i).Max(time.Second))
	}
}

func (s *storm) countNodes(f *figures, stints []stint) error {
	var all uint64
	for _, w := range s.workers {
		n := nodeFigures{Name: w.name}
		var err error
		if n.Sent, err = w.node.Sent(); err != nil {
			return err
		}
		all += n.Sent
		for _, t := range stints {
			if t.node == w.name {
				n.Stints++
			}
		}
		for _, h := range s.done {
			if s.nameOf(h.node) != w.name {
				continue
			}
			switch h.kind {
			case kill:
				n.Kills++
			case term:
				n.Terms++
			case cut:
				n.Cuts++
			case crash, restart:
			}
		}
		f.nodes = append(f.nodes, n)
		f.unasked = append(f.unasked, w.endedUnasked()...)
	}
	if frames := s.cluster.Tally().Frames; all > frames {
		f.lost = all - frames
	}
	return nil
}
