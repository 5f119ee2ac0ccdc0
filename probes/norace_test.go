//go:build !race

package probes_test

const raceDetector = false
