package main

import (
	"context"
	"fmt"
	"net/netip"
	"strconv"

	"github.com/spf13/cobra"

	"minesweep/lab"
)

// labLimit bounds the devices of one lab: each takes a few open files.
const labLimit = 4000

func (p *program) labCommand() *cobra.Command {
	return &cobra.Command{
		Use: "lab PREFIX COUNT", Short: "play simulated miners on 127.0.0.0/8 until Ctrl-C, to try a scan on",
		Example: "  minesweep lab 127.0.5.0/24 200",
		Args:    wantArgs(cobra.ExactArgs(2)),
		RunE: func(c *cobra.Command, args []string) error {
			prefix, err := netip.ParsePrefix(args[0])
			if err != nil || !prefix.Addr().IsLoopback() {
				return usagef("%q is not a prefix of 127.0.0.0/8, write for example 127.0.5.0/24", args[0])
			}
			count, err := strconv.Atoi(args[1])
			if err != nil || count < 1 || count > labLimit {
				return usagef("%q is not a number of devices from 1 to %d", args[1], labLimit)
			}
			return p.playLab(c.Context(), prefix, count)
		},
	}
}

// playLab serves until ctx ends; its line on stdout says that it is ready.
func (p *program) playLab(ctx context.Context, prefix netip.Prefix, count int) error {
	hosts, err := lab.Fleet(prefix, count)
	if err != nil {
		return usage(err)
	}
	network, err := lab.Start(ctx, hosts)
	if err != nil {
		return err
	}
	defer network.Close()
	for from, to := range network.Moved() {
		p.notice(fmt.Sprintf("%s may not be bound by this user and plays at %s", from, to))
	}
	if _, err := fmt.Fprintf(p.stdout, "%d devices play in %s until Ctrl-C\n", len(hosts), prefix); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}
