package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// patience is for how long after its last answer the database of a lane may be
	// away; a node stops sending after the same time, and others take the lane later.
	patience = 10 * time.Second

	firstPause   = 50 * time.Millisecond
	longestPause = time.Second
)

// Away reports whether err says that the database cannot be reached now: its
// server is down, starting or stopping, or the network to it is. What it would
// have answered is not known, and a transaction may have been committed.
func Away(err error) bool {
	var said *pgconn.PgError
	if err == nil || errors.Is(err, ErrTakenOver) || errors.Is(err, context.Canceled) {
		return false
	}
	if errors.As(err, &said) {
		switch said.Code {
		case "57P01", "57P02", "57P03":
			return true
		}
		return strings.HasPrefix(said.Code, "08")
	}
	var connect *pgconn.ConnectError
	var network net.Error
	return errors.As(err, &connect) || errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || pgconn.SafeToRetry(err)
}

// answered is when the database answered last, on the clock of the process: the
// store's may be turned.
type answered struct{ at atomic.Pointer[time.Time] }

func (a *answered) note() {
	now := time.Now()
	a.at.Store(&now)
}

// Patiently runs f, and again while the database of a laned sweep is away, with
// pauses, until ctx ends or the database was away for 10 s since it last answered
// this journal. f must be harmless to repeat where what it did was stored and only
// the answer was lost.
func (j *Journal) Patiently(ctx context.Context, f func() error) error {
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		err := f()
		if !Away(err) || ctx.Err() != nil {
			if err == nil {
				j.answers.note()
			}
			return err
		}
		last := j.answers.at.Load()
		if !j.laned || last == nil || time.Since(*last)+pause > patience {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(pause):
		}
	}
}
