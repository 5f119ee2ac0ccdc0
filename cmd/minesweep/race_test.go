//go:build race

package main

// raceDetector is whether the tests run under the race detector. What judges
// thousands of answers and starts no goroutine of its own is left to the run
// without it, which make test does as well: there it takes a tenth of the time.
const raceDetector = true
