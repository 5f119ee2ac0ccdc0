package db_test

import (
	"bytes"
	"database/sql"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"minesweep/db"
)

// path is the file of the store, or its URL.
func path(t *testing.T, s *db.Store) string {
	t.Helper()
	return db.PathOf(s)
}

func rawDB(t *testing.T, path string) *sql.DB {
	t.Helper()
	driver := "sqlite"
	if strings.HasPrefix(path, "postgres://") {
		driver = "pgx"
	}
	raw, err := sql.Open(driver, path)
	must(t, err)
	raw.SetMaxOpenConns(1)
	t.Cleanup(func() { must(t, raw.Close()) })
	return raw
}

func TestOpenMakesAFileOfItsOwner(t *testing.T) {
	c := newClock()
	file := filepath.Join(t.TempDir(), "a b?c#d%20e.db")
	s, err := db.Open(t.Context(), file, c.now)
	must(t, err)
	secret, err := s.Secret(t.Context())
	must(t, err)
	info, err := os.Stat(file)
	must(t, err)
	if info.Mode().Perm() != 0o600 || len(secret) != 32 || bytes.Equal(secret, make([]byte, 32)) {
		t.Errorf("mode %v, secret of %d bytes", info.Mode(), len(secret))
	}
	must(t, s.Close())
	again := openStore(t, file, c)
	if second, err := again.Secret(t.Context()); err != nil || !bytes.Equal(secret, second) {
		t.Errorf("the secret changed: %v", err)
	}
	names, err := filepath.Glob(filepath.Join(filepath.Dir(file), "*"))
	must(t, err)
	for _, name := range names {
		if !strings.HasPrefix(name, file) {
			t.Errorf("stray file %s", name)
		}
	}
}

// ourHead is the header of a store with some of it changed.
func ourHead(change func(head []byte)) func(t *testing.T, path string) {
	return func(t *testing.T, path string) {
		s, err := db.Open(t.Context(), path, newClock().now)
		must(t, err)
		must(t, s.Close())
		file, err := os.ReadFile(path)
		must(t, err)
		change(file)
		must(t, os.WriteFile(path, file, 0o600))
	}
}

func TestOpenRefusesAndTouchesNothing(t *testing.T) {
	foreign := func(script string) func(t *testing.T, path string) {
		return func(t *testing.T, path string) {
			if _, err := rawDB(t, path).Exec(script); err != nil {
				t.Fatal(err)
			}
		}
	}
	text := func(s string) func(t *testing.T, path string) {
		return func(t *testing.T, path string) { must(t, os.WriteFile(path, []byte(s), 0o644)) }
	}
	for name, tt := range map[string]struct {
		prepare func(t *testing.T, path string)
		want    string
	}{
		"text":           {text("grants:\n  - 10.0.0.0/8\n"), "is not an SQLite file"},
		"long text":      {text(strings.Repeat("nothing of yours ", 1000)), "is not an SQLite file"},
		"short SQLite":   {text("SQLite format 3\x00"), "is not an SQLite file"},
		"other tables":   {foreign("CREATE TABLE songs (title TEXT)"), "belongs to another program"},
		"other mark":     {foreign("PRAGMA application_id=77; CREATE TABLE grants (name TEXT)"), "belongs to another program"},
		"newer":          {ourHead(func(h []byte) { binary.BigEndian.PutUint32(h[60:], 9) }), "use a newer minesweep"},
		"a directory":    {func(t *testing.T, path string) { must(t, os.Mkdir(path, 0o755)) }, "is a directory"},
		"broken schema":  {ourHead(func(h []byte) { copy(h[100:], bytes.Repeat([]byte{0xee}, 3000)) }), "is damaged"},
		"no page behind": {ourHead(func(h []byte) { binary.BigEndian.PutUint16(h[16:], 3) }), "is damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "theirs.db")
			tt.prepare(t, file)
			before, _ := os.ReadFile(file)
			s, err := db.Open(t.Context(), "sqlite://"+file, newClock().now)
			if err == nil {
				must(t, s.Close())
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), file) {
				t.Errorf("error %v, want one that says %q and names the file", err, tt.want)
			}
			if after, _ := os.ReadFile(file); !bytes.Equal(before, after) {
				t.Error("the file was changed")
			}
			for _, suffix := range []string{"-wal", "-shm", "-journal"} {
				if _, err := os.Stat(file + suffix); err == nil {
					t.Errorf("%s was made", suffix)
				}
			}
		})
	}
}

func TestOpenAddress(t *testing.T) {
	dir := t.TempDir()
	for address, want := range map[string]string{
		"":                      "names no file",
		":memory:":              "names no file",
		"sqlite://":             "names no file",
		"mysql://host/db":       "is not supported",
		dir + "/not/here/a.db":  "does not exist",
		"sqlite:///dev/null":    "is not a regular file",
		dir + "/file.txt/b.db":  "not a directory",
		"sqlite://" + dir + "/": "directory",
	} {
		must(t, os.WriteFile(filepath.Join(dir, "file.txt"), []byte("x"), 0o600))
		if s, err := db.Open(t.Context(), address, newClock().now); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one that says %q", address, err, want)
			if err == nil {
				must(t, s.Close())
			}
		}
	}
}

// rightless is set for a process of root that has no right to read everything.
const rightless = "MINESWEEP_TEST_RIGHTLESS"

func TestOpenUnreadable(t *testing.T) {
	if os.Geteuid() == 0 && os.Getenv(rightless) == "" {
		if runtime.GOOS != "linux" {
			t.Skip("root reads everything")
		}
		cmd := exec.CommandContext(t.Context(), "setpriv", "--bounding-set=-dac_override,-dac_read_search",
			os.Args[0], "-test.run=^TestOpenUnreadable$")
		cmd.Env = append(os.Environ(), rightless+"=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	file := filepath.Join(t.TempDir(), "locked.db")
	must(t, os.WriteFile(file, nil, 0o000))
	if _, err := db.Open(t.Context(), file, newClock().now); err == nil || !strings.Contains(err.Error(), "permission denied") {
		t.Errorf("error %v", err)
	}
}

// A process that died between making the file and the first transaction.
func TestOpenEmptyFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "empty.db")
	must(t, os.WriteFile(file, nil, 0o600))
	openStore(t, file, newClock())
}
