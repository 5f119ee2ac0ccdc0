package main

import (
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"minesweep/db"
	"minesweep/schedules"
)

// sweepFlags are the flags of every command that sweeps: how, not what.
type sweepFlags struct {
	engine      string
	rate        int
	per24       int
	inFlight    int
	asks        int
	wait        time.Duration
	canary      string
	device      string
	sources     []string
	sourcePorts string
	noQuestions bool
	force       bool
	all         bool
}

func (f *sweepFlags) register(c *cobra.Command) {
	f.registerTerms(c.Flags())
	f.registerMachine(c.Flags())
}

// registerTerms registers how a sweep is to be run, wherever that is.
func (f *sweepFlags) registerTerms(fl *pflag.FlagSet) {
	fl.StringVar(&f.engine, "engine", "auto", "auto, syn, naabu or connect (naabu without SYN)")
	fl.IntVar(&f.rate, "rate", 0, "packets/s of the whole scan (default: what the grants allow)")
	fl.IntVar(&f.per24, "rate-per-24", 0, "packets/s over each /24 (default: what the grants allow)")
	fl.BoolVar(&f.noQuestions, "no-questions", false, "find open ports and ask them nothing; sweeps resume ID may ask later")
	fl.BoolVar(&f.force, "force", false, "begin also what a grant's hours do not suffice for")
	fl.BoolVar(&f.all, "all", false, "show hosts without a sign of mining in the table too")
}

// registerMachine registers what depends on the machine that sends.
func (f *sweepFlags) registerMachine(fl *pflag.FlagSet) {
	fl.IntVar(&f.inFlight, "in-flight", 0, "connections in flight of the naabu engine (default 2048)")
	fl.IntVar(&f.asks, "asks", 0, "hosts asked questions at the same time, a connection each (default 1024)")
	fl.DurationVar(&f.wait, "wait", 0, "how long an answer is waited for (default 1s)")
	fl.StringVar(&f.canary, "canary", "", "`ADDR:PORT` known to be open: the SYN engine fails where it does not hear it")
	fl.StringVar(&f.device, "interface", "", "the only interface that the SYN engine may send from")
	fl.StringSliceVar(&f.sources, "source", nil, "addresses of this machine that the SYN engine sends from")
	fl.StringVar(&f.sourcePorts, "source-port", "", "source ports `A-B` of the SYN engine, such as 61000-61063; the host's firewall may drop its own resets from them:\nnft add rule inet filter output tcp sport 61000-61063 tcp flags rst drop")
}

// maxRate is far beyond what one machine sends.
const maxRate = 10_000_000

// numberLimits bound the flags that are numbers; one that is not set has its default.
var numberLimits = []struct {
	flag     string
	from, to int
	unit     string
}{
	{"rate", 1, maxRate, " packets/s"},
	{"rate-per-24", 1, maxRate, " packets/s"},
	{"in-flight", 1, 60_000, " connections"},
	{"asks", 1, 60_000, " hosts"},
	{"passes", 1, 4, ""},
}

var timeLimits = []struct {
	flag     string
	from, to time.Duration
}{
	{"wait", 50 * time.Millisecond, time.Minute},
	{"pass-gap", 0, 24 * time.Hour},
}

// check refuses numbers out of range and flags that contradict each other.
func (f *sweepFlags) check(fl *pflag.FlagSet) error {
	if err := checkLimits(fl); err != nil {
		return err
	}
	switch f.engine {
	case "auto", "syn":
	case "naabu", "connect":
		if name := f.onlySYN(); name != "" {
			return usagef("--%s is for the SYN engine: leave it out, or write --engine syn", name)
		}
	default:
		return usagef("engine %q is not known, write auto, syn, naabu or connect", f.engine)
	}
	if _, err := f.canaryTarget(); err != nil {
		return err
	}
	if err := checkSourcePorts(f.sourcePorts); err != nil {
		return err
	}
	_, err := f.sourceAddrs()
	return err
}

// fewestPorts is how many source ports the SYN engine needs.
const fewestPorts = 32

func checkSourcePorts(text string) error {
	if text == "" {
		return nil
	}
	first, last, _ := strings.Cut(text, "-")
	from, errFrom := strconv.ParseUint(first, 10, 16)
	to, errTo := strconv.ParseUint(last, 10, 16)
	if errFrom != nil || errTo != nil || from == 0 || to < from+fewestPorts-1 {
		return usagef("--source-port %q is no row of at least %d ports, write for example 61000-61063", text, fewestPorts)
	}
	return nil
}

func checkLimits(fl *pflag.FlagSet) error {
	for _, l := range numberLimits {
		if !fl.Changed(l.flag) {
			continue
		}
		n, err := fl.GetInt(l.flag)
		if err != nil || n < l.from || n > l.to {
			return usagef("--%s %s is out of range, write %d to %d%s", l.flag, fl.Lookup(l.flag).Value, l.from, l.to, l.unit)
		}
	}
	for _, l := range timeLimits {
		if !fl.Changed(l.flag) {
			continue
		}
		d, err := fl.GetDuration(l.flag)
		if err != nil || d < l.from || d > l.to {
			return usagef("--%s %s is out of range, write %s to %s", l.flag, fl.Lookup(l.flag).Value, span(l.from), span(l.to))
		}
	}
	return nil
}

// onlySYN names the first flag set that only the SYN engine understands.
func (f *sweepFlags) onlySYN() string {
	switch {
	case f.canary != "":
		return "canary"
	case f.device != "":
		return "interface"
	case len(f.sources) > 0:
		return "source"
	case f.sourcePorts != "":
		return "source-port"
	}
	return ""
}

func (f *sweepFlags) canaryTarget() (netip.AddrPort, error) {
	if f.canary == "" {
		return netip.AddrPort{}, nil
	}
	target, err := netip.ParseAddrPort(f.canary)
	if err != nil || target.Port() == 0 || target.Addr().Zone() != "" {
		return netip.AddrPort{}, usagef("--canary %q is not an address and port, write for example 192.0.2.7:80", f.canary)
	}
	return netip.AddrPortFrom(target.Addr().Unmap(), target.Port()), nil
}

func (f *sweepFlags) sourceAddrs() ([]netip.Addr, error) {
	out := make([]netip.Addr, len(f.sources))
	for i, text := range f.sources {
		addr, err := netip.ParseAddr(strings.TrimSpace(text))
		if err != nil || addr.Zone() != "" {
			return nil, usagef("--source %q is not an address, write for example 192.0.2.2,192.0.2.3", text)
		}
		out[i] = addr.Unmap()
	}
	return out, nil
}

func (f *sweepFlags) terms(engine string) db.Terms {
	return db.Terms{Engine: engine, Rate: uint64(f.rate), NoQuestions: f.noQuestions}
}

// span writes a duration for a person.
func span(d time.Duration) string { return schedules.Span(d) }
