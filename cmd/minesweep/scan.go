package main

import (
	"context"
	"fmt"
	"os"
	"slices"

	"github.com/spf13/cobra"
	"go4.org/netipx"

	"minesweep"
	"minesweep/db"
	"minesweep/scanner"
)

// scanFlags are the flags of scan.
type scanFlags struct {
	list        string
	ports       string
	engine      string
	rate        int
	per24       int
	inFlight    int
	skipRefused bool
	all         bool
}

func (p *program) scanCommand() *cobra.Command {
	var f scanFlags
	c := &cobra.Command{
		Use:   "scan TARGET…",
		Short: "scan addresses, prefixes and ranges that a grant covers",
		Example: `  minesweep scan 192.0.2.0/24 198.51.100.7 203.0.113.1-203.0.113.40
  minesweep scan -iL suspects.txt --ports all-tiers -o jsonl`,
		RunE: func(c *cobra.Command, args []string) error {
			targets, err := p.targets(f.list, args)
			if err != nil {
				return usage(err)
			}
			ports, err := scanner.ParsePorts(f.ports)
			if err != nil {
				return usage(err)
			}
			if _, err := p.rules(); err != nil {
				return err
			}
			return p.withStore(c.Context(), func(s *db.Store) error {
				return p.scan(c.Context(), s, f, targets, ports)
			})
		},
	}
	f.register(c)
	return c
}

func (f *scanFlags) register(c *cobra.Command) {
	fl := c.Flags()
	fl.StringVar(&f.list, inputList, "", "read targets from `FILE`, one a line; - is standard input; also written -iL")
	fl.StringVarP(&f.ports, "ports", "p", "tier1", "ports as nmap writes them, or tier1, all-tiers")
	fl.StringVar(&f.engine, "engine", "auto", "auto, connect or syn")
	fl.IntVar(&f.rate, "rate", 0, "packets/s of the whole scan (default: what the grants allow)")
	fl.IntVar(&f.per24, "rate-per-24", 0, "packets/s over each /24 (default: what the grants allow)")
	fl.IntVar(&f.inFlight, "in-flight", 0, "connections in flight (default 512)")
	fl.BoolVar(&f.skipRefused, "skip-refused", false, "scan what is allowed and leave out the rest")
	fl.BoolVar(&f.all, "all", false, "show hosts without a sign of mining in the table too")
}

// inputList is the long name of nmap's -iL, which a POSIX flag parser would
// read as -i with the value L.
const inputList = "input-list"

// nmapFlags rewrites -iL where nmap would see it.
func nmapFlags(args []string) []string {
	out := slices.Clone(args)
	for i, a := range out {
		if a == "--" {
			break
		}
		if a == "-iL" {
			out[i] = "--" + inputList
		}
	}
	return out
}

// targets reads the targets of the command line and of the list.
func (p *program) targets(list string, args []string) (*netipx.IPSet, error) {
	var b netipx.IPSetBuilder
	if len(args) > 0 {
		set, err := scanner.ParseTargets(args)
		if err != nil {
			return nil, err
		}
		b.AddSet(set)
	}
	if list != "" {
		set, err := p.readList(list)
		if err != nil {
			return nil, err
		}
		b.AddSet(set)
	}
	if list == "" && len(args) == 0 {
		return nil, fmt.Errorf("scan: no target given, write for example: minesweep scan 192.0.2.0/24")
	}
	set, err := b.IPSet()
	if err != nil {
		return nil, fmt.Errorf("targets: %w", err)
	}
	return set, nil
}

func (p *program) readList(path string) (*netipx.IPSet, error) {
	if path == "-" {
		return scanner.ReadTargets("standard input", p.stdin)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("targets: %w", err)
	}
	defer file.Close()
	return scanner.ReadTargets(path, file)
}

// scan checks the whole input against the scope before the first packet.
func (p *program) scan(ctx context.Context, s *db.Store, f scanFlags, targets *netipx.IPSet, ports []uint16) error {
	scope, err := s.Scope(ctx)
	if err != nil {
		return err
	}
	allowed, refused, err := scope.Split(targets)
	if err != nil {
		return err
	}
	if left := refused.Ranges(); len(left) > 0 {
		if !f.skipRefused {
			return refusal(scope, refused)
		}
		fmt.Fprintf(p.stderr, "minesweep: left out, refused by scope: %s\n", rangesText(left))
	}
	if len(allowed.Ranges()) == 0 {
		return refusal(scope, refused)
	}
	return p.sweep(ctx, s, f, minesweep.Plan{Targets: allowed, Ports: ports})
}
