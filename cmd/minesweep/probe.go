package main

import (
	"context"
	"fmt"
	"net/netip"
	"strconv"

	"github.com/spf13/cobra"

	"minesweep"
	"minesweep/db"
	"minesweep/scanner"
)

func (p *program) probeCommand() *cobra.Command {
	return &cobra.Command{
		Use: "probe ADDR:PORT", Short: "ask one port, show bytes and judgement; stores nothing",
		Args: wantArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			target, err := netip.ParseAddrPort(args[0])
			if err != nil {
				return usagef("%q is not an address and port, write for example 192.0.2.7:4028", args[0])
			}
			return p.withStore(c.Context(), func(s *db.Store) error { return p.probe(c.Context(), s, target) })
		},
	}
}

func (p *program) probe(ctx context.Context, s *db.Store, target netip.AddrPort) error {
	guard, err := scanner.NewGuard(ctx, scanner.GuardConfig{Load: s.Scope, Now: p.now})
	if err != nil {
		return err
	}
	grant, err := guard.Scope().Decide(target.Addr())
	if err != nil {
		return err
	}
	sw, err := p.sweeper(ctx, s, guard)
	if err != nil {
		return err
	}
	if err := asksByHand(ctx, s, "probe", grant, []netip.AddrPort{target}); err != nil {
		return err
	}
	port := minesweep.OpenPort{Target: target, At: p.now(), Engine: "probe"}
	replies, err := sw.Asker.Ask(ctx, port, minesweep.Known{})
	if err != nil {
		return err
	}
	replies = sw.Scrubber.Scrub(grant, replies)
	host := sw.Assessor.Assess(minesweep.Observation{
		Address: target.Addr(), Ports: []minesweep.OpenPort{port}, PortsSwept: 1,
		Replies: replies, Evidence: sw.Judge.Judge(replies), Grant: grant, At: p.now(),
	})
	if p.settings.format == "table" {
		for _, r := range replies {
			p.printReply(r)
		}
		return p.printAsset(minesweep.Asset{Key: host.AssetKey(), Host: host})
	}
	w := newHostWriter(p)
	if err := w.write(host); err != nil {
		return err
	}
	return w.close()
}

// printReply shows a question and its answer as Go strings, so that every
// byte is visible and none acts on the terminal.
func (p *program) printReply(r minesweep.Reply) {
	const most = 2048
	raw, more := r.Raw, ""
	if len(raw) > most {
		raw, more = raw[:most], fmt.Sprintf(" … %d bytes in all", len(r.Raw))
	}
	fmt.Fprintf(p.stdout, "%s\n  > %s\n  < %s%s (%s%s)\n", r.Probe,
		strconv.QuoteToASCII(string(r.Request)), strconv.QuoteToASCII(string(raw)), more, r.End, r.Refused)
}
