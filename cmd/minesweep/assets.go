package main

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"minesweep"
	"minesweep/db"
	"minesweep/mapper"
)

func (p *program) assetsCommand() *cobra.Command {
	return group("assets", "the asset map", p.assetsList(), p.assetsShow(), p.assetsStats())
}

// assetFlags are the filters of assets list and assets stats.
type assetFlags struct {
	filter    db.AssetFilter
	prefix    string
	seenSince string
}

func (f *assetFlags) register(c *cobra.Command) { f.set(c.Flags()) }

func (f *assetFlags) set(fl *pflag.FlagSet) {
	fl.StringVar(&f.filter.Verdict, "verdict", "", "confirmed, suspected or decoy")
	fl.StringVar(&f.filter.Class, "class", "", "asic, gpu-miner, cpu-miner, home-miner, pool, proxy, node or farm-controller")
	fl.StringVar(&f.filter.Vendor, "vendor", "", "vendor, such as Bitmain")
	fl.StringVar(&f.filter.Model, "model", "", `model, such as "Antminer S19 Pro"`)
	fl.StringVar(&f.filter.Algorithm, "algorithm", "", "algorithm, such as sha256d")
	fl.StringVar(&f.prefix, "prefix", "", "seen last in this prefix")
	fl.StringVar(&f.seenSince, "seen-since", "", "seen since a date (2026-11-20) or within a time (36h)")
	fl.IntVar(&f.filter.Limit, "limit", 0, "at most this many (default all)")
}

// read completes and checks the filter.
func (f *assetFlags) read(now time.Time) (db.AssetFilter, error) {
	if err := oneOf("--verdict", f.filter.Verdict, minesweep.Confirmed, minesweep.Suspected, minesweep.DecoyHost); err != nil {
		return f.filter, err
	}
	if err := oneOf("--class", f.filter.Class, minesweep.ASIC, minesweep.GPUMiner, minesweep.CPUMiner, minesweep.HomeMiner,
		minesweep.Pool, minesweep.Proxy, minesweep.Node, minesweep.FarmController); err != nil {
		return f.filter, err
	}
	var err error
	if f.prefix != "" {
		if f.filter.Prefix, err = parsePrefix(f.prefix); err != nil {
			return f.filter, err
		}
	}
	if f.seenSince != "" {
		if d, derr := time.ParseDuration(f.seenSince); derr == nil {
			f.filter.SeenSince = now.Add(-d)
		} else if f.filter.SeenSince, err = parseDay("--seen-since", f.seenSince, "UTC", time.Time{}); err != nil {
			return f.filter, err
		}
	}
	return f.filter, nil
}

func oneOf[T ~string](flag, value string, allowed ...T) error {
	if value == "" {
		return nil
	}
	for _, a := range allowed {
		if string(a) == value {
			return nil
		}
	}
	return fmt.Errorf("%s %q is not known, write one of %v", flag, value, allowed)
}

func (p *program) assetsList() *cobra.Command {
	var f assetFlags
	c := &cobra.Command{
		Use: "list", Short: "devices by filter", Args: wantArgs(cobra.NoArgs),
		Example: `  minesweep assets list --verdict confirmed --class asic --prefix 192.0.2.0/24 -o csv`,
		RunE: func(c *cobra.Command, _ []string) error {
			filter, err := f.read(p.now())
			if err != nil {
				return usage(err)
			}
			return p.withStore(c.Context(), func(s *db.Store) error {
				w := newAssetWriter(p)
				err := s.Assets(c.Context(), filter, w.write)
				if err == nil {
					err = w.close()
				}
				return p.exported(c.Context(), s, err, "assets"+filterText(c.Flags(), new(assetFlags).set), w.rows)
			})
		},
	}
	f.register(c)
	return c
}

func newAssetWriter(p *program) *rowWriter[minesweep.Asset] {
	w := newRowWriter(p, assetColumns())
	w.fields = assetFields()
	return w
}

