package db

import (
	"errors"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// sqliteFault says in words what is wrong with a file, or "" where the error is
// not about the file.
func sqliteFault(err error) string {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return ""
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return "is being written by another process for too long; let that end and try again"
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return "is damaged; restore it from a backup or name another file with --db"
	case sqlite3.SQLITE_FULL:
		return "cannot grow, the disk is full"
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN:
		return "cannot be written; look at the rights of the file and its directory"
	case sqlite3.SQLITE_IOERR:
		return "cannot be read or written, the disk reports an error"
	}
	return ""
}
