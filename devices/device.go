package devices

import (
	"fmt"
	"strconv"
	"strings"
)

// Device is what the table says of one model.
type Device struct {
	Vendor    string
	Model     string  // the canonical name
	Algorithm string  // as [Algorithm] spells it; "" where the model has several or it is not known
	Rate      float64 // rated, in Unit; 0 not known
	Unit      string  // "H/s", "Sol/s" or "g/s"; "" where Rate is 0
	Watts     Watts   // at the wall, at the rated hashrate; all 0 where not known
	Source    string  // how well the figures are known, see the package
}

// Watts is a power between two bounds; 0 < Low <= Best <= High, or all 0.
type Watts struct{ Low, Best, High float64 }

// header is the first line of devices.csv.
const header = "vendor,model,algorithm,rate,unit,watts_low,watts_best,watts_high,aliases,source"

// parseDevice reads one row and gives its aliases beside it.
func parseDevice(row []string) (Device, []string, error) {
	if len(row) != strings.Count(header, ",")+1 || row[0] == "" || row[1] == "" || row[9] == "" {
		return Device{}, nil, fmt.Errorf("row %q: vendor, model and source must be there, write %s", strings.Join(row, ","), header)
	}
	d := Device{Vendor: row[0], Model: row[1], Algorithm: row[2], Source: row[9]}
	if d.Algorithm != Algorithm(d.Algorithm) {
		return Device{}, nil, fmt.Errorf("algorithm %q, write %q", d.Algorithm, Algorithm(d.Algorithm))
	}
	var err error
	if d.Rate, d.Unit, err = parseRate(row[3], row[4]); err != nil {
		return Device{}, nil, err
	}
	if d.Watts, err = parseWatts(row[5], row[6], row[7]); err != nil {
		return Device{}, nil, err
	}
	if d.Rate > 0 && d.Algorithm == "" {
		return Device{}, nil, fmt.Errorf("%s has a rate and no algorithm, write what it is the rate of", d.Model)
	}
	var aliases []string
	if row[8] != "" {
		aliases = strings.Split(row[8], "|")
	}
	return d, aliases, nil
}

func parseRate(rate, unit string) (float64, string, error) {
	if rate == "" && unit == "" {
		return 0, "", nil
	}
	n, err := strconv.ParseFloat(rate, 64)
	if err != nil || !(n > 0 && n < 1e9) {
		return 0, "", fmt.Errorf("rate %q is no number above 0, write one or leave rate and unit empty", rate)
	}
	factor, base, ok := splitUnit(unit)
	if !ok {
		return 0, "", fmt.Errorf("unit %q is not known, write for example TH/s", unit)
	}
	return n * factor, base, nil
}

// splitUnit cuts "TH/s" into 1e12 and "H/s".
func splitUnit(s string) (factor float64, unit string, ok bool) {
	for _, base := range []string{"H/s", "Sol/s", "g/s"} {
		prefix, found := strings.CutSuffix(s, base)
		if !found {
			continue
		}
		factor, ok = map[string]float64{"": 1, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15}[prefix]
		return factor, base, ok
	}
	return 0, "", false
}

func parseWatts(low, best, high string) (Watts, error) {
	if low == "" && best == "" && high == "" {
		return Watts{}, nil
	}
	var n [3]float64
	for i, s := range []string{low, best, high} {
		v, err := strconv.ParseFloat(s, 64)
		if err != nil || !(v > 0 && v < 1e5) {
			return Watts{}, fmt.Errorf("watts %q is no number above 0, write all three or none", s)
		}
		n[i] = v
	}
	w := Watts{n[0], n[1], n[2]}
	if w.Low > w.Best || w.Best > w.High {
		return Watts{}, fmt.Errorf("watts %s, %s, %s are out of order, write low, best and high", low, best, high)
	}
	return w, nil
}
