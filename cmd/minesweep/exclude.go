package main

import (
	"github.com/spf13/cobra"

	"minesweep"
	"minesweep/db"
)

func (p *program) excludeCommand() *cobra.Command {
	return group("exclude", "prefixes that no packet may go to", p.excludeAdd(), p.excludeList(), p.excludeRemove())
}

func (p *program) excludeAdd() *cobra.Command {
	var reason string
	c := &cobra.Command{
		Use: "add PREFIX…", Short: "exclude prefixes at once, in running sweeps too",
		Example: `  minesweep exclude add 192.0.2.7 --reason "hospital, asked by phone 2026-11-20"`,
		Args:    wantArgs(cobra.MinimumNArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			if reason == "" {
				return usagef(`exclude: say why: --reason "hospital, asked by phone 2026-11-20"`)
			}
			list := make([]minesweep.Exclusion, len(args))
			for i, text := range args {
				prefix, err := parsePrefix(text)
				if err != nil {
					return usage(err)
				}
				list[i] = minesweep.Exclusion{Prefix: prefix, Reason: reason, CreatedAt: p.now()}
			}
			return p.withStore(c.Context(), func(s *db.Store) error {
				for _, e := range list {
					if err := s.AddExclusion(c.Context(), e); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
	c.Flags().StringVar(&reason, "reason", "", "why (required)")
	return c
}

// exclusionRow is an exclusion as exclude list shows it.
type exclusionRow struct {
	Prefix string `json:"prefix"`
	Reason string `json:"reason"`
	Since  string `json:"since"`
}

var exclusionColumns = []column[exclusionRow]{
	{"PREFIX", func(e exclusionRow) string { return e.Prefix }, 0},
	{"SINCE", func(e exclusionRow) string { return e.Since }, 0},
	{"REASON", func(e exclusionRow) string { return e.Reason }, 0},
}

func (p *program) excludeList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "the exclusions", Args: wantArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			return p.withStore(c.Context(), func(s *db.Store) error {
				list, err := s.Exclusions(c.Context())
				if err != nil {
					return err
				}
				rows := make([]exclusionRow, len(list))
				for i, e := range list {
					rows[i] = exclusionRow{e.Prefix.String(), e.Reason, stamp(e.CreatedAt)}
				}
				return writeRows(p, exclusionColumns, rows)
			})
		},
	}
}

func (p *program) excludeRemove() *cobra.Command {
	return &cobra.Command{
		Use: "remove PREFIX…", Short: "end exclusions", Args: wantArgs(cobra.MinimumNArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			return p.withStore(c.Context(), func(s *db.Store) error {
				for _, text := range args {
					prefix, err := parsePrefix(text)
					if err != nil {
						return usage(err)
					}
					if err := s.RemoveExclusion(c.Context(), prefix); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
}
