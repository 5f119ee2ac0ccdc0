package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"minesweep"
	"minesweep/db"
	"minesweep/devices"
)

// cluster is what was seen and not named, and how often.
type cluster struct {
	Hosts    int      `json:"hosts"`
	Kind     string   `json:"kind"` // see the constants
	Vendor   string   `json:"vendor"`
	Model    string   `json:"model"` // as the device wrote it
	Shape    string   `json:"shape"` // what the answers have in common
	Quote    string   `json:"quote"`
	Examples []string `json:"examples"` // addresses, at most five
}

// The kinds of a cluster.
const (
	unknownModel   = "model"   // the vendor is known and the model not in the table
	unknownProduct = "product" // it mines, and nothing says what it is
	unknownAnswer  = "answer"  // it answers, and no rule knows the answer
)

// maxExamples bounds the addresses that a cluster shows.
const maxExamples = 5

var clusterColumns = []column[cluster]{
	{"HOSTS", func(c cluster) string { return fmt.Sprint(c.Hosts) }, 0},
	{"UNKNOWN", func(c cluster) string { return c.Kind }, 0},
	{"VENDOR", func(c cluster) string { return c.Vendor }, 14},
	{"MODEL", func(c cluster) string { return c.Model }, 24},
	{"EXAMPLE", func(c cluster) string { return c.Examples[0] }, 40},
	{"SHAPE", func(c cluster) string { return c.Shape }, 60},
	{"QUOTE", func(c cluster) string { return c.Quote }, 48},
}

func (p *program) fingerprintsUnknown() *cobra.Command {
	var sweep int64
	var all bool
	c := &cobra.Command{
		Use: "unknown", Short: "the inbox: what was seen and not named, alike put together",
		Long: "Show what a sweep saw and the rules could not name: models that no table has, miners of no known\nmake, and answers that no rule knows, alike put together. Plain web servers only with --all.\nNext: minesweep record an example, write a rule, fingerprints check it, relabel.",
		Args: wantArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			return p.withStore(c.Context(), func(s *db.Store) error { return p.unknown(c.Context(), s, sweep, all) })
		},
	}
	c.Flags().Int64Var(&sweep, "sweep", 0, "the sweep of this number (default: the last one)")
	c.Flags().BoolVar(&all, "all", false, "show plain web servers too")
	return c
}

func (p *program) unknown(ctx context.Context, s *db.Store, sweep int64, all bool) error {
	table, err := devices.Load()
	if err != nil {
		return err
	}
	if sweep == 0 {
		sweeps, err := s.Sweeps(ctx)
		if err != nil {
			return err
		}
		if len(sweeps) == 0 {
			return fmt.Errorf("nothing was swept yet, so nothing is unknown; write for example: minesweep scan 192.0.2.0/24")
		}
		sweep = sweeps[len(sweeps)-1].ID
	} else if _, err := s.Sweep(ctx, sweep); err != nil {
		return err
	}
	found := make(map[string]*cluster)
	err = s.Hosts(ctx, sweep, func(h minesweep.Host) error {
		kind := unknownKind(table, h)
		if kind == "" {
			return nil
		}
		replies, err := s.Replies(ctx, sweep, h.Address)
		if err == nil {
			join(found, kind, h, replies, all)
		}
		return err
	})
	if err != nil {
		return err
	}
	return writeRows(p, clusterColumns, largestFirst(found))
}

// unknownKind says what of a host is not named; "" where all is, or nothing
// can be.
func unknownKind(table *devices.Table, h minesweep.Host) string {
	switch h.Verdict {
	case minesweep.Confirmed, minesweep.Suspected:
	case minesweep.Unidentified:
		return unknownAnswer
	case minesweep.DecoyHost, minesweep.Silent:
		return ""
	}
	hardware := h.Class == minesweep.ASIC || h.Class == minesweep.HomeMiner
	switch {
	case h.Class == minesweep.Pool || h.Class == minesweep.Proxy || h.Class == minesweep.Node:
		return "" // a protocol needs no make
	case h.Vendor == "" || (h.Model == "" && !h.Locked):
		return unknownProduct
	case hardware && h.Model != "":
		if _, ok := table.Find(h.Vendor, h.Model); !ok {
			return unknownModel
		}
	}
	return ""
}

// join puts a host into its cluster. A model is told by its name, all else by
// the shape of its answers.
func join(found map[string]*cluster, kind string, h minesweep.Host, replies []minesweep.Reply, all bool) {
	r, ok := telling(replies, h)
	if !ok || (kind == unknownAnswer && webOnly(replies) && !all) {
		return
	}
	shape := shapeOf(r)
	key := strings.Join([]string{kind, h.Vendor, h.Model, shape}, "\x00")
	if kind == unknownModel {
		key = strings.Join([]string{kind, h.Vendor, h.Model}, "\x00")
	}
	c := found[key]
	if c == nil {
		c = &cluster{Kind: kind, Vendor: h.Vendor, Model: h.Model, Shape: shape, Quote: quoteOf(r, h)}
		found[key] = c
	}
	if c.Hosts++; len(c.Examples) < maxExamples {
		c.Examples = append(c.Examples, h.Address.String())
	}
}

// telling picks the answer that says most of a device: the one that evidence
// rests on, failing that one that is no web page, failing that any.
func telling(replies []minesweep.Reply, h minesweep.Host) (minesweep.Reply, bool) {
	best, rank := minesweep.Reply{}, 0
	for _, r := range replies {
		if n := tellingRank(r, h); n > rank {
			best, rank = r, n
		}
	}
	return best, rank > 0
}

func tellingRank(r minesweep.Reply, h minesweep.Host) int {
	switch {
	case len(r.Raw) == 0:
		return 0
	case slices.ContainsFunc(h.Evidence, func(e minesweep.QuotedClaim) bool { return e.Port == r.Target.Port() && e.Probe == r.Probe }):
		return 3
	case !isHTTP(r):
		return 2
	}
	return 1
}

func webOnly(replies []minesweep.Reply) bool {
	return !slices.ContainsFunc(replies, func(r minesweep.Reply) bool { return len(r.Raw) > 0 && !isHTTP(r) })
}

func quoteOf(r minesweep.Reply, h minesweep.Host) string {
	for _, e := range h.Evidence {
		if e.Port == r.Target.Port() && e.Probe == r.Probe {
			return e.Quote
		}
	}
	return clip(string(r.Raw[:min(len(r.Raw), 200)]), 120)
}

func largestFirst(found map[string]*cluster) []cluster {
	out := make([]cluster, 0, len(found))
	for _, key := range slices.Sorted(maps.Keys(found)) {
		out = append(out, *found[key])
	}
	slices.SortStableFunc(out, func(a, b cluster) int { return cmp.Compare(b.Hosts, a.Hosts) })
	return out
}