// assetColumns are those of the host as last seen, between what only an asset has.
func assetColumns() []column[minesweep.Asset] {
	out := []column[minesweep.Asset]{{"KEY", func(a minesweep.Asset) string { return a.Key }, 0}}
	for _, c := range hostColumns {
		out = append(out, column[minesweep.Asset]{c.name, func(a minesweep.Asset) string { return c.value(a.Host) }, c.width})
	}
	return append(out,
		column[minesweep.Asset]{"FIRST SEEN", func(a minesweep.Asset) string { return stamp(a.FirstSeen) }, 0},
		column[minesweep.Asset]{"LAST SEEN", func(a minesweep.Asset) string { return stamp(a.LastSeen) }, 0})
}

func assetFields() []column[minesweep.Asset] {
	out := []column[minesweep.Asset]{
		{"key", func(a minesweep.Asset) string { return a.Key }, 0},
		{"addresses", func(a minesweep.Asset) string { return fmt.Sprint(len(a.Addresses)) }, 0},
	}
	for _, c := range hostFields {
		out = append(out, column[minesweep.Asset]{c.name, func(a minesweep.Asset) string { return c.value(a.Host) }, c.width})
	}
	return append(out, frequencyFields...)
}

func (p *program) assetsShow() *cobra.Command {
	return &cobra.Command{
		Use: "show KEY|ADDRESS", Short: "one device: identity, addresses over time, evidence", Args: wantArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			return p.withStore(c.Context(), func(s *db.Store) error {
				asset, err := s.Asset(c.Context(), args[0])
				if err != nil {
					return err
				}
				if err := readAsset(c.Context(), s, asset); err != nil {
					return err
				}
				if p.settings.format != "table" {
					w := newAssetWriter(p)
					return errors.Join(w.write(asset), w.close())
				}
				return p.printAsset(asset)
			})
		},
	}
}

func (p *program) assetsStats() *cobra.Command {
	var f assetFlags
	c := &cobra.Command{
		Use: "stats", Short: "counts, hashrate by algorithm and energy", Args: wantArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			filter, err := f.read(p.now())
			if err != nil {
				return usage(err)
			}
			return p.withStore(c.Context(), func(s *db.Store) error {
				var sum mapper.Summary
				if err := s.Assets(c.Context(), filter, func(a minesweep.Asset) error { sum.Add(a.Host); return nil }); err != nil {
					return err
				}
				return p.printSummary(sum)
			})
		},
	}
	f.register(c)
	return c
}

// printAsset writes one asset for a person: a field a line.
func (p *program) printAsset(a minesweep.Asset) error {
	h := a.Host
	lines := [][2]string{
		{"key", a.Key}, {"verdict", string(h.Verdict)}, {"class", string(h.Class)}, {"vendor", h.Vendor}, {"model", h.Model},
		{"firmware", h.Firmware}, {"algorithm", h.Algorithm}, {"hashrate", hashrate(h)}, {"power", power(h)}, {"state", h.State},
		{"coin", h.Coin}, {"pool", h.Pool}, {"operator", h.PoolOperator}, {"worker", h.Worker}, {"mac", h.MAC}, {"serial", h.Serial}, {"ports", allPorts(h)},
		{"requests", strconv.Itoa(h.Requests)},
		{"first seen", stamp(a.FirstSeen)}, {"last seen", stamp(a.LastSeen)},
		{"answered", stamp(a.AnsweredAt)}, {"missed", stamp(a.MissedAt)}, {"frequency", frequency(a.Frequency)},
	}
	for _, s := range a.Addresses {
		lines = append(lines, [2]string{"address", fmt.Sprintf("%s, %s to %s", s.Address, stamp(s.FirstSeen), stamp(s.LastSeen))})
	}
	for _, e := range h.Evidence {
		lines = append(lines, [2]string{"evidence", fmt.Sprintf("%s by %s, port %d %s: %s", e.Strength, e.Fingerprint, e.Port, e.Probe, e.Quote)})
	}
	for _, d := range h.Doubts {
		lines = append(lines, [2]string{"doubt", d})
	}
	for _, l := range lines {
		if l[1] == "" {
			continue
		}
		if _, err := fmt.Fprintf(p.stdout, "%-10s  %s\n", l[0], oneLine(l[1])); err != nil {
			return err
		}
	}
	return nil
}
