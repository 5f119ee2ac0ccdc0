package main

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"minesweep/db"
	"minesweep/schedules"
)

func (p *program) nodesCommand() *cobra.Command {
	return group("nodes", "who takes lanes of sweeps", p.nodesList())
}

// nodeRow is a node as nodes list shows it.
type nodeRow struct {
	Name    string   `json:"name"`
	Region  string   `json:"region"`
	State   string   `json:"state"` // alive, silent or stopped
	Doing   string   `json:"doing"`
	Engines []string `json:"engines"`
	Version string   `json:"version"`
	Host    string   `json:"host"`
	PID     int      `json:"pid"`
	Skew    float64  `json:"skew_s"` // of its clock, ahead of the database's
	Fault   string   `json:"fault"`  // why it takes no lane; "" it does
	Started string   `json:"started"`
	Heard   string   `json:"heard"`
}

var nodeColumns = []column[nodeRow]{
	{"NAME", func(n nodeRow) string { return n.Name }, 0},
	{"REGION", func(n nodeRow) string { return n.Region }, 0},
	{"STATE", func(n nodeRow) string { return n.State }, 0},
	{"DOING", func(n nodeRow) string { return cmp.Or(n.Fault, n.Doing) }, 80},
	{"ENGINES", func(n nodeRow) string { return strings.Join(n.Engines, " ") }, 0},
	{"VERSION", func(n nodeRow) string { return n.Version }, 0},
	{"HOST", func(n nodeRow) string { return fmt.Sprintf("%s, process %d", n.Host, n.PID) }, 0},
	{"SKEW", func(n nodeRow) string { return fmt.Sprintf("%+.3f s", n.Skew) }, 0},
	{"STARTED", func(n nodeRow) string { return n.Started }, 0},
	{"HEARD", func(n nodeRow) string { return n.Heard }, 0},
}

func newNodeRow(n db.Node) nodeRow {
	r := nodeRow{
		Name: n.Name, Region: n.Region, State: "silent", Doing: n.Doing, Engines: n.Engines, Version: n.Version,
		Host: n.Owner.Host, PID: n.Owner.PID, Skew: n.Skew.Round(time.Millisecond).Seconds(), Fault: schedules.Unfit(n),
		Started: stamp(n.StartedAt), Heard: stamp(n.Heartbeat),
	}
	switch {
	case !n.StoppedAt.IsZero():
		r.State, r.Doing = "stopped", ""
	case n.Alive && alive(n.Owner): // of this host it is seen
		r.State = "alive"
	}
	return r
}

func (p *program) nodesList() *cobra.Command {
	var all bool
	c := &cobra.Command{
		Use: "list", Short: "the nodes, what they do, and what they can", Args: wantArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			return p.withStore(c.Context(), func(s *db.Store) error {
				nodes, err := s.Nodes(c.Context())
				if err != nil {
					return err
				}
				var rows []nodeRow
				for _, n := range nodes {
					if r := newNodeRow(n); all || r.State != "stopped" {
						rows = append(rows, r)
					}
				}
				return writeRows(p, nodeColumns, rows)
			})
		},
	}
	c.Flags().BoolVar(&all, "all", false, "show those that have stopped too")
	return c
}
