package fingerprints

import (
	"minesweep"
	"minesweep/devices"
)

// canonical puts the device table's spelling in the place of the device's own,
// and fills the algorithm. A model that the table does not have stays as it is.
func canonical(t *devices.Table, c *minesweep.Claims) {
	d, ok := t.Find(c.Vendor, c.Model)
	if !ok {
		return
	}
	c.Model = d.Model
	if c.Algorithm == "" {
		c.Algorithm = d.Algorithm
	}
}
