package devices

import (
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
)

//go:embed devices.csv
var devicesCSV string

// Table finds devices by what they call themselves. It never changes and is
// safe for concurrent use.
type Table struct {
	list    []Device
	exact   map[name]int    // as a row writes vendor and model: the usual case, at no cost
	byModel map[name]int    // vendor and model, each plain
	unique  map[string]int  // plain model that has its brand in it
	vendors map[string]bool // plain
	bins    bins
	boards  []board
}

type name struct{ vendor, model string }

// Load returns the table of the devices that come with minesweep. An error
// means that one of its files is faulty, and names file and line.
func Load() (*Table, error) { return embedded() }

var embedded = sync.OnceValues(func() (*Table, error) {
	t, err := read(strings.NewReader(devicesCSV))
	if err != nil {
		return nil, err
	}
	if t.bins, err = readBins(strings.NewReader(binsCSV)); err != nil {
		return nil, err
	}
	t.boards, err = readBoards(strings.NewReader(boardsCSV), t)
	return t, err
})

// eachRow gives fn every row but the header, and puts file and line before
// what is wrong with one.
func eachRow(file, header string, r io.Reader, fn func(row []string) error) error {
	c := csv.NewReader(r)
	for n := 0; ; n++ {
		row, err := c.Read()
		if err == io.EOF {
			return nil
		}
		line, _ := c.FieldPos(0)
		var fault *csv.ParseError
		if errors.As(err, &fault) {
			return fmt.Errorf("%s:%d: %w, write %s", file, fault.Line, fault.Err, header)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		if n == 0 {
			if strings.Join(row, ",") != header {
				return fmt.Errorf("%s:1: write the header %s", file, header)
			}
			continue
		}
		if err := fn(row); err != nil {
			return fmt.Errorf("%s:%d: %w", file, line, err)
		}
	}
}

func read(r io.Reader) (*Table, error) {
	t := &Table{
		exact: make(map[name]int), byModel: make(map[name]int),
		unique: make(map[string]int), vendors: make(map[string]bool),
	}
	err := eachRow("devices.csv", header, r, func(row []string) error {
		d, aliases, err := parseDevice(row)
		if err != nil {
			return err
		}
		t.list = append(t.list, d)
		t.exact[name{d.Vendor, d.Model}] = len(t.list) - 1
		t.vendors[plain(d.Vendor)] = true
		for _, spelling := range append([]string{d.Model}, aliases...) {
			if err := t.enter(d, spelling); err != nil {
				return err
			}
		}
		return nil
	})
	return t, err
}

// enter makes the last device of the list known under a spelling.
func (t *Table) enter(d Device, spelling string) error {
	vendor := plain(d.Vendor)
	key := name{vendor, unbranded(vendor, plain(spelling))}
	if key.model == "" {
		return fmt.Errorf("%s: an alias is empty, leave out the extra |", d.Model)
	}
	if other, taken := t.byModel[key]; taken {
		return fmt.Errorf("%s %s: %q already stands for %s", d.Vendor, d.Model, spelling, t.list[other].Model)
	}
	t.byModel[key] = len(t.list) - 1
	if full := plain(spelling); full != key.model {
		t.unique[full] = len(t.list) - 1
	}
	return nil
}

// List returns all devices, in the order of the table.
func (t *Table) List() []Device { return slices.Clone(t.list) }

// Find returns the device that a vendor's product calls by this spelling. Case,
// spaces, dots, dashes, the vendor's own name and its brand do not count, nor
// does a speed bin behind the model: "M60S_VK40", "AvalonMiner 1346-116",
// "S19 XP Hyd." and "Goldshell-CK5" are found. A vendor that the table does not
// know, such as "", is no hindrance where the spelling holds the brand. What
// follows a model and means nothing known makes it another model: not found.
func (t *Table) Find(vendor, spelling string) (Device, bool) {
	if i, ok := t.exact[name{vendor, spelling}]; ok {
		return t.list[i], true
	}
	if spelling == "" || len(spelling) > maxSpelling {
		return Device{}, false
	}
	v := plain(vendor)
	spelling = beforeNote(spelling)
	if !t.vendors[v] {
		i, ok := t.unique[plain(spelling)]
		if !ok {
			return Device{}, false
		}
		return t.list[i], true
	}
	for _, s := range []string{spelling, withoutBin(v, spelling)} {
		if i, ok := t.byModel[name{v, unbranded(v, plain(s))}]; ok {
			return t.list[i], true
		}
	}
	return Device{}, false
}
