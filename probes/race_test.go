//go:build race

package probes_test

// raceDetector is whether the tests run under the race detector, where a house is
// asked ten times as slowly.
const raceDetector = true
