// Package devices knows mining hardware by its model: the canonical name and
// its spellings, the algorithm, the rated hashrate and the power at the wall.
// It is a table in memory; it opens nothing.
package devices
