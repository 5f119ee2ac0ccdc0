package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// User is the name of the superuser of every server.
const User = "minesweep"

// patience is how long a server may take to start or to end.
const patience = 30 * time.Second

// Options are what a server is like. The zero value is fast, on a Unix socket
// only, and lets everybody in who reaches it.
type Options struct {
	// Listen is host:port beside the Unix socket, such as 10.9.0.1:5432; "": none.
	Listen string
	// Inside runs f in the network where the server is to be, such as
	// lab/wire's Network.Inside; nil: that of the caller. The Unix socket is
	// reached from every network.
	Inside func(f func() error) error
	// Password is what [User] must say; "": nothing.
	Password string
	// Durable lets it wait for the disk (fsync), as a server of people does.
	Durable bool
	// Settings are lines of postgresql.conf, such as "max_connections = 20".
	Settings []string
}

// Server is one PostgreSQL server. Its methods may be called from several
// goroutines, but for those that start and end it.
type Server struct {
	options Options
	bin     string // the folder of its programs
	dir     *directory

	mu      sync.Mutex
	running *process // nil: stopped
}

// Start makes a new server and returns when it can be talked to. The error wraps
// [ErrMissing] where this machine has no PostgreSQL.
func Start(ctx context.Context, o Options) (*Server, error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	dir, err := newDirectory()
	if err != nil {
		return nil, fmt.Errorf("PostgreSQL: %w", err)
	}
	s := &Server{options: o, bin: bin, dir: dir}
	if err := s.initialize(ctx); err != nil {
		return nil, errors.Join(err, dir.remove())
	}
	if err := s.Resume(ctx); err != nil {
		return nil, errors.Join(err, dir.remove())
	}
	return s, nil
}

// Resume starts a server that was stopped, on what it had.
func (s *Server) Resume(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running != nil {
		return errors.New("PostgreSQL: it runs already")
	}
	p, err := s.launch()
	if err != nil {
		return fmt.Errorf("PostgreSQL: %w", err)
	}
	if err := s.awaken(ctx, p); err != nil {
		_ = p.end(syscall.SIGKILL)
		return fmt.Errorf("PostgreSQL does not start: %w\n%s", err, s.dir.logTail())
	}
	s.running = p
	return nil
}

// Stop ends the server as its service does: what runs is cut off, all is stored.
func (s *Server) Stop() error { return s.stop(syscall.SIGINT) }

// Crash ends it at once, with nothing put in order: what was committed it finds
// again in its log when it is resumed.
func (s *Server) Crash() error { return s.stop(syscall.SIGQUIT) }

// Restart is Stop and Resume.
func (s *Server) Restart(ctx context.Context) error {
	if err := s.Stop(); err != nil {
		return err
	}
	return s.Resume(ctx)
}

func (s *Server) stop(by syscall.Signal) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running == nil {
		return nil
	}
	err := s.running.end(by)
	s.running = nil
	return err
}

// Close ends the server and removes all it had.
func (s *Server) Close() error {
	return errors.Join(s.Crash(), s.dir.remove())
}

// PID is the number of the server's first process, 0 where it is stopped.
func (s *Server) PID() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running == nil {
		return 0
	}
	return s.running.pid
}

// Log returns the file that the server writes its log into.
func (s *Server) Log() string { return s.dir.log() }

// URL returns the address of a database: by Options.Listen where there is one,
// else by the Unix socket.
func (s *Server) URL(database string) string {
	if s.options.Listen == "" {
		return s.SocketURL(database)
	}
	u := s.address(database)
	u.Host = s.options.Listen
	return u.String()
}

// SocketURL returns the address of a database by the Unix socket, which is
// reached from every network of this machine.
func (s *Server) SocketURL(database string) string {
	u := s.address(database)
	q := u.Query()
	q.Set("host", s.dir.path)
	q.Set("port", s.port())
	u.RawQuery = q.Encode()
	return u.String()
}

func (s *Server) address(database string) *url.URL {
	u := &url.URL{Scheme: "postgres", User: url.User(User), Path: "/" + database, RawQuery: "sslmode=disable"}
	if s.options.Password != "" {
		u.User = url.UserPassword(User, s.options.Password)
	}
	return u
}

func (s *Server) port() string {
	if _, port, err := net.SplitHostPort(s.options.Listen); err == nil {
		return port
	}
	return "5432"
}

// awaken waits until the server talks, or has ended.
func (s *Server) awaken(ctx context.Context, p *process) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, s.SocketURL("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-p.ended:
			return p.err
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (s *Server) data() string { return filepath.Join(s.dir.path, "data") }

// configure writes the last words of postgresql.conf, and lets in who comes from
// other machines where it listens for them.
func (s *Server) configure() error {
	if err := s.appendTo("postgresql.conf", s.settings()); err != nil || s.options.Listen == "" {
		return err
	}
	how := "trust"
	if s.options.Password != "" {
		how = "scram-sha-256"
	}
	return s.appendTo("pg_hba.conf", []string{"host all all all " + how})
}

func (s *Server) appendTo(name string, lines []string) error {
	file, err := os.OpenFile(filepath.Join(s.data(), name), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	for _, line := range lines {
		if _, err := fmt.Fprintln(file, line); err != nil {
			return errors.Join(err, file.Close())
		}
	}
	return file.Close()
}

func (s *Server) settings() []string {
	host := ""
	if h, _, err := net.SplitHostPort(s.options.Listen); err == nil {
		host = h
	}
	lines := []string{
		fmt.Sprintf("listen_addresses = '%s'", host), "port = " + s.port(),
		fmt.Sprintf("unix_socket_directories = '%s'", s.dir.path), "timezone = 'UTC'", "max_connections = 200",
	}
	if !s.options.Durable {
		lines = append(lines, "fsync = off", "full_page_writes = off")
	}
	return append(lines, s.options.Settings...)
}
