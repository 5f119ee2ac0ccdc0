//go:build race

package db_test

// raceDetector is whether the tests run under the race detector, where SQLite
// takes ten times as long. What starts no goroutine of its own does less there;
// make test runs all of it without the detector as well.
const raceDetector = true
