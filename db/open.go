package db

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Open opens the store at address, such as "sqlite://minesweep.db",
// "sqlite:///var/lib/minesweep.db", a plain path, or
// "postgres://user@host:5432/database".
//
// A missing file is made, readable by its owner only, and one of an older version
// is brought up to date. In an empty database on PostgreSQL the tables are made;
// one of an older version is an error, for other nodes may use it (see [Migrate]).
// What is not a store of minesweep, or is newer than this program, is an error
// and is left as it is. now is the clock of everything the store dates.
func Open(ctx context.Context, address string, now func() time.Time) (*Store, error) {
	if isPostgres(address) {
		s, err := dialPostgres(ctx, address, now)
		if err != nil {
			return nil, err
		}
		if _, err := s.migrateServer(ctx, false); err != nil {
			return nil, errors.Join(err, s.Close())
		}
		if err := s.EnsureMonths(ctx, now()); err != nil {
			return nil, errors.Join(err, s.Close())
		}
		return s, nil
	}
	path, err := parseAddress(address)
	if err != nil {
		return nil, err
	}
	if err := makeFile(path); err != nil {
		return nil, err
	}
	if err := examine(path); err != nil {
		return nil, err
	}
	s, err := openFile(path, now)
	if err != nil {
		return nil, err
	}
	if err := s.migrateFile(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// openFile opens a file as it is.
func openFile(path string, now func() time.Time) (s *Store, err error) {
	s = &Store{path: path, now: now, missPage: missesMost}
	if s.writer, err = newBun(dsn(path, "_txlock=immediate"), 1); err != nil {
		return nil, fmt.Errorf("database %s: %w", path, err)
	}
	if s.reader, err = newBun(dsn(path, "_pragma=query_only(1)"), readConns); err != nil {
		return nil, errors.Join(fmt.Errorf("database %s: %w", path, err), s.writer.Close())
	}
	return s, nil
}

func parseAddress(address string) (string, error) {
	path := address
	if scheme, rest, ok := strings.Cut(address, "://"); ok {
		if scheme != "sqlite" {
			return "", fmt.Errorf("database %q: %s is not supported, write for example sqlite://minesweep.db or postgres://minesweep@db.example/minesweep", address, scheme)
		}
		path = rest
	}
	if path == "" || path == ":memory:" || strings.ContainsRune(path, 0) {
		return "", fmt.Errorf("database %q names no file, write for example sqlite://minesweep.db", address)
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("database %q: %w", address, err)
	}
	return abs, nil
}

// makeFile makes an empty file where there is none, so that its mode is ours
// and not the umask's. SQLite gives -wal and -shm the same mode.
func makeFile(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	switch {
	case errors.Is(err, fs.ErrExist):
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("database %s: its directory %s does not exist; make it or name another file with --db",
			path, filepath.Dir(path))
	case err != nil:
		return fmt.Errorf("database %s cannot be made: %w; name another file with --db", path, cause(err))
	}
	return file.Close()
}

// cause is err without the path, which the sentence around it has already.
func cause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// dsn writes the path as a URI, so that no character of it is taken for a
// parameter. synchronous NORMAL syncs at checkpoints, not at each commit:
// enough for the death of a process, see the package comment.
func dsn(path, more string) string {
	uri := url.URL{Scheme: "file", Path: path}
	return uri.String() + "?_pragma=busy_timeout(10000)&_pragma=foreign_keys(1)&_pragma=synchronous(NORMAL)&" + more
}
