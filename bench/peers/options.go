package main

import (
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
)

// options are the flags.
type options struct {
	pairs     int
	slash8    int // pairs of slash8
	rateRuns  int
	rated     []string // of programNames, in rates; minesweep always runs
	works     []string // of workNames
	programs  []string // of programNames; minesweep always runs
	quick     bool
	check     bool
	out       string
	minesweep string
	naabu     string
	command   string // as typed, for the report
}

// workNames are what -only chooses from.
var workNames = []string{"unlimited", "slash8", "rates", "prefixes", "exclusion"}

func parseOptions(args []string, stderr io.Writer) (options, error) {
	o := options{command: strings.Join(append([]string{"go run ./bench/peers"}, args...), " ")}
	fl := flag.NewFlagSet("peers", flag.ContinueOnError)
	fl.SetOutput(stderr)
	fl.IntVar(&o.pairs, "pairs", 5, "runs of each pair")
	fl.IntVar(&o.rateRuns, "rate-runs", 3, "runs at each set rate, with GRO and without")
	fl.IntVar(&o.slash8, "slash8-pairs", 0, "runs of each pair on 10.0.0.0/8, which take minutes (default as -pairs)")
	rated := fl.String("rate-programs", "", "programs beside minesweep at set rates, or none (default as -programs)")
	only := fl.String("only", "", "works to do, parted by commas: "+strings.Join(workNames, ", ")+" (default all)")
	programs := fl.String("programs", "", "programs beside minesweep: "+strings.Join(programNames, ", ")+" (default all)")
	fl.BoolVar(&o.quick, "quick", false, "one pair on a sixteenth of the targets: to try the program, not to judge by")
	fl.BoolVar(&o.check, "check", false, "fail where a promised figure does not hold or was not measured")
	fl.StringVar(&o.out, "out", "bench", "folder of RESULTS.md and results.svg")
	fl.StringVar(&o.minesweep, "minesweep", "bin/minesweep", "minesweep, with minesweep-naabu beside it")
	fl.StringVar(&o.naabu, "naabu", ".bin/naabu", "naabu's own program")
	if err := fl.Parse(args); err != nil {
		return o, err
	}
	if o.slash8 == 0 {
		o.slash8 = o.pairs
	}
	if o.quick {
		o.pairs, o.slash8, o.rateRuns = 1, 1, 1
	}
	if o.pairs < 1 || o.slash8 < 1 || o.rateRuns < 1 {
		return o, fmt.Errorf("-pairs %d -rate-runs %d: write at least 1", o.pairs, o.rateRuns)
	}
	var err error
	if o.works, err = choose("-only", *only, workNames); err != nil {
		return o, err
	}
	if o.programs, err = choose("-programs", *programs, programNames); err != nil {
		return o, err
	}
	o.rated, err = choose("-rate-programs", *rated, o.programs)
	return o, err
}

// choose reads a list of names; an empty one means all.
func choose(flag, list string, names []string) ([]string, error) {
	if list == "" {
		return names, nil
	}
	if list == "none" {
		return nil, nil
	}
	chosen := strings.Split(list, ",")
	for _, name := range chosen {
		if !slices.Contains(names, name) {
			return nil, fmt.Errorf("%s %s: not one of %s", flag, name, strings.Join(names, ", "))
		}
	}
	return chosen, nil
}
