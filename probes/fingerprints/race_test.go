//go:build race

package fingerprints_test

// underRace tells that the race detector is on: all is ten times slower, and
// pools forget by chance.
const underRace = true
