package db_test

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"minesweep/db"
	"minesweep/lab/postgres"
)

// server is the PostgreSQL of all tests.
var server postgres.One

func TestMain(m *testing.M) {
	code := m.Run()
	if err := server.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// eachStore runs a test on SQLite and on PostgreSQL; address is that of a new
// store with its tables.
func eachStore(t *testing.T, f func(t *testing.T, address string)) {
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		f(t, "sqlite://"+newFile(t))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		f(t, newDatabase(t))
	})
}

// filled is a file with its tables, which are made once: each statement of SQLite
// takes its time under the race detector.
var filled struct {
	once sync.Once
	file []byte
	err  error
}

// newFile returns the path of a new store on SQLite.
func newFile(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	filled.once.Do(func() {
		path := filepath.Join(dir, "filled.db")
		s, err := db.Open(t.Context(), path, newClock().now)
		if err == nil {
			err = s.Close()
		}
		if filled.err = err; err == nil {
			filled.file, filled.err = os.ReadFile(path)
		}
	})
	must(t, filled.err)
	path := filepath.Join(dir, "test.db")
	must(t, os.WriteFile(path, filled.file, 0o600))
	return path
}

// skipInRace leaves a test to the run without the race detector: it starts no
// goroutine of its own.
func skipInRace(t *testing.T) {
	t.Helper()
	if raceDetector {
		t.Skip("make test runs it without the race detector")
	}
}

// fewer is n, or less under the race detector.
func fewer[N int | uint64](n, inRace N) N {
	if raceDetector {
		return inRace
	}
	return n
}

// eachEmpty is eachStore where no table is made yet.
func eachEmpty(t *testing.T, f func(t *testing.T, address string)) {
	t.Run("sqlite", func(t *testing.T) { f(t, filepath.Join(t.TempDir(), "new.db")) })
	t.Run("postgres", func(t *testing.T) { f(t, server.Fresh(t, nil)) })
}

// newDatabase returns the address of a new store on PostgreSQL.
func newDatabase(t testing.TB) string {
	t.Helper()
	return server.Fresh(t, func(url string) error {
		s, err := db.Open(t.Context(), url, newClock().now)
		if err != nil {
			return err
		}
		return s.Close()
	})
}

// eachNew is eachStore with the store opened.
func eachNew(t *testing.T, f func(t *testing.T, s *db.Store, c *clock)) {
	eachStore(t, func(t *testing.T, address string) {
		c := newClock()
		f(t, openStore(t, address, c), c)
	})
}
