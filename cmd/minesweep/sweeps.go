package main

import (
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"minesweep/db"
)

func (p *program) sweepsCommand() *cobra.Command {
	return group("sweeps", "what was swept, when, and how far", p.sweepsList(), p.sweepsShow())
}

// sweepRow is a sweep as sweeps list shows it.
type sweepRow struct {
	ID       int64   `json:"id"`
	Status   string  `json:"status"`
	Started  string  `json:"started"`
	Finished string  `json:"finished"`
	Targets  string  `json:"targets"`
	Total    uint64  `json:"probes"`
	Covered  float64 `json:"covered_percent"`
	Open     uint64  `json:"open"`
	Refused  uint64  `json:"refused"`
	Errors   uint64  `json:"errors"`
	Note     string  `json:"note"`
}

var sweepColumns = []column[sweepRow]{
	{"ID", func(s sweepRow) string { return strconv.FormatInt(s.ID, 10) }, 0},
	{"STATUS", func(s sweepRow) string { return s.Status }, 0},
	{"STARTED", func(s sweepRow) string { return s.Started }, 0},
	{"FINISHED", func(s sweepRow) string { return s.Finished }, 0},
	{"TARGETS", func(s sweepRow) string { return s.Targets }, 0},
	{"PROBES", func(s sweepRow) string { return strconv.FormatUint(s.Total, 10) }, 0},
	{"COVERED", func(s sweepRow) string { return fmt.Sprintf("%.1f %%", s.Covered) }, 0},
	{"OPEN", func(s sweepRow) string { return strconv.FormatUint(s.Open, 10) }, 0},
	{"REFUSED", func(s sweepRow) string { return strconv.FormatUint(s.Refused, 10) }, 0},
	{"ERRORS", func(s sweepRow) string { return strconv.FormatUint(s.Errors, 10) }, 0},
	{"NOTE", func(s sweepRow) string { return s.Note }, 0},
}

func newSweepRow(s db.Sweep) sweepRow {
	r := sweepRow{ID: s.ID, Status: string(s.Status), Started: stamp(s.StartedAt), Finished: stamp(s.FinishedAt),
		Targets: s.Targets, Total: s.Total, Open: s.Open, Refused: s.Refused, Errors: s.Errors, Note: s.Note, Covered: 100}
	if s.Total > 0 {
		r.Covered = 100 * float64(s.Cursor) / float64(s.Total)
	}
	return r
}

func (p *program) sweepsList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "all sweeps, the newest last", Args: wantArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			return p.withStore(c.Context(), func(s *db.Store) error {
				sweeps, err := s.Sweeps(c.Context())
				if err != nil {
					return err
				}
				rows := make([]sweepRow, len(sweeps))
				for i, sweep := range sweeps {
					rows[i] = newSweepRow(sweep)
				}
				return writeRows(p, sweepColumns, rows)
			})
		},
	}
}

func (p *program) sweepsShow() *cobra.Command {
	var all bool
	c := &cobra.Command{
		Use: "show ID", Short: "the hosts of one sweep", Args: wantArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			id, err := strconv.ParseInt(args[0], 10, 64)
			if err != nil {
				return usagef("sweep %q is no number; minesweep sweeps list shows them", args[0])
			}
			return p.withStore(c.Context(), func(s *db.Store) error {
				sweep, err := s.Sweep(c.Context(), id)
				if err != nil {
					return err
				}
				p.summarise(sweep)
				return p.showHosts(c.Context(), s, id, all)
			})
		},
	}
	c.Flags().BoolVar(&all, "all", false, "show hosts without a sign of mining in the table too")
	return c
}
