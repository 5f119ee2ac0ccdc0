package main

import (
	"context"
	"fmt"
	"net/netip"
	"strconv"

	"github.com/spf13/cobra"

	"minesweep"
	"minesweep/db"
)

func (p *program) relabelCommand() *cobra.Command {
	var dry bool
	var only int64
	c := &cobra.Command{
		Use: "relabel", Short: "judge stored replies again by the rules of today; no packet leaves",
		Long: "Judge the stored replies of every sweep again, by the built-in rules and those of --fingerprints,\nand show what changes. A host that had no reply stays as it is. No packet leaves.",
		Example: `  minesweep relabel --dry-run --fingerprints ./rules
  minesweep relabel --sweep 12`,
		Args: wantArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			return p.withStore(c.Context(), func(s *db.Store) error { return p.relabel(c.Context(), s, only, dry) })
		},
	}
	c.Flags().BoolVar(&dry, "dry-run", false, "show what would change and store nothing")
	c.Flags().Int64Var(&only, "sweep", 0, "only the sweep of this number")
	return c
}

// relabelled is one host that the rules of today judge otherwise.
type relabelled struct {
	Sweep   int64    `json:"sweep"`
	Address string   `json:"address"`
	Changes []change `json:"changes"`
}

var relabelColumns = []column[relabelled]{
	{"SWEEP", func(r relabelled) string { return strconv.FormatInt(r.Sweep, 10) }, 0},
	{"ADDRESS", func(r relabelled) string { return r.Address }, 40},
	{"CHANGES", func(r relabelled) string { return changesText(r.Changes) }, 120},
}

// relabel judges all hosts of the sweeps; what changed is stored host by host,
// so that a crash leaves each either old or new.
func (p *program) relabel(ctx context.Context, s *db.Store, only int64, dry bool) error {
	judge, err := p.rejudge(ctx, s)
	if err != nil {
		return err
	}
	sweeps, err := sweepsOf(ctx, s, only)
	if err != nil {
		return err
	}
	w := newRowWriter(p, relabelColumns)
	seen, changed := 0, 0
	for _, sweep := range sweeps {
		err := s.Relabel(ctx, sweep.ID, func(x db.Stored) (minesweep.Host, bool, error) {
			seen++
			host, ok := judge(sweep, x)
			changes := changesOf(x.Host, host)
			if !ok || len(changes) == 0 {
				return host, false, nil
			}
			changed++
			return host, !dry, w.write(relabelled{sweep.ID, x.Host.Address.String(), changes})
		})
		if err != nil {
			return err
		}
	}
	if err := w.close(); err != nil {
		return err
	}
	said := fmt.Sprintf("%d hosts judged again, %d changed", seen, changed)
	if dry {
		p.notice(said + "; dry run, nothing stored")
		return nil
	}
	p.notice(said)
	return s.Note(ctx, "relabel", said)
}

func sweepsOf(ctx context.Context, s *db.Store, only int64) ([]db.Sweep, error) {
	if only == 0 {
		return s.Sweeps(ctx)
	}
	sweep, err := s.Sweep(ctx, only)
	return []db.Sweep{sweep}, err
}

// rejudge returns what judges a stored host by the rules of today; false where
// nothing is left to judge it by.
func (p *program) rejudge(ctx context.Context, s *db.Store) (func(db.Sweep, db.Stored) (minesweep.Host, bool), error) {
	rules, m, err := p.judges(ctx, s)
	if err != nil {
		return nil, err
	}
	grants, err := s.Grants(ctx)
	if err != nil {
		return nil, err
	}
	return func(sweep db.Sweep, x db.Stored) (minesweep.Host, bool) {
		if len(x.Replies) == 0 {
			return x.Host, false
		}
		return m.Assess(minesweep.Observation{
			Address: x.Host.Address, Ports: x.Ports, PortsSwept: len(sweep.Ports), Replies: x.Replies,
			Evidence: rules.Judge(x.Replies), Grant: privacyGrant(grants, x.Host.Address), At: x.Host.LastSeen,
		}), true
	}, nil
}

// privacyGrant returns the grant that decides how much of a stored host may be
// shown: the narrowest over its address, valid today or not. Where none is
// left, it is taken for a person's.
func privacyGrant(grants []minesweep.Grant, addr netip.Addr) *minesweep.Grant {
	best, bits := &minesweep.Grant{Privacy: minesweep.Individual}, -1
	for i := range grants {
		for _, prefix := range grants[i].Prefixes {
			if prefix.Contains(addr) && prefix.Bits() > bits {
				best, bits = &grants[i], prefix.Bits()
			}
		}
	}
	return best
}
