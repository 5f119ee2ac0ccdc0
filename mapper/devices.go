package mapper

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
)

// devicesCSV holds rated hashrate and wall power by model. Its source column
// says how well a figure is known; K marks what stands from memory, unchecked.
//
//go:embed devices.csv
var devicesCSV string

// device is one row of the table.
type device struct {
	vendor, model, algorithm string
	rate                     float64 // in unit, prefix multiplied out
	unit                     string  // "H/s", "Sol/s" or "g/s"
	watts                    float64
}

// devices finds rows by vendor and model, or by the model alone where no two
// vendors share its name.
type devices struct {
	byName  map[string]device
	byModel map[string]device
}

func readDevices(r io.Reader) (devices, error) {
	rows, err := csv.NewReader(r).ReadAll()
	if err != nil {
		return devices{}, fmt.Errorf("devices.csv: %w", err)
	}
	d := devices{byName: make(map[string]device), byModel: make(map[string]device)}
	shared := make(map[string]bool)
	for i, row := range rows[min(1, len(rows)):] {
		dev, err := readDevice(row)
		if err != nil {
			return devices{}, fmt.Errorf("devices.csv:%d: %w", i+2, err)
		}
		name, model := nameKey(dev.vendor, dev.model), plainModel(dev.model)
		if _, twice := d.byName[name]; twice {
			return devices{}, fmt.Errorf("devices.csv:%d: model %s %s stands there twice", i+2, dev.vendor, dev.model)
		}
		d.byName[name] = dev
		if _, twice := d.byModel[model]; twice || shared[model] {
			shared[model] = true
			delete(d.byModel, model)
			continue
		}
		d.byModel[model] = dev
	}
	return d, nil
}

func readDevice(row []string) (device, error) {
	if len(row) != 7 || row[0] == "" || row[1] == "" || row[2] == "" || row[6] == "" {
		return device{}, fmt.Errorf("row %q, write vendor,model,algorithm,rate,unit,watts,source", strings.Join(row, ","))
	}
	rate, err := strconv.ParseFloat(row[3], 64)
	if err != nil || rate <= 0 {
		return device{}, fmt.Errorf("rate %q is no number above 0", row[3])
	}
	factor, unit, ok := splitUnit(row[4])
	if !ok {
		return device{}, fmt.Errorf("unit %q is not known, write for example TH/s", row[4])
	}
	watts, err := strconv.ParseFloat(row[5], 64)
	if err != nil || watts <= 0 {
		return device{}, fmt.Errorf("watts %q is no number above 0", row[5])
	}
	return device{row[0], row[1], row[2], rate * factor, unit, watts}, nil
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

// find returns the row of a model as a device names it; a bin code such as
// _VH70 or -110 behind the model is not needed.
func (d devices) find(vendor, model string) (device, bool) {
	if model == "" {
		return device{}, false
	}
	for _, m := range []string{model, binCode.ReplaceAllString(model, "")} {
		if dev, ok := d.byName[nameKey(vendor, m)]; ok {
			return dev, true
		}
		if dev, ok := d.byModel[plainModel(m)]; ok {
			return dev, true
		}
	}
	return device{}, false
}

// nameKey leaves the vendor out of the model, which some write there too.
func nameKey(vendor, model string) string {
	v := plainModel(vendor)
	return v + "/" + strings.TrimPrefix(plainModel(model), v)
}

// binCode is what MicroBT and Canaan put behind a model for its speed bin.
var binCode = regexp.MustCompile(`(?i)([ _-]*V[A-Z]?\d+[A-Z]?|-\d+)\s*(\([^)]*\))?$`)

// plainModel reduces a name to what two spellings of one model share.
func plainModel(s string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case ' ', '-', '_', '.', '/':
			return -1
		}
		return r
	}, strings.ToLower(s))
}
