package main

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"minesweep/db"
)

func (p *program) auditProbes() *cobra.Command {
	var at, zone string
	var within time.Duration
	c := &cobra.Command{
		Use: "probes ADDR", Short: "who probed an address: which sweep and node, when, and what was sent",
		Long: `Say what was sent to an address, and on whose authority: probes of its ports,
questions, verifications between sweeps, and what was asked by hand.

Single probes are not written down. A sweep's order is known, and which steps of
it which node sent from when to when; the time of a probe is taken from where its
step lies between the two, and NOT BEFORE and NOT AFTER are what is certain (the
clocks of nodes may differ by 2 s). What a node sent that died before it could
say so is marked with "perhaps". Bytes are those of IP packets for SYNs and of
what was written for questions; packets of connections are the kernel's and not
counted. A host with suspicious ports may also have been connected to on up to two
further ports, and not been sent a byte there.`,
		Example: "  minesweep audit probes 192.0.2.7 --at '2026-11-20 03:14' --tz Asia/Shanghai\n  minesweep audit probes 192.0.2.7 -o json",
		Args:    wantArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			q, err := parseQuestion(args[0], at, zone, within)
			if err != nil {
				return usage(err)
			}
			return p.withStore(c.Context(), func(s *db.Store) error { return p.whoProbed(c.Context(), s, q) })
		},
	}
	fl := c.Flags()
	fl.StringVar(&at, "at", "", `when, "2026-11-20 03:14" or RFC 3339 (default: ever)`)
	fl.StringVar(&zone, "tz", "UTC", "time zone of --at")
	fl.DurationVar(&within, "within", time.Minute, "how far from --at it may have been")
	return c
}

// question is what audit probes is asked.
type question struct {
	addr     netip.Addr
	from, to time.Time // zero: ever
}

func parseQuestion(addr, at, zone string, within time.Duration) (question, error) {
	a, err := netip.ParseAddr(addr)
	if err != nil || a.Zone() != "" {
		return question{}, fmt.Errorf("%q is not an address, write for example 192.0.2.7", addr)
	}
	q := question{addr: a.Unmap()}
	if within < 0 {
		return q, fmt.Errorf("--within %s is below 0", within)
	}
	if at == "" {
		return q, nil
	}
	loc, err := time.LoadLocation(zone)
	if err != nil {
		return q, fmt.Errorf("time zone %q is not known, write for example Asia/Shanghai", zone)
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05", "2006-01-02 15:04"} {
		if t, err := time.ParseInLocation(layout, at, loc); err == nil {
			q.from, q.to = t.Add(-within), t.Add(within)
			return q, nil
		}
	}
	return q, fmt.Errorf("--at %q is not a time, write for example '2026-11-20 03:14' or 2026-11-20T03:14:00Z", at)
}

// touches reports whether something that lasted from a to b may have been in
// the time that is asked for.
func (q question) touches(a, b time.Time) bool {
	return q.from.IsZero() || !a.After(q.to) && !b.Before(q.from)
}

// probedRow is something that was sent to an address, as audit probes shows it.
type probedRow struct {
	At        string   `json:"at"`
	NotBefore string   `json:"not_before"`
	NotAfter  string   `json:"not_after"`
	What      string   `json:"what"` // syn, connect, question, verification, probe or record
	Ports     []uint16 `json:"ports"`
	Question  string   `json:"question"` // its name
	Packets   int      `json:"packets"`  // SYNs, or connections
	Bytes     *int     `json:"bytes"`    // null: not counted
	Sweep     int64    `json:"sweep"`    // 0: none
	Lane      int      `json:"lane"`
	Run       int64    `json:"run"`
	Node      string   `json:"node"`
	Who       string   `json:"who"` // by hand: who did it
	Grant     string   `json:"grant"`
	Authority string   `json:"authority"`
	Contact   string   `json:"contact"`
	Note      string   `json:"note"`

	at time.Time
}

