package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"go4.org/netipx"

	"minesweep"
	"minesweep/db"
	"minesweep/lab"
	"minesweep/mapper"
	"minesweep/scanner"
)

func (p *program) demoCommand() *cobra.Command {
	return &cobra.Command{
		Use: "demo", Short: "sweep a simulated network on 127.0.0.0/8 and show its map",
		Long: "Start simulated miners and innocent hosts on 127.0.0.0/8, grant that network in a\ntemporary store, sweep it and show the map. Needs no root and leaves nothing behind.",
		Args: wantArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error { return p.demo(c.Context()) },
	}
}

func (p *program) demo(ctx context.Context) (err error) {
	dir, err := os.MkdirTemp("", "minesweep-demo-")
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	hosts, err := lab.Demo()
	if err != nil {
		return err
	}
	network, err := lab.Start(ctx, hosts)
	if err != nil {
		return err
	}
	defer network.Close()
	p.settings.db = "sqlite://" + filepath.Join(dir, "minesweep.db")
	return p.withStore(ctx, func(s *db.Store) error { return p.demoSweep(ctx, s, network) })
}

// demoSweep grants the lab's network, sweeps it and prints the map.
func (p *program) demoSweep(ctx context.Context, s *db.Store, network *lab.Lab) error {
	targets, prefixes, err := networkPrefixes(network)
	if err != nil {
		return err
	}
	now := p.now()
	if err := s.AddGrant(ctx, minesweep.Grant{
		Name: "demo", Prefixes: prefixes, Authority: "you, on your own machine", Basis: "demonstration",
		ValidFrom: now, ValidTo: now.Add(time.Hour), Rate: 20000, RatePer24: 5000,
		Privacy: minesweep.Organisation, CreatedAt: now,
	}); err != nil {
		return err
	}
	excluded := netip.MustParsePrefix("127.77.0.250/32")
	if err := s.AddExclusion(ctx, minesweep.Exclusion{Prefix: excluded, Reason: "asked not to be probed", CreatedAt: now}); err != nil {
		return err
	}
	f := sweepFlags{engine: "connect"}
	id, refused, err := p.demoScan(ctx, s, f, targets)
	if err != nil {
		return err
	}
	if err := p.showHosts(ctx, s, id, false); err != nil {
		return err
	}
	if p.settings.format != "table" {
		return nil
	}
	var sum mapper.Summary
	score := truth{of: network.Truth()}
	if err := s.Hosts(ctx, id, func(h minesweep.Host) error { sum.Add(h); score.add(h); return nil }); err != nil {
		return err
	}
	if err := p.printSummary(sum); err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.stdout, "%-10s %s, excluded; nothing was sent there\n%-10s %d named\n%-10s %s\n",
		"refused", refused, "decoys", score.decoys, "truth", score)
	return err
}

// demoScan sweeps what the scope allows of the targets and names what it refused.
func (p *program) demoScan(ctx context.Context, s *db.Store, f sweepFlags, targets *netipx.IPSet) (int64, string, error) {
	scope, err := s.Scope(ctx)
	if err != nil {
		return 0, "", err
	}
	allowed, refused, err := scope.Split(targets)
	if err != nil {
		return 0, "", err
	}
	id, err := p.cover(ctx, s, f, minesweep.Plan{Targets: allowed, Ports: scanner.AllTiers(), Shards: 1, Passes: 1})
	return id, rangesText(refused.Ranges()), err
}

// networkPrefixes returns the /24s in which the lab has a host.
func networkPrefixes(network *lab.Lab) (*netipx.IPSet, []netip.Prefix, error) {
	var b netipx.IPSetBuilder
	for addr := range network.Truth() {
		prefix, err := addr.Prefix(24)
		if err != nil {
			return nil, nil, fmt.Errorf("demo: %w", err)
		}
		b.AddPrefix(prefix)
	}
	set, err := b.IPSet()
	if err != nil {
		return nil, nil, fmt.Errorf("demo: %w", err)
	}
	return set, set.Prefixes(), nil
}
