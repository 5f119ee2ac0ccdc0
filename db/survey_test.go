package db_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"minesweep/db"
)

func TestLook(t *testing.T) {
	eachStore(t, func(t *testing.T, address string) {
		c := newClock()
		s := openStore(t, address, c)
		see(t, begin(t, s), miner("10.0.0.1", "", c), c)
		survey, err := db.Look(t.Context(), address, c.now)
		must(t, err)
		rows := make(map[string]int64)
		for _, r := range survey.Tables {
			rows[r.Table] = r.Rows
		}
		if survey.Version != survey.Known || survey.Bytes < 10_000 || survey.LastID != 1 || survey.LastIs != db.Running ||
			!survey.LastFrom.Equal(c.now()) || rows["hosts"] != 1 || rows["replies"] != 1 || len(rows) != 16 {
			t.Errorf("%+v", survey)
		}
		if want := map[bool]string{false: "SQLite 3.", true: "PostgreSQL 1"}[s.Postgres()]; !strings.HasPrefix(survey.Kind, want) {
			t.Errorf("kind %s", survey.Kind)
		}
	})
}

func TestLookChangesNothing(t *testing.T) {
	file := filepath.Join(t.TempDir(), "not.db")
	if _, err := db.Look(t.Context(), file, newClock().now); err == nil {
		t.Error("a file that is not there was surveyed")
	}
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		t.Error("and made")
	}
	for name, tt := range map[string]struct {
		address func(t *testing.T) string
		version int64
	}{
		"empty": {func(t *testing.T) string { return server.Fresh(t, nil) }, 0},
		"older": {withVersion(2), 2},
		"newer": {withVersion(99), 99},
	} {
		t.Run(name, func(t *testing.T) {
			address := tt.address(t)
			for range 2 {
				if survey, err := db.Look(t.Context(), address, newClock().now); err != nil || survey.Version != tt.version {
					t.Errorf("%+v, %v", survey, err)
				}
			}
		})
	}
}
