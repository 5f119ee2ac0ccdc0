package db

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// applicationID marks a file as ours, at byte 68 of its header (SQLite file
// format, section 1.3). It spells "MSWP".
const applicationID = 0x4d535750

const sqliteMagic = "SQLite format 3\x00"

// examine reads the header of the file without SQLite, which would make -wal
// and -shm beside a file that is not ours.
func examine(path string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return fmt.Errorf("database %s cannot be read: %w; name another file with --db", path, cause(err))
	case info.IsDir():
		return fmt.Errorf("database %s is a directory; name a file in it with --db", path)
	case !info.Mode().IsRegular():
		return fmt.Errorf("database %s is not a regular file; name another file with --db", path)
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("database %s cannot be opened for reading and writing: %w; "+
			"change its rights or name another file with --db", path, cause(err))
	}
	defer file.Close()
	var head [100]byte
	n, err := io.ReadFull(file, head[:])
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("database %s cannot be read: %w; name another file with --db", path, cause(err))
	}
	return examineHead(path, head[:n])
}

func examineHead(path string, head []byte) error {
	if len(head) == 0 {
		return nil // new, or its maker died before the first transaction
	}
	if len(head) < 100 || string(head[:len(sqliteMagic)]) != sqliteMagic {
		return fmt.Errorf("database %s is not an SQLite file; name another file with --db", path)
	}
	if binary.BigEndian.Uint32(head[68:]) != applicationID {
		return fmt.Errorf("database %s belongs to another program; name another file with --db", path)
	}
	if version := binary.BigEndian.Uint32(head[60:]); int64(version) > int64(len(migrations)) {
		return newer(path, int64(version))
	}
	return nil
}

func newer(path string, version int64) error {
	return fmt.Errorf("database %s has tables of version %d and this minesweep knows %d; "+
		"use a newer minesweep or name another file with --db", path, version, len(migrations))
}

// fileVersion reads the version from the header of a store; 0 where there is none.
func fileVersion(path string) int64 {
	file, err := os.Open(path)
	if err != nil {
		return 0
	}
	defer file.Close()
	var head [100]byte
	if _, err := io.ReadFull(file, head[:]); err != nil {
		return 0
	}
	return int64(binary.BigEndian.Uint32(head[60:]))
}
