package main

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"minesweep"
	"minesweep/db"
)

func (p *program) grantCommand() *cobra.Command {
	return group("grant", "authority to probe prefixes", p.grantAdd(), p.grantList(), p.grantRevoke())
}

// grantFlags are the fields of a grant as they are written on a command line.
type grantFlags struct {
	authority, basis, contact string
	from, to                  string
	window, zone              string
	rate, per24, perPrefix    int
	privacy                   string
}

func (p *program) grantAdd() *cobra.Command {
	var f grantFlags
	c := &cobra.Command{
		Use:     "add NAME PREFIX…",
		Short:   "record that somebody gave authority over prefixes",
		Example: `  minesweep grant add campus 192.0.2.0/24 --authority "Network Centre" --basis "order 12/2026" --contact noc@example.edu`,
		Args:    wantArgs(cobra.MinimumNArgs(2)),
		RunE: func(c *cobra.Command, args []string) error {
			g, err := f.grant(args[0], args[1:], p.now())
			if err != nil {
				return usage(err)
			}
			return p.withStore(c.Context(), func(s *db.Store) error { return s.AddGrant(c.Context(), g) })
		},
	}
	fl := c.Flags()
	fl.StringVar(&f.authority, "authority", "", "who gave the authority (required)")
	fl.StringVar(&f.basis, "basis", "", "the law, contract or order it rests on (required)")
	fl.StringVar(&f.contact, "contact", "", "who answers a complaint")
	fl.StringVar(&f.from, "from", "", "first day, 2026-12-01 or RFC 3339 (default now)")
	fl.StringVar(&f.to, "to", "", "day it ends, itself not included")
	fl.StringVar(&f.window, "window", "", "allowed hours, 00:30-06:30 (default all)")
	fl.StringVar(&f.zone, "tz", "UTC", "time zone of --window, --from and --to, such as Asia/Shanghai")
	fl.IntVar(&f.rate, "rate", minesweep.DefaultRate, "packets/s over the whole grant")
	fl.IntVar(&f.per24, "rate-per-24", minesweep.DefaultRatePer24, "packets/s over each /24")
	fl.IntVar(&f.perPrefix, "rate-per-prefix", 0, "packets/s over each prefix of the grant (default: no such bound)")
	fl.StringVar(&f.privacy, "privacy", string(minesweep.Individual), "individual (keyed hashes only) or organisation")
	return c
}

func (f grantFlags) grant(name string, prefixes []string, now time.Time) (minesweep.Grant, error) {
	g := minesweep.Grant{
		Name: name, Authority: f.authority, Basis: f.basis, Contact: f.contact,
		Rate: f.rate, RatePer24: f.per24, RatePerPrefix: f.perPrefix, Privacy: minesweep.Privacy(f.privacy), CreatedAt: now,
	}
	if f.authority == "" || f.basis == "" {
		return g, fmt.Errorf(`grant %s: say who gave the authority and on what basis: --authority "Network Centre" --basis "order 12/2026"`, name)
	}
	if f.rate == 0 || f.per24 == 0 {
		return g, fmt.Errorf("grant %s: a rate of 0 packets/s sends nothing, write for example --rate 1000 --rate-per-24 100", name)
	}
	if _, err := parseDay("--tz", now.Format(time.DateOnly), f.zone, now); err != nil {
		return g, err
	}
	var err error
	for _, text := range prefixes {
		prefix, err := parsePrefix(text)
		if err != nil {
			return g, err
		}
		g.Prefixes = append(g.Prefixes, prefix)
	}
	if g.Window, err = minesweep.ParseWindow(f.window, f.zone); err != nil {
		return g, err
	}
	if g.ValidFrom, err = parseDay("--from", f.from, f.zone, now); err != nil {
		return g, err
	}
	if g.ValidTo, err = parseDay("--to", f.to, f.zone, time.Time{}); err != nil {
		return g, err
	}
	return g, g.Validate()
}

