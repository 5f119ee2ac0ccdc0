package main

import (
	"flag"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"time"
)

// options are the flags.
type options struct {
	work      string
	seed      uint64
	workers   int
	rate      int           // packets/s of the sweep and of its grant
	per24     int           // likewise over each /24
	length    time.Duration // for which mischief is done
	calm      bool          // no mischief: what the laboratory itself adds
	devices   int           // simulated miners
	lanes     int           // of the sweep, 0: as minesweep has it
	out       string        // folder of the report; "": none
	minesweep string
	logs      string       // folder of what the workers said; "": none is kept
	command   string       // as typed, for the report
	uplink    uint64       // of pair: bytes/s of each worker's way to the targets
	rounds    int          // of pair
	prefix    netip.Prefix // of pair: what is swept
}

// The works.
const (
	workStorm = "storm"
	workPair  = "pair"
)

func parseOptions(args []string, stderr io.Writer) (options, error) {
	o := options{command: strings.Join(append([]string{"go run ./bench/chaos"}, args...), " ")}
	fl := flag.NewFlagSet("chaos", flag.ContinueOnError)
	fl.SetOutput(stderr)
	fl.StringVar(&o.work, "work", workStorm, "storm: a sweep among crashes; pair: two workers beside one")
	fl.Uint64Var(&o.seed, "seed", 1, "of what goes wrong, and when")
	fl.IntVar(&o.workers, "workers", 3, "workers, a network each")
	fl.IntVar(&o.rate, "rate", 20_000, "packets/s of the sweep")
	fl.IntVar(&o.per24, "rate-per-24", 700, "packets/s over each /24")
	fl.DurationVar(&o.length, "length", 6*time.Minute, "for how long things go wrong; the sweep takes somewhat longer")
	fl.BoolVar(&o.calm, "calm", false, "nothing goes wrong: what the laboratory measures by itself")
	fl.IntVar(&o.devices, "devices", 200, "simulated miners among the targets")
	fl.IntVar(&o.lanes, "lanes", 0, "lanes of the sweep (default: as many as minesweep takes; of pair: 4)")
	fl.StringVar(&o.out, "out", "", "folder of the report, such as bench; none is written without")
	fl.StringVar(&o.minesweep, "minesweep", "bin/minesweep", "minesweep, with minesweep-naabu beside it")
	fl.StringVar(&o.logs, "logs", "", "folder to keep what the workers said")
	fl.Uint64Var(&o.uplink, "uplink", 4_000_000, "of pair: bytes/s of each worker's way to the targets, with Ethernet headers")
	fl.IntVar(&o.rounds, "rounds", 1, "of pair: how often one worker and two take their turns")
	fl.TextVar(&o.prefix, "prefix", netip.MustParsePrefix("100.64.0.0/11"), "of pair: the targets, within 100.64.0.0/10")
	if err := fl.Parse(args); err != nil {
		return o, err
	}
	if o.work == workPair && o.lanes == 0 {
		o.lanes = pairLanes
	}
	return o, o.check()
}

func (o options) check() error {
	switch {
	case o.work != workStorm && o.work != workPair:
		return fmt.Errorf("-work %s: write %s or %s", o.work, workStorm, workPair)
	case o.workers < 1 || o.workers > 8:
		return fmt.Errorf("-workers %d: write 1 to 8", o.workers)
	case o.rate < 100 || o.per24 < 1:
		return fmt.Errorf("-rate %d -rate-per-24 %d: write at least 100 and 1", o.rate, o.per24)
	case o.length < 10*time.Second || o.length > 15*time.Minute:
		return fmt.Errorf("-length %s: write 10s to 15m", o.length)
	case o.devices < 1 || o.devices > 2000:
		return fmt.Errorf("-devices %d: write 1 to 2000", o.devices)
	case !netip.MustParsePrefix("100.64.0.0/10").Overlaps(o.prefix) || o.prefix.Bits() < 10 || o.prefix.Bits() > 20:
		return fmt.Errorf("-prefix %s: write a part of 100.64.0.0/10, from /10 to /20", o.prefix)
	case o.rounds < 1 || o.uplink < 100_000:
		return fmt.Errorf("-rounds %d -uplink %d: write at least 1 and 100000", o.rounds, o.uplink)
	case o.lanes < 0:
		return fmt.Errorf("-lanes %d: write 1 or more", o.lanes)
	}
	return nil
}

// stormTargets are the addresses of a storm: 32 networks of 256.
var stormTargets = netip.MustParsePrefix("100.64.32.0/19")

// busy is which part of the time a sweep in a storm is expected to send.
const busy = 0.55

// portsFor returns how many ports make a sweep last as long as the storm, with
// no more pairs than the laboratory counts.
func (o options) portsFor() int {
	addresses := 1 << (32 - stormTargets.Bits())
	share := busy
	if o.calm {
		share = 1
	}
	n := int(o.length.Seconds() * float64(o.rate) * share / float64(addresses))
	return min(max(n, len(devicePorts)+1), 1<<23/addresses)
}

// devicePorts are those that the simulated miners stand on.
var devicePorts = []uint16{4028, 80, 443, 3333, 4067, 4068, 8080, 18081, 8545, 4433, 6060}

// portList returns n ports, those of the miners first.
func portList(n int) []uint16 {
	out := append([]uint16(nil), devicePorts...)
	for port := uint16(20_000); len(out) < n; port++ {
		out = append(out, port)
	}
	return out[:n]
}
