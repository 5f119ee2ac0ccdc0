package postgres

import (
	"errors"
	"os"
	"path/filepath"
)

// directory is where a server has all it has. Its owner holds a lock on the file
// "lock" in it; what nobody locks was left behind by a process that was killed.
type directory struct {
	path  string
	owner owner
	lock  *os.File
}

const prefix = "minesweep-postgres-"

// newDirectory makes a directory, and removes those that were left behind.
func newDirectory() (*directory, error) {
	base := os.TempDir()
	if len(base) > 60 {
		base = "/tmp" // a Unix socket's path has 107 bytes
	}
	tidy(base)
	owner, err := serverOwner()
	if err != nil {
		return nil, err
	}
	path, err := os.MkdirTemp(base, prefix)
	if err != nil {
		return nil, err
	}
	d := &directory{path: path, owner: owner}
	if err := d.take(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(path))
	}
	return d, nil
}

// take locks the directory and gives it to the server. The lock has its name
// only when it is held, so that nobody takes a young directory for an old one.
func (d *directory) take() (err error) {
	young := filepath.Join(d.path, "young")
	if d.lock, err = os.Create(young); err != nil {
		return err
	}
	if err := lockFile(d.lock); err != nil {
		return err
	}
	if err := os.Rename(young, filepath.Join(d.path, "lock")); err != nil {
		return err
	}
	return d.owner.give(d.path)
}

// write makes a file that the server may read and nobody else.
func (d *directory) write(name, text string) (string, error) {
	path := filepath.Join(d.path, name)
	if err := os.WriteFile(path, []byte(text+"\n"), 0o600); err != nil {
		return "", err
	}
	return path, d.owner.give(path)
}

func (d *directory) log() string { return filepath.Join(d.path, "log") }

// logTail is the end of the log, for errors.
func (d *directory) logTail() string {
	const most = 2000
	text, err := os.ReadFile(d.log())
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-most):])
}

func (d *directory) remove() error {
	return errors.Join(os.RemoveAll(d.path), d.lock.Close())
}

// tidy removes directories that nobody holds.
func tidy(base string) {
	locks, _ := filepath.Glob(filepath.Join(base, prefix+"*", "lock"))
	for _, path := range locks {
		file, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			continue
		}
		if lockFile(file) == nil {
			_ = os.RemoveAll(filepath.Dir(path))
		}
		_ = file.Close()
	}
}
