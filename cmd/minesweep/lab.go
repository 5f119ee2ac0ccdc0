package main

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"strconv"

	"github.com/spf13/cobra"

	"minesweep/lab"
	"minesweep/recordings"
)

// labLimit bounds the devices of one lab: each takes a few open files.
const labLimit = 4000

func (p *program) labCommand() *cobra.Command {
	var dir string
	c := &cobra.Command{
		Use: "lab PREFIX [COUNT]", Short: "play simulated hosts on 127.0.0.0/8 until Ctrl-C, to try a scan on",
		Example: "  minesweep lab 127.0.5.0/24 200\n  minesweep lab 127.0.5.0/24 --recordings ./rules",
		Args:    wantArgs(cobra.RangeArgs(1, 2)),
		RunE: func(c *cobra.Command, args []string) error {
			prefix, err := netip.ParsePrefix(args[0])
			if err != nil || !prefix.Addr().IsLoopback() {
				return usagef("%q is not a prefix of 127.0.0.0/8, write for example 127.0.5.0/24", args[0])
			}
			hosts, err := chooseHosts(prefix, dir, args[1:])
			if err != nil {
				return usage(err)
			}
			return p.playLab(c.Context(), prefix, hosts)
		},
	}
	c.Flags().StringVar(&dir, "recordings", "", "play the .txtar recordings of `DIR`, one a host")
	return c
}

// chooseHosts reads what the lab is to play.
func chooseHosts(prefix netip.Prefix, dir string, args []string) ([]lab.Simulated, error) {
	switch {
	case dir != "" && len(args) > 0:
		return nil, fmt.Errorf("lab: both a COUNT and --recordings are given, keep one")
	case dir != "":
		return recordedHosts(prefix, dir)
	case len(args) == 0:
		return nil, fmt.Errorf("lab: say how many devices, for example: minesweep lab 127.0.5.0/24 200")
	}
	count, err := strconv.Atoi(args[0])
	if err != nil || count < 1 || count > labLimit {
		return nil, fmt.Errorf("%q is not a number of devices from 1 to %d", args[0], labLimit)
	}
	return lab.Fleet(prefix, count)
}

// recordedHosts gives each recording of a directory an address, in the order
// of their names, from the prefix's second address on.
func recordedHosts(prefix netip.Prefix, dir string) ([]lab.Simulated, error) {
	devices, err := recordings.ReadDir(os.DirFS(dir), "*.txtar")
	if err != nil {
		return nil, err
	}
	if len(devices) == 0 {
		return nil, fmt.Errorf("lab: %s holds no .txtar recording", dir)
	}
	hosts := make([]lab.Simulated, len(devices))
	addr := prefix.Masked().Addr()
	for i, d := range devices {
		if addr = addr.Next(); !prefix.Contains(addr) {
			return nil, fmt.Errorf("lab: %s has not %d addresses, write a shorter prefix", prefix, len(devices))
		}
		hosts[i] = lab.Simulated{Address: addr, Device: d}
	}
	return hosts, nil
}

// playLab serves until ctx ends; its line on stdout says that it is ready.
func (p *program) playLab(ctx context.Context, prefix netip.Prefix, hosts []lab.Simulated) error {
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
