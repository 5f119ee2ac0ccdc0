package fingerprints

import (
	"strings"

	"minesweep"
	"minesweep/devices"
)

// canonical puts the device table's spelling in the place of the device's own,
// and fills the algorithm. A model that the table does not have stays as it is,
// but for the dot of an abbreviation at its end, "Hyd.", which no name keeps.
func canonical(t *devices.Table, c *minesweep.Claims) {
	d, ok := t.Find(c.Vendor, c.Model)
	if !ok {
		c.Model = strings.TrimRight(c.Model, " .")
		return
	}
	c.Model = d.Model
	if c.Algorithm == "" {
		c.Algorithm = d.Algorithm
	}
}
