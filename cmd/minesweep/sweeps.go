package main

import (
	"fmt"
	"math"
	"strconv"

	"github.com/spf13/cobra"

	"minesweep"
	"minesweep/db"
)

func (p *program) sweepsCommand() *cobra.Command {
	return group("sweeps", "what was swept, when, and how far", p.sweepsList(), p.sweepsShow(), p.sweepsStart(), p.sweepsWatch(),
		p.sweepsPause(), p.sweepsResume(), p.sweepsCancel())
}

// sweepRow is a sweep as sweeps list shows it.
type sweepRow struct {
	ID       int64            `json:"id"`
	Status   string           `json:"status"`
	Started  string           `json:"started"`
	Finished string           `json:"finished"`
	Targets  string           `json:"targets"`
	Total    uint64           `json:"probes"`
	Covered  float64          `json:"covered_percent"`
	Open     uint64           `json:"open"`
	Refused  uint64           `json:"refused"`
	Errors   uint64           `json:"errors"`
	Faults   minesweep.Faults `json:"errors_by_kind"`
	Note     string           `json:"note"`
	Engine   string           `json:"engine"`
	Ports    string           `json:"ports"`
	Seed     uint64           `json:"seed"`
	Shard    uint64           `json:"shard"`
	Shards   uint64           `json:"shards"`
	Passes   uint64           `json:"passes"`
	Asked    uint64           `json:"rate_asked"`       // 0: what the grants allow
	Mean     float64          `json:"rate_mean"`        // 0: not measured
	Peak     uint64           `json:"rate_peak"`        // 0: not measured
	Peak24   uint64           `json:"rate_peak_per_24"` // 0: not measured
	Sent     uint64           `json:"sent"`
	Received uint64           `json:"received"`
	Dropped  uint64           `json:"dropped"`
	Closed   uint64           `json:"closed"`
	Filtered uint64           `json:"filtered"`
	Slowed   uint64           `json:"slowed"`
	Decoys   int              `json:"decoys_held_back"`
}

var sweepColumns = []column[sweepRow]{
	{"ID", func(s sweepRow) string { return strconv.FormatInt(s.ID, 10) }, 0},
	{"STATUS", func(s sweepRow) string { return s.Status }, 0},
	{"ENGINE", func(s sweepRow) string { return s.Engine }, 0},
	{"STARTED", func(s sweepRow) string { return s.Started }, 0},
	{"FINISHED", func(s sweepRow) string { return s.Finished }, 0},
	{"TARGETS", func(s sweepRow) string { return s.Targets }, 0},
	{"PROBES", func(s sweepRow) string { return strconv.FormatUint(s.Total, 10) }, 0},
	{"COVERED", func(s sweepRow) string { return fmt.Sprintf("%.1f %%", s.Covered) }, 0},
	{"OPEN", func(s sweepRow) string { return strconv.FormatUint(s.Open, 10) }, 0},
	{"REFUSED", func(s sweepRow) string { return strconv.FormatUint(s.Refused, 10) }, 0},
	{"ERRORS", func(s sweepRow) string { return byKind(strconv.FormatUint(s.Errors, 10), s.Faults) }, 80},
	{"NOTE", func(s sweepRow) string { return s.Note }, 0},
}

func newSweepRow(s db.Sweep, tally db.Tally) sweepRow {
	r := sweepRow{ID: s.ID, Status: string(s.Status), Started: stamp(s.StartedAt), Finished: stamp(s.FinishedAt),
		Targets: s.Targets, Total: s.Total, Open: s.Open, Refused: s.Refused, Errors: s.Errors, Faults: s.Faults, Note: s.Note, Covered: coverage(s),
		Engine: s.Engine, Seed: s.Seed, Shard: s.Shard, Shards: s.Shards, Passes: s.Passes,
		Asked: s.Rate, Mean: math.Round(meanRate(s)), Peak: s.PeakRate, Peak24: s.PeakPer24,
		Sent: s.Sent, Received: s.Received, Dropped: s.Dropped, Closed: s.Closed, Filtered: s.Filtered,
		Slowed: s.Slowed, Decoys: tally.Sieved}
	r.Ports = portsText(s.Ports)
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
					tally, err := s.Tally(c.Context(), sweep.ID)
					if err != nil {
						return err
					}
					rows[i] = newSweepRow(sweep, tally)
				}
				return writeRows(p, sweepColumns, rows)
			})
		},
	}
}

func (p *program) sweepsShow() *cobra.Command {
	var all, ports bool
	c := &cobra.Command{
		Use: "show ID", Short: "how one sweep went, and its hosts", Args: wantArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			id, err := sweepID(args[0])
			if err != nil {
				return err
			}
			return p.withStore(c.Context(), func(s *db.Store) error {
				sweep, err := s.Sweep(c.Context(), id)
				if err != nil {
					return err
				}
				if err := p.summarise(c.Context(), s, sweep); err != nil {
					return err
				}
				if err := p.summariseLanes(c.Context(), s, sweep); err != nil {
					return err
				}
				if ports {
					return p.showPorts(c.Context(), s, id)
				}
				return p.showSweep(c.Context(), s, id, all)
			})
		},
	}
	c.Flags().BoolVar(&all, "all", false, "show hosts without a sign of mining in the table too")
	c.Flags().BoolVar(&ports, "ports", false, "show its open ports instead of its hosts")
	return c
}

func sweepID(text string) (int64, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, usagef("sweep %q is no number; minesweep sweeps list shows them", text)
	}
	return id, nil
}
