package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"text/template"
)

const (
	resultsName = "RESULTS.md"
	plotName    = "results.svg"
)

//go:embed results.md.tmpl
var markdownText string

// report is what RESULTS.md and results.svg are made of.
type report struct {
	results results
	floors  []floor
	Machine machine
}

func (r report) markdown() ([]byte, error) {
	t, err := template.New(resultsName).Parse(markdownText)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = t.Execute(&b, map[string]any{
		"Machine": r.Machine, "Versions": strings.Join(r.Machine.Versions, ", "), "Floors": r.floors,
		"Failures": failureTexts(r.results.failures), "Unlimited": r.table(r.results.unlimited, run.perSecond, "packets/s"),
		"Slash8": r.table(r.results.slash8, run.wallSeconds, "wall"), "Rates": rateTable(r.results),
		"Prefixes": prefixTable(r.results), "Cuts": r.results.cuts,
	})
	return b.Bytes(), err
}

func failureTexts(failures []failure) []string {
	var out []string
	for _, f := range failures {
		out = append(out, f.text)
	}
	return out
}

// peersIn returns the peers of pairs in the order of the catalogue.
func peersIn(pairs []pair) []string {
	return slices.DeleteFunc(slices.Clone(programNames), func(name string) bool { return len(of(pairs, name)) == 0 })
}

// table has a row for each program; the last columns are ratios of pairs.
func (r report) table(pairs []pair, measure func(run) float64, figure string) string {
	if len(pairs) == 0 {
		return ""
	}
	t := newTable("program", "work", "packets/s", "CPU µs a probe", "wall s", "resident MB", "found %", "untrue", "out of scope", "lost",
		"minesweep's "+figure+" ÷ its", "minesweep's CPU ÷ its")
	t.add(append(cells(ours(pairs)), "", "")...)
	for _, peer := range peersIn(pairs) {
		with := of(pairs, peer)
		t.add(append(cells(theirs(with)), ratios(with, measure).text("%.2f"), ratios(with, run.cpuPerProbe).text("%.2f"))...)
	}
	return t.String()
}

// cells describe the runs of one program on one job.
func cells(runs []run) []string {
	var untrue, outside, lost uint64
	for _, r := range runs {
		untrue += uint64(r.score.untrue)
		outside += r.outside
		lost += r.lost
	}
	count := func(n uint64) string { return fmt.Sprint(n) }
	return []string{runs[0].program, runs[0].job.String(), spreadOver(runs, run.perSecond).text("%.0f"),
		spreadOver(runs, run.cpuPerProbe).text("%.2f"), spreadOver(runs, run.wallSeconds).text("%.1f"),
		spreadOver(runs, run.megabytes).text("%.0f"), spreadOver(runs, run.foundPercent).text("%.2f"), count(untrue), count(outside), count(lost)}
}

func rateTable(r results) string {
	if len(r.rates) == 0 {
		return ""
	}
	t := newTable("asked", "GRO", "program", "work", "rate off by %", "worst second off by %", "found %", "CPU µs a probe", "out of scope")
	for _, rate := range ratesOf(r.rates) {
		for _, gro := range []bool{true, false} {
			for _, name := range append([]string{minesweepSYN}, programNames...) {
				if runs := r.rated(name, rate, gro); len(runs) > 0 {
					c := cells(runs)
					t.add(fmt.Sprint(rate), onOff(gro), name, c[1], offText(runs, run.meanError), offText(runs, run.worstError), c[6], c[3], c[8])
				}
			}
		}
	}
	return t.String()
}

// offText leaves out runs that were too short to tell.
func offText(runs []run, measure func(run) float64) string {
	judged := slices.DeleteFunc(slices.Clone(runs), func(r run) bool { return !r.pace.ok })
	return spreadOver(judged, measure).text("%+.1f")
}

func prefixTable(r results) string {
	if len(r.prefixes) == 0 {
		return ""
	}
	t := newTable("minesweep on", "packets/s", "CPU µs a probe", "resident MB", "found %")
	for _, runs := range [][]run{ours(r.prefixes), theirs(r.prefixes)} {
		c := cells(runs)
		t.add(c[1], c[2], c[3], c[5], c[6])
	}
	text := t.String() + fmt.Sprintf("\nPackets/s of many ÷ of one: %s.\n", ratios(r.prefixes, run.perSecond).text("%.3f"))
	for _, strict := range r.strict {
		text += fmt.Sprintf("In one more run, at %.0f packets/s, the answering side held each packet against the prefixes: %d of %d were out of scope.\n",
			strict.perSecond(), strict.outside, strict.sent)
	}
	return text
}
