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
	var f labFlags
	c := &cobra.Command{
		Use: "lab PREFIX [COUNT]", Short: "play simulated hosts on 127.0.0.0/8 until Ctrl-C, to try a scan on",
		Long: "Play simulated hosts on loopback addresses: COUNT miners, or COUNT hosts that do not mine, or one\ndevice of every product family, or the recordings of a directory.",
		Example: `  minesweep lab 127.0.5.0/24 200
  minesweep lab 127.0.6.0/24 --catalogue
  minesweep lab 127.0.8.0/22 400 --innocent
  minesweep lab 127.0.7.0/24 --recordings ./rules`,
		Args: wantArgs(cobra.RangeArgs(1, 2)),
		RunE: func(c *cobra.Command, args []string) error {
			prefix, err := netip.ParsePrefix(args[0])
			if err != nil || !prefix.Addr().IsLoopback() {
				return usagef("%q is not a prefix of 127.0.0.0/8, write for example 127.0.5.0/24", args[0])
			}
			hosts, err := f.hosts(prefix, args[1:])
			if err != nil {
				return usage(err)
			}
			return p.playLab(c.Context(), prefix, hosts)
		},
	}
	c.Flags().StringVar(&f.dir, "recordings", "", "play the .txtar recordings of `DIR`, one a host")
	c.Flags().BoolVar(&f.catalogue, "catalogue", false, "play one device of every product family")
	c.Flags().BoolVar(&f.innocent, "innocent", false, "play hosts that do not mine")
	c.MarkFlagsMutuallyExclusive("recordings", "catalogue", "innocent")
	return c
}

// labFlags are the flags of lab.
type labFlags struct {
	dir                 string
	catalogue, innocent bool
}

// hosts returns what the lab is to play.
func (f labFlags) hosts(prefix netip.Prefix, args []string) ([]lab.Simulated, error) {
	switch {
	case (f.dir != "" || f.catalogue) && len(args) > 0:
		return nil, fmt.Errorf("lab: COUNT goes with miners and --innocent only, leave it out")
	case f.dir != "":
		return recordedHosts(prefix, f.dir)
	case f.catalogue:
		return lab.Catalogue(prefix)
	case len(args) == 0:
		return nil, fmt.Errorf("lab: say how many hosts, for example: minesweep lab 127.0.5.0/24 200")
	}
	count, err := strconv.Atoi(args[0])
	if err != nil || count < 1 || count > labLimit {
		return nil, fmt.Errorf("%q is not a number of hosts from 1 to %d", args[0], labLimit)
	}
	if f.innocent {
		return lab.Innocents(prefix, count)
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
	if _, err := fmt.Fprintf(p.stdout, "%d hosts play in %s until Ctrl-C\n", len(hosts), prefix); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}
