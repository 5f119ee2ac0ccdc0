package main

import (
	"fmt"
)

var scoreColumns = []column[tallies]{
	{"FAMILY", func(t tallies) string { return t.Family }, 0},
	{"DEVICES", func(t tallies) string { return blank(t.Devices) }, 0},
	{"DETECTED", func(t tallies) string { return ofAll(t.Detected, t.Devices) }, 0},
	{"VENDOR", func(t tallies) string { return ofAll(t.VendorOK, t.Vendors) }, 0},
	{"MODEL", func(t tallies) string { return ofAll(t.ModelOK, t.Models) }, 0},
	{"HASHRATE", func(t tallies) string { return ofAll(t.RateOK, t.Rates) }, 0},
	{"INNOCENT", func(t tallies) string { return blank(t.Innocents) }, 0},
	{"CONFIRMED", func(t tallies) string { return countOf(t.Confirmed, t.Innocents) }, 0},
	{"SUSPECTED", func(t tallies) string { return countOf(t.Suspected, t.Innocents) }, 0},
}

var mistakeColumns = []column[mistake]{
	{"WRONG", func(m mistake) string { return m.What }, 0},
	{"DEVICE", func(m mistake) string { return m.Device }, 60},
	{"WANTED", func(m mistake) string { return m.Want }, 44},
	{"SAID", func(m mistake) string { return m.Got }, 44},
}

// printScore writes the families, all, and what was taken for what.
func (p *program) printScore(s *score) error {
	if p.settings.format != "table" {
		return writeJSON(p.stdout, map[string]any{"families": s.sorted(), "mistakes": s.mistakes})
	}
	if err := writeRows(p, scoreColumns, s.sorted()); err != nil {
		return err
	}
	all := s.total()
	for _, figure := range figures {
		if got, counted := all.share(figure); counted {
			fmt.Fprintf(p.stdout, "%-16s %6.2f %%\n", figure, got)
		}
	}
	if all.Unlabelled > 0 {
		fmt.Fprintf(p.stdout, "%d recordings say neither what they are nor that they do not mine; not counted\n", all.Unlabelled)
	}
	if len(s.mistakes) == 0 {
		return nil
	}
	return writeRows(p, mistakeColumns, s.mistakes)
}

func blank(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

// ofAll writes "17 of 18".
func ofAll(n, all int) string {
	if all == 0 {
		return ""
	}
	return fmt.Sprintf("%d of %d", n, all)
}

func countOf(n, all int) string {
	if all == 0 {
		return ""
	}
	return fmt.Sprint(n)
}
