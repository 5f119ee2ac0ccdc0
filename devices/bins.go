package devices

import (
	_ "embed"
	"fmt"
	"io"
	"strings"
)

// binsCSV lists the speed bins that are known of each WhatsMiner.
//
//go:embed whatsminer-bins.csv
var binsCSV string

type bins map[binOf]bool

// binOf is a plain model without the brand, and a bin.
type binOf struct{ model, bin string }

// Bin cuts a WhatsMiner's type, such as "M60S_VK40", into its bin "VK40" and
// reports whether that bin is known of that model. "" where there is none.
// MicroBT counts on in the last digit, so VH93 is the bin VH90.
func (t *Table) Bin(spelling string) (bin string, known bool) {
	m := microBTBin.FindStringSubmatch(beforeNote(spelling))
	if m == nil {
		return "", false
	}
	bin = strings.ToUpper(m[2])
	model := unbranded("microbt", plain(m[1]))
	if t.bins[binOf{model, bin}] {
		return bin, true
	}
	bin = bin[:len(bin)-1] + "0"
	return bin, t.bins[binOf{model, bin}]
}

func readBins(r io.Reader) (bins, error) {
	b := make(bins)
	err := eachRow("whatsminer-bins.csv", "model,bins", r, func(row []string) error {
		model := unbranded("microbt", plain(row[0]))
		for _, bin := range strings.Fields(row[1]) {
			if m := microBTBin.FindStringSubmatch(row[0] + "_" + bin); m == nil || !strings.EqualFold(m[2], bin) {
				return fmt.Errorf("%q is no bin of %q, write for example VK40", bin, row[0])
			}
			if b[binOf{model, bin}] {
				return fmt.Errorf("bin %s of %s stands there twice", bin, row[0])
			}
			b[binOf{model, bin}] = true
		}
		return nil
	})
	return b, err
}
