package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// floor is how good a figure must be, in per cent.
type floor struct {
	figure string
	least  float64
}

// figures are what a floor may name: at least so many per cent, and those of
// ceilings at most.
var (
	figures  = []string{"detection", "vendor", "model", "hashrate", "false_confirmed", "false_suspected"}
	ceilings = []string{"false_confirmed", "false_suspected"}
)

func readFloors(path string) ([]floor, error) {
	rows, err := readTable(path, "figure", "floor")
	if err != nil {
		return nil, err
	}
	var floors []floor
	for i, r := range rows {
		least, err := strconv.ParseFloat(r[1], 64)
		if err != nil || !slices.Contains(figures, r[0]) {
			return nil, fmt.Errorf("%s:%d: write FIGURE,PER CENT with a figure of %s", path, i+2, strings.Join(figures, ", "))
		}
		floors = append(floors, floor{r[0], least})
	}
	return floors, nil
}

// share returns a figure of the tallies in per cent, and whether anything was
// counted for it.
func (t tallies) share(figure string) (float64, bool) {
	part, of := 0, 0
	switch figure {
	case "detection":
		part, of = t.Detected, t.Devices
	case "vendor":
		part, of = t.VendorOK, t.Vendors
	case "model":
		part, of = t.ModelOK, t.Models
	case "hashrate":
		part, of = t.RateOK, t.Rates
	case "false_confirmed":
		part, of = t.Confirmed, t.Innocents
	case "false_suspected":
		part, of = t.Suspected, t.Innocents
	}
	if of == 0 {
		return 0, false
	}
	return 100 * float64(part) / float64(of), true
}

// below returns an error for each figure that misses its floor.
func (t tallies) below(floors []floor) error {
	var faults []error
	for _, f := range floors {
		got, counted := t.share(f.figure)
		switch {
		case !counted:
		case slices.Contains(ceilings, f.figure) && got > f.least:
			faults = append(faults, fmt.Errorf("score: %s is %.2f %%, at most %g %% is allowed", f.figure, got, f.least))
		case !slices.Contains(ceilings, f.figure) && got < f.least:
			faults = append(faults, fmt.Errorf("score: %s is %.2f %%, the floor is %g %%", f.figure, got, f.least))
		}
	}
	return errors.Join(faults...)
}