var probedColumns = []column[probedRow]{
	{"AT", func(r probedRow) string { return r.At }, 0},
	{"NOT BEFORE", func(r probedRow) string { return r.NotBefore }, 0},
	{"NOT AFTER", func(r probedRow) string { return r.NotAfter }, 0},
	{"WHAT", func(r probedRow) string { return strings.TrimSpace(r.What + " " + r.Question) }, 0},
	{"PORTS", func(r probedRow) string { return portsText(r.Ports) }, 60},
	{"SENT", probedRow.sent, 0},
	{"SWEEP", func(r probedRow) string {
		if r.Sweep == 0 {
			return ""
		}
		return strconv.FormatInt(r.Sweep, 10)
	}, 0},
	{"BY", func(r probedRow) string { return r.Who + r.Node }, 0},
	{"GRANT", func(r probedRow) string { return r.Grant }, 0},
	{"CONTACT", func(r probedRow) string { return r.Contact }, 0},
	{"NOTE", func(r probedRow) string { return r.Note }, 60},
}

// sent writes what the row counts.
func (r probedRow) sent() string {
	words := fmt.Sprintf("%d connections", r.Packets)
	switch {
	case r.What == "syn":
		words = fmt.Sprintf("%d SYNs", r.Packets)
	case r.Packets == 0:
		words = ""
	}
	if r.Bytes != nil {
		words = strings.TrimPrefix(fmt.Sprintf("%s, %d bytes", words, *r.Bytes), ", ")
	}
	return words
}

// times sets the row's, of which what is not after is rounded up to seconds.
func (r *probedRow) times(at, from, to time.Time) {
	r.at, r.At, r.NotBefore, r.NotAfter = at, stamp(at), stamp(from), stamp(to.Add(time.Second-1).Truncate(time.Second))
}

// whoProbed answers from the stints, replies, observations and the audit log.
func (p *program) whoProbed(ctx context.Context, s *db.Store, q question) error {
	past, err := readPast(ctx, s)
	if err != nil {
		return err
	}
	w := witness{store: s, question: q, past: past, now: p.now()}
	for _, gather := range []func(context.Context) error{w.sweeps, w.verifications, w.byHand} {
		if err := gather(ctx); err != nil {
			return err
		}
	}
	slices.SortStableFunc(w.rows, func(a, b probedRow) int { return a.at.Compare(b.at) })
	if err := writeRowsUnlessNone(p, probedColumns, w.rows); err != nil {
		return err
	}
	if len(w.rows) == 0 {
		p.notice(w.nothing())
	}
	return nil
}

// writeRowsUnlessNone writes no table without a row.
func writeRowsUnlessNone[T any](p *program, columns []column[T], rows []T) error {
	if len(rows) == 0 && p.settings.format == "table" {
		return nil
	}
	return writeRows(p, columns, rows)
}

// nothing says why there is no row.
func (w *witness) nothing() string {
	addr := w.addr
	if len(w.covering) == 0 {
		if w.past.everGranted(addr) {
			return fmt.Sprintf("%s was never a target of a sweep, and nobody asked it by hand: it was not probed from here", addr)
		}
		return fmt.Sprintf("no grant ever covered %s, and it was never a target: it was not probed from here", addr)
	}
	refused := ""
	if w.refused > 0 {
		refused = fmt.Sprintf(" (%d probes were refused by the guard, for it was excluded or no grant held)", w.refused)
	}
	if w.from.IsZero() {
		return fmt.Sprintf("%s is a target of %s, and nothing was sent to it so far%s", addr, w.sweepNames(), refused)
	}
	return fmt.Sprintf("nothing was sent to %s from %s to %s%s; it is a target of %s: without --at all is shown",
		addr, stamp(w.from), stamp(w.to), refused, w.sweepNames())
}

// sweepNames names the sweeps that cover the address, the newest three.
func (w *witness) sweepNames() string {
	var names []string
	for _, s := range slices.Backward(w.covering) {
		if len(names) == 3 {
			return fmt.Sprintf("%d sweeps, such as %s", len(w.covering), strings.Join(names, ", "))
		}
		until := stamp(cmp.Or(s.FinishedAt, s.HeartbeatAt))
		names = append(names, fmt.Sprintf("sweep %d (%s to %s)", s.ID, stamp(s.StartedAt), until))
	}
	return strings.Join(names, ", ")
}
