package fingerprints

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"strings"

	"minesweep"
)

// modelsCSV is the closed list of models: vendor, model, algorithm, and what
// else devices call it, parted by |.
//
//go:embed models.csv
var modelsCSV string

type model struct{ name, algorithm string }

// models finds a canonical model by vendor and any spelling.
type models map[string]model

func readModels(data string) (models, error) {
	rows, err := csv.NewReader(strings.NewReader(data)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("models.csv: %w", err)
	}
	list := make(models, len(rows))
	for i, row := range rows[1:] {
		if len(row) != 4 || row[0] == "" || row[1] == "" {
			return nil, fmt.Errorf("models.csv:%d: write vendor,model,algorithm,aliases", i+2)
		}
		m := model{row[1], row[2]}
		for _, name := range append(strings.Split(row[3], "|"), row[1]) {
			if name != "" {
				list[modelKey(row[0], name)] = m
			}
		}
	}
	return list, nil
}

// modelKey makes spellings alike: case, spaces, dots and dashes do not count.
func modelKey(vendor, name string) string {
	plain := strings.NewReplacer(" ", "", "-", "", "_", "", ".", "")
	return strings.ToLower(vendor) + "|" + plain.Replace(strings.ToLower(name))
}

// canonical puts the list's spelling in the place of the device's, and fills
// the algorithm. A model that is not in the list stays as it is.
func (l models) canonical(c *minesweep.Claims) {
	m, ok := l[modelKey(c.Vendor, c.Model)]
	if !ok {
		return
	}
	c.Model = m.name
	if c.Algorithm == "" {
		c.Algorithm = m.algorithm
	}
}
