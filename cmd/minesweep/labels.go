package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"

	"minesweep"
	"minesweep/recordings"
)

// label is what a recorded device really is. Of what is not known nothing is
// counted.
type label struct {
	device        string
	family        string
	mines         bool // must be found
	innocent      bool // must not be confirmed
	vendor, model string
	rates         []float64 // any of them is right
	unstated      bool      // the rate that is expected stands behind a login, and not in the recording
}

// labelOf gathers what is known of a device: its own want, what other
// programs' tests expect, the row of the truth file.
func labelOf(d recordings.Device, known map[string]label) label {
	t, listed := known[d.Name]
	t.device = d.Name
	if d.Want != nil {
		return t.wanted(*d.Want)
	}
	expected := expectationOf(d.Expected)
	t.mines = listed || expected.given || (d.Mining != nil && *d.Mining)
	t.innocent = d.Mining != nil && !*d.Mining
	if !t.unstated {
		t.rates = expected.rates
	}
	if !listed {
		t.vendor, t.model = expected.vendor, expected.model
		t.family, _, _ = strings.Cut(d.Name, ":")
	}
	return t
}

func (t label) wanted(w recordings.Want) label {
	t.vendor, t.model, t.family = w.Vendor, w.Model, w.Vendor
	switch w.Verdict {
	case minesweep.Confirmed, minesweep.Suspected:
		t.mines = true
	case minesweep.Unidentified, minesweep.DecoyHost, minesweep.Silent:
		t.innocent, t.vendor, t.model = true, "", ""
	}
	if t.mines && w.Hashrate != nil {
		t.rates = []float64{*w.Hashrate}
	}
	return t
}

// expectation is the part of a JSON recording's "expected" that is understood.
type expectation struct {
	given         bool
	vendor, model string
	rates         []float64
}

func expectationOf(raw json.RawMessage) expectation {
	var e struct {
		Vendor, Model string
		Rate          any `json:"hash_rate_hps"`
	}
	if len(raw) == 0 || json.Unmarshal(raw, &e) != nil {
		return expectation{}
	}
	return expectation{given: true, vendor: e.Vendor, model: e.Model, rates: ratesOf(e.Rate)}
}

// ratesOf reads a rate that is a number, a string, a list of them, or the
// source text of a zero.
func ratesOf(v any) []float64 {
	if v == nil {
		return nil
	}
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	var rates []float64
	for _, v := range list {
		s := fmt.Sprint(v)
		if strings.Contains(s, "ZERO") {
			s = "0"
		}
		if f, err := strconv.ParseFloat(s, 64); err == nil {
			rates = append(rates, f)
		}
	}
	return rates
}

// readLabels reads device,family,vendor,model,hashrate; no file is no truth.
func readLabels(path string) (map[string]label, error) {
	rows, err := readTable(path, "device", "family", "vendor", "model", "hashrate")
	known := make(map[string]label, len(rows))
	for i, r := range rows {
		if r[4] != "" && r[4] != "unstated" {
			return nil, fmt.Errorf("%s:%d: hashrate %q is not known, write unstated or nothing", path, i+2, r[4])
		}
		known[r[0]] = label{family: r[1], vendor: r[2], model: r[3], unstated: r[4] != ""}
	}
	return known, err
}

// readTable reads a CSV file with these columns at its head.
func readTable(path string, columns ...string) ([][]string, error) {
	if path == "" {
		return nil, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	r := csv.NewReader(file)
	r.FieldsPerRecord = len(columns)
	rows, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w; each line is %s", path, err, strings.Join(columns, ","))
	}
	if len(rows) == 0 || strings.Join(rows[0], ",") != strings.Join(columns, ",") {
		return nil, fmt.Errorf("%s:1: the head is missing, write %s", path, strings.Join(columns, ","))
	}
	return rows[1:], nil
}
