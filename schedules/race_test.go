//go:build race

package schedules

// raceDetector is whether the tests run under the race detector. Two weeks on a
// store take a tenth of the time without it; make test runs them so as well.
const raceDetector = true
