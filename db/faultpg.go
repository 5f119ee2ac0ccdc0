package db

import (
	"context"
	"errors"
	"io"
	"net"

	"github.com/jackc/pgx/v5/pgconn"
)

// Codes of PostgreSQL (its documentation, appendix A).
const (
	undefinedTable  = "42P01"
	undefinedColumn = "42703"
)

// postgresSentences say what a code of PostgreSQL means to a user, and what to do.
var postgresSentences = map[string]string{
	"28P01": "refuses the user or the password; correct the address given with --db",
	"28000": "refuses the user; correct the address given with --db, or let the user in by pg_hba.conf",
	"3D000": "does not exist; make it with createdb, or name another one with --db",
	"42501": "refuses this to its user; grant the user the rights on its schema and tables",
	"25006": "is read-only, a standby or so set; name the primary with --db",
	"53100": "cannot grow, the disk of its server is full",
	"53200": "is on a server that has no memory left; try again",
	"53300": "has too many connections; raise max_connections, or lower pool_max_conns in the address given with --db",
	"55P03": "is being written by another process for too long; let that end and try again",
	"57P01": "is on a server that is being stopped; try again when it is back",
	"57P02": "is on a server that crashed; try again when it is back",
	"57P03": "is on a server that is starting or stopping; try again when it is up",
	"25P03": "gave up a transaction that nothing was heard of; look at the network between here and its server",
	"XX001": "is damaged; restore it from a backup",
	"XX002": "is damaged; restore it from a backup",
}

// fault is one sentence about a database, over the error that the library
// returned: that one is for programs, and may be long.
type fault struct {
	sentence string
	err      error
}

func (f *fault) Error() string { return f.sentence }
func (f *fault) Unwrap() error { return f.err }

// postgresFault makes a sentence of an error, where it is about the database.
func postgresFault(name string, err error) error {
	var done *fault
	if errors.As(err, &done) || errors.Is(err, context.Canceled) {
		return err
	}
	var said *pgconn.PgError
	if errors.As(err, &said) {
		if what := postgresSentences[said.Code]; what != "" {
			return &fault{"database " + name + " " + what, err}
		}
		return err
	}
	var connect *pgconn.ConnectError
	var network net.Error
	switch {
	case errors.As(err, &connect), errors.As(err, &network), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF),
		pgconn.SafeToRetry(err):
		return &fault{"database " + name + " cannot be reached: " + innermost(err) +
			"; look whether PostgreSQL runs there and whether --db names it rightly", err}
	}
	return err
}

func readOnlySentence(name string) string {
	return "database " + name + " " + postgresSentences["25006"]
}

// innermost is what went wrong in the end, without the address and user that
// the sentence around it has already.
func innermost(err error) string {
	for {
		switch e := err.(type) { //nolint:errorlint // it walks the tree itself
		case interface{ Unwrap() error }:
			if e.Unwrap() == nil {
				return err.Error()
			}
			err = e.Unwrap()
		case interface{ Unwrap() []error }:
			all := e.Unwrap()
			if len(all) == 0 {
				return err.Error()
			}
			err = all[0]
		default:
			return err.Error()
		}
	}
}
