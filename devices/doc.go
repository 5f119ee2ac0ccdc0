// Package devices knows mining hardware by its model: the canonical name and
// its spellings, the algorithm, the rated hashrate and the power at the wall.
// It is a table in memory; it opens nothing.
//
// devices.csv holds a model a line. Its source column says how well the
// figures are known: "catalogue" stands in two catalogues, "vendor" in one
// vendor's, and K is from memory and unchecked. Where only one power figure is
// known the bounds are derived: 10 % to each side of a catalogue's figure, 15 %
// of a vendor's and of K. A model known by its name alone has no figures.
package devices
