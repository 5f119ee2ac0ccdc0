package main

import (
	"context"
	"io"
	"net/netip"
	"os/exec"
)

// program is one that is measured.
type program struct {
	name    string
	path    string
	version func(ctx context.Context, path string) string
	// prepare does what need not be measured, in the run's folder; may be nil.
	prepare func(ctx context.Context, path string, j job, dir string) error
	// steps are the processes of a run, one after the other.
	steps func(path string, j job, s site) []step
	// narrower says that it takes a 2^narrower-th of an unlimited work, for it is slow.
	narrower int
	// singlePort says that one run takes one port.
	singlePort bool
	// mode says that it is another way to run the one before it, which is not
	// measured at set rates.
	mode bool
	// ours says that it is minesweep.
	ours bool
}

// site is where a run takes place: what a program would else have to look for.
type site struct {
	dir             string // of this run alone
	device          string
	own             netip.Addr
	mac, gatewayMAC string
}

// step is one process.
type step struct {
	args  []string
	env   []string // added to the environment
	found string   // the file with what it found; "": its standard output
	parse func(io.Reader) ([]netip.AddrPort, error)
	ports int  // how many of the job's ports it takes
	nudge bool // whether it ends only where a packet comes now and then
}

// The programs' names.
const (
	minesweepSYN   = "minesweep"
	minesweepNaabu = "minesweep --engine naabu"
	masscanName    = "masscan"
	zmapName       = "zmap"
	zmapTwo        = "zmap -T 2"
	naabuName      = "naabu"
	naabuSmart     = "naabu -ss"
)

// programNames are those that may stand beside minesweep.
var programNames = []string{masscanName, zmapName, zmapTwo, naabuName, naabuSmart, minesweepNaabu}

// catalogue returns all programs, minesweep first.
func catalogue(o options) []program {
	return []program{
		minesweepProgram(minesweepSYN, o.minesweep, "syn", 0),
		{name: masscanName, path: "masscan", version: masscanVersion, steps: masscanSteps},
		{name: zmapName, path: "zmap", version: zmapVersion, steps: zmapSteps(1), singlePort: true},
		{name: zmapTwo, path: "zmap", mode: true, version: zmapVersion, steps: zmapSteps(2), singlePort: true},
		{name: naabuName, path: o.naabu, version: naabuVersion, steps: naabuSteps()},
		{name: naabuSmart, path: o.naabu, mode: true, version: naabuVersion, steps: naabuSteps("-smart-scan")},
		minesweepProgram(minesweepNaabu, o.minesweep, "naabu", 4),
	}
}

// combined runs a program for its version and returns what it prints.
func combined(ctx context.Context, path string, args ...string) string {
	// Some end with a status other than 0 after they printed it.
	out, _ := exec.CommandContext(ctx, path, args...).CombinedOutput()
	return string(out)
}
