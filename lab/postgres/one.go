package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
)

// T is what this package needs of a [testing.T].
type T interface {
	Helper()
	Skip(args ...any)
	Fatal(args ...any)
	Cleanup(f func())
	Context() context.Context
}

// One is the one server of a test binary: the first test that asks starts it,
// and TestMain closes it. Its zero value is ready.
type One struct {
	once   sync.Once
	server *Server
	err    error

	mu      sync.Mutex
	made    int
	filled  string // the database that fill filled
	fillErr error
}

// Server returns the server. Where this machine has no PostgreSQL the test is
// skipped, or fails where CI is true.
func (o *One) Server(t T) *Server {
	t.Helper()
	o.once.Do(func() { o.server, o.err = Start(context.WithoutCancel(t.Context()), Options{}) })
	Need(t, o.err)
	return o.server
}

// Need ends the test where err is not nil: an error that wraps [ErrMissing] skips
// it unless CI is true, every other fails it.
func Need(t T, err error) {
	t.Helper()
	switch {
	case err == nil:
	case errors.Is(err, ErrMissing) && os.Getenv("CI") != "true":
		t.Skip(err)
	default:
		t.Fatal(err)
	}
}

// Fresh returns the address of a new database, which is removed after the test.
// It is a copy of one that fill filled, once for all calls and never connected to
// after; where fill is nil it is empty.
func (o *One) Fresh(t T, fill func(url string) error) string {
	t.Helper()
	server := o.Server(t)
	name, err := o.create(t.Context(), fill)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.WithoutCancel(t.Context())
	t.Cleanup(func() {
		if err := server.DropDatabase(ctx, name); err != nil {
			t.Fatal(err)
		}
	})
	return server.URL(name)
}

func (o *One) create(ctx context.Context, fill func(url string) error) (string, error) {
	template, err := o.template(ctx, fill)
	if err != nil {
		return "", err
	}
	o.mu.Lock()
	o.made++
	name := fmt.Sprintf("t%d", o.made)
	o.mu.Unlock()
	return name, o.server.CreateDatabase(ctx, name, template)
}

func (o *One) template(ctx context.Context, fill func(url string) error) (string, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if fill == nil || o.filled != "" {
		if fill == nil {
			return "", nil
		}
		return o.filled, o.fillErr
	}
	o.filled = "filled"
	if o.fillErr = o.server.CreateDatabase(ctx, o.filled, ""); o.fillErr == nil {
		o.fillErr = fill(o.server.URL(o.filled))
	}
	return o.filled, o.fillErr
}

// Close ends the server, if there is one.
func (o *One) Close() error {
	if o.server == nil {
		return nil
	}
	return o.server.Close()
}