// parsePrefix reads a prefix, or an address as a prefix of itself alone.
func parsePrefix(text string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(text); err == nil && addr.Zone() == "" {
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("%q is not a prefix, write for example 192.0.2.0/24", text)
	}
	if prefix != prefix.Masked() {
		return netip.Prefix{}, fmt.Errorf("prefix %s has bits set behind its length, write %s", text, prefix.Masked())
	}
	return prefix, nil
}

// parseDay reads a date in the zone, or an RFC 3339 instant; "" gives other.
func parseDay(flag, text, zone string, other time.Time) (time.Time, error) {
	if text == "" {
		return other, nil
	}
	loc, err := time.LoadLocation(zone)
	if err != nil {
		return time.Time{}, fmt.Errorf("time zone %q is not known, write for example Asia/Shanghai", zone)
	}
	if t, err := time.ParseInLocation(time.DateOnly, text, loc); err == nil {
		return t, nil
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	return time.Time{}, fmt.Errorf("%s %q is not a date, write for example 2026-12-01", flag, text)
}

func (p *program) grantList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "the grants and whether they hold now", Args: wantArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			return p.withStore(c.Context(), func(s *db.Store) error {
				grants, err := s.Grants(c.Context())
				if err != nil {
					return err
				}
				rows := make([]grantRow, len(grants))
				for i, g := range grants {
					rows[i] = newGrantRow(g, p.now())
				}
				return writeRows(p, grantColumns, rows)
			})
		},
	}
}

// grantRow is a grant as grant list shows it.
type grantRow struct {
	Name      string   `json:"name"`
	Prefixes  []string `json:"prefixes"`
	Authority string   `json:"authority"`
	Basis     string   `json:"basis"`
	Contact   string   `json:"contact"`
	From      string   `json:"valid_from"`
	To        string   `json:"valid_to"`
	Window    string   `json:"window"`
	Rate      int      `json:"rate"`
	Per24     int      `json:"rate_per_24"`
	PerPrefix int      `json:"rate_per_prefix"` // 0: no such bound
	Privacy   string   `json:"privacy"`
	Standing  string   `json:"standing"` // "in force", or why not
}

var grantColumns = []column[grantRow]{
	{"NAME", func(g grantRow) string { return g.Name }, 0},
	{"PREFIXES", func(g grantRow) string { return strings.Join(g.Prefixes, " ") }, 0},
	{"AUTHORITY", func(g grantRow) string { return g.Authority }, 0},
	{"BASIS", func(g grantRow) string { return g.Basis }, 0},
	{"UNTIL", func(g grantRow) string { return g.To }, 0},
	{"HOURS", func(g grantRow) string { return g.Window }, 0},
	{"RATE", grantRow.rates, 0},
	{"PRIVACY", func(g grantRow) string { return g.Privacy }, 0},
	{"STANDING", func(g grantRow) string { return g.Standing }, 0},
}

func (g grantRow) rates() string {
	text := fmt.Sprintf("%d/s, %d/s per /24", g.Rate, g.Per24)
	if g.PerPrefix > 0 {
		text += fmt.Sprintf(", %d/s per prefix", g.PerPrefix)
	}
	return text
}

func newGrantRow(g minesweep.Grant, now time.Time) grantRow {
	r := grantRow{Name: g.Name, Authority: g.Authority, Basis: g.Basis, Contact: g.Contact,
		From: stamp(g.ValidFrom), To: stamp(g.ValidTo), Window: g.Window.String(),
		PerPrefix: g.RatePerPrefix, Privacy: string(g.Privacy), Standing: g.Standing(now)}
	r.Rate, r.Per24 = g.Budget()
	if r.Privacy == "" {
		r.Privacy = string(minesweep.Individual)
	}
	if r.Standing == "" {
		r.Standing = "in force"
	}
	for _, prefix := range g.Prefixes {
		r.Prefixes = append(r.Prefixes, prefix.String())
	}
	return r
}

// stamp writes a time as RFC 3339 UTC, and the zero time as nothing.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func (p *program) grantRevoke() *cobra.Command {
	return &cobra.Command{
		Use: "revoke NAME", Short: "end a grant now", Args: wantArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			return p.withStore(c.Context(), func(s *db.Store) error { return s.RevokeGrant(c.Context(), args[0]) })
		},
	}
}
