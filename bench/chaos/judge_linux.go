package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"time"

	"minesweep"
	"minesweep/lab"
)

// figures measures what became of the sweep.
func (s *storm) figures(ctx context.Context) (f figures, err error) {
	slices.SortFunc(s.done, func(a, b happened) int { return a.from.Compare(b.from) })
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
	if err := s.keep(stints); err != nil {
		return f, err
	}
	s.countWire(&f)
	return f, s.countNodes(&f, stints)
}

// keep writes what the stints were beside the workers' logs, with times in seconds
// since the sweep began.
func (s *storm) keep(stints []stint) error {
	if s.o.logs == "" {
		return nil
	}
	var b bytes.Buffer
	since := func(t time.Time) float64 {
		if t.IsZero() {
			return -1
		}
		return t.Sub(s.began).Seconds()
	}
	fmt.Fprintln(&b, "kind\tlane\trun\tnode\tbegan\tended\tsent\tnote")
	for _, t := range stints {
		fmt.Fprintf(&b, "%s\t%d\t%d\t%s\t%.1f\t%.1f\t%d\t%s\n", t.kind, t.lane, t.run, t.node, since(t.began), since(t.ended), t.sent, t.note)
	}
	for _, h := range s.done {
		fmt.Fprintf(&b, "# %.1f to %.1f\t%s\tat %s\n", since(h.from), since(h.to), h, h.from.UTC().Format("15:04:05.0"))
	}
	return os.WriteFile(filepath.Join(s.o.logs, "stints.tsv"), b.Bytes(), 0o644)
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
	f.identities = identities(s.devices, hosts)
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

// identities counts the miners that tell themselves apart: some of a fleet have
// one serial number.
func identities(devices []lab.Simulated, hosts map[netip.Addr]minesweep.Host) int {
	keys := make(map[string]bool)
	for _, d := range devices {
		h, found := hosts[d.Address]
		if !found {
			h.Address = d.Address
		}
		keys[h.AssetKey()] = true
	}
	return len(keys)
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
