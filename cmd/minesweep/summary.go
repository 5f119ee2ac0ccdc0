package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"minesweep/mapper"
)

// printSummary writes the totals: as JSON where -o asks for it, else for a person.
func (p *program) printSummary(s mapper.Summary) error {
	if p.settings.format == "json" || p.settings.format == "jsonl" {
		return writeJSON(p.stdout, s)
	}
	if p.settings.format == "csv" {
		return usagef("totals have no CSV form, write -o table or -o json")
	}
	rates := make([]string, len(s.Hashrates))
	for i, r := range s.Hashrates {
		rates[i] = fmt.Sprintf("%s %s (%d)", cmp.Or(r.Algorithm, "unknown"), scaled(r.Rate, r.Unit), r.Hosts)
	}
	lines := [][2]string{
		{"found", tally(s.Verdicts)},
		{"class", tally(s.Classes)},
		{"vendor", tally(s.Vendors)},
		{"algorithm", tally(s.Algorithms)},
		{"hashrate", strings.Join(rates, ", ")},
		{"kWh/day", fmt.Sprintf("%.0f (%.0f to %.0f): %.0f measured, %.0f by model, %.0f assumed; %d without a figure",
			s.KWhPerDay.Best, s.KWhPerDay.Low, s.KWhPerDay.High, s.Shares.Measured, s.Shares.Modelled, s.Shares.Assumed, s.NoPower)},
	}
	for _, l := range lines {
		if _, err := fmt.Fprintf(p.stdout, "%-10s %s\n", l[0], oneLine(l[1])); err != nil {
			return err
		}
	}
	return nil
}

// tallied bounds the kinds that one line of totals names.
const tallied = 14

// tally writes counts, the largest first.
func tally[K ~string](counts map[K]int) string {
	keys := slices.SortedFunc(maps.Keys(counts), func(a, b K) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	var out []string
	for i, k := range keys {
		if i == tallied && len(keys) > tallied+1 {
			out = append(out, fmt.Sprintf("and %d other kinds", len(keys)-i))
			break
		}
		out = append(out, fmt.Sprintf("%d %s", counts[k], cmp.Or(k, "unknown")))
	}
	return strings.Join(out, ", ")
}
