//go:build !race

package fingerprints_test

const underRace = false
