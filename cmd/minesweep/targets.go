package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go4.org/netipx"

	"minesweep"
	"minesweep/db"
	"minesweep/scanner"
)

// targetFlags say what scan is to cover, beside its arguments.
type targetFlags struct {
	list   string
	noDNS  bool
	known  bool
	assets assetFlags // narrow known
}

func (f *targetFlags) register(c *cobra.Command) {
	fl := c.Flags()
	fl.StringVar(&f.list, inputList, "", "read targets from `FILE`, one a line; - is standard input; also written -iL")
	fl.BoolVarP(&f.noDNS, "no-dns", "n", false, "refuse host names instead of resolving them")
	fl.BoolVar(&f.known, "known", false, "scan where the devices of the asset map were seen last; the filters of assets list narrow it")
	f.assets.register(c)
}

// check refuses filters without anything to filter, and a scan of nothing.
func (f *targetFlags) check(fl *pflag.FlagSet, args []string) error {
	if !f.known {
		var filters pflag.FlagSet
		(&assetFlags{}).set(&filters)
		name := ""
		filters.VisitAll(func(filter *pflag.Flag) {
			if fl.Changed(filter.Name) && name == "" {
				name = filter.Name
			}
		})
		if name != "" {
			return usagef("--%s narrows --known: add --known, or leave it out", name)
		}
	}
	if f.list == "" && len(args) == 0 && !f.known {
		return usagef("scan: no target given, write for example: minesweep scan 192.0.2.0/24")
	}
	return nil
}

// readTargets reads the command line and the list and resolves the names in them.
func (p *program) readTargets(ctx context.Context, f targetFlags, args []string) (*scanner.TargetList, error) {
	list := &scanner.TargetList{Names: !f.noDNS}
	if len(args) > 0 {
		if err := list.Words(args); err != nil {
			return nil, usage(err)
		}
	}
	if f.list != "" {
		if err := p.readList(list, f.list); err != nil {
			return nil, usage(err)
		}
	}
	err := list.Resolve(ctx, p.lookup)
	if errors.Is(err, context.Canceled) {
		return nil, err
	}
	return list, usage(err)
}

func (p *program) readList(list *scanner.TargetList, path string) error {
	if path == "-" {
		return list.Read("standard input", p.stdin)
	}
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("targets: %w", err)
	}
	defer file.Close()
	return list.Read(path, file)
}

// targets adds the known devices to what was read.
func (p *program) targets(ctx context.Context, s *db.Store, f targetFlags, list *scanner.TargetList) (*netipx.IPSet, error) {
	if f.known {
		if err := p.addKnown(ctx, s, f.assets, list); err != nil {
			return nil, err
		}
	}
	set, err := list.Set()
	if err == nil && len(set.Ranges()) == 0 {
		err = usagef("--known: no device of the map fits, minesweep assets list shows which there are")
	}
	return set, err
}

func (p *program) addKnown(ctx context.Context, s *db.Store, f assetFlags, list *scanner.TargetList) error {
	filter, err := f.read(p.now())
	if err != nil {
		return usage(err)
	}
	return s.Assets(ctx, filter, func(a minesweep.Asset) error {
		list.Add(a.Host.Address)
		return nil
	})
}
