package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
)

// poolConns is how many connections a process opens at most, where the URL does
// not say pool_max_conns.
const poolConns = 12

// sessionSettings are those of each connection, where the URL does not say
// otherwise. A node that is cut off must not hold the write lock: the server
// gives it back when it hears nothing.
var sessionSettings = map[string]string{
	"application_name":                    "minesweep",
	"timezone":                            "UTC",
	"lock_timeout":                        "30000", // ms
	"idle_in_transaction_session_timeout": "20000", // ms
	"tcp_keepalives_idle":                 "5",
	"tcp_keepalives_interval":             "2",
	"tcp_keepalives_count":                "3",
	"tcp_user_timeout":                    "10000", // ms
}

func isPostgres(address string) bool {
	return strings.HasPrefix(address, "postgres://") || strings.HasPrefix(address, "postgresql://")
}

// dialPostgres makes the pool of a store; nothing is sent yet.
func dialPostgres(ctx context.Context, address string, now func() time.Time) (*Store, error) {
	config, err := pgxpool.ParseConfig(address)
	if err != nil { // its text may hold a part of the password
		return nil, errors.New("database: this is not an address that PostgreSQL takes; write for example " +
			"postgres://minesweep@db.example:5432/minesweep, and signs of a password such as / and # as %2F and %23")
	}
	if !strings.Contains(address, "pool_max_conns=") {
		config.MaxConns = poolConns
	}
	if config.ConnConfig.ConnectTimeout == 0 {
		config.ConnConfig.ConnectTimeout = 10 * time.Second
	}
	for name, value := range sessionSettings {
		if _, said := config.ConnConfig.RuntimeParams[name]; !said {
			config.ConnConfig.RuntimeParams[name] = value
		}
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("database %s: %w", nameOf(config.ConnConfig), err)
	}
	connections := sql.OpenDB(unprepared{stdlib.GetPoolConnector(pool)})
	connections.SetMaxIdleConns(0) // the pool keeps them
	one := bun.NewDB(connections, pgdialect.New())
	return &Store{path: nameOf(config.ConnConfig), now: now, pool: pool, writer: one, reader: one, missPage: missesMost}, nil
}

// nameOf is how messages name a database: without its password.
func nameOf(c *pgx.ConnConfig) string {
	u := url.URL{Scheme: "postgres", User: url.User(c.User), Host: fmt.Sprintf("%s:%d", c.Host, c.Port), Path: "/" + c.Database}
	if strings.HasPrefix(c.Host, "/") {
		u.Host, u.RawQuery = "", "host="+c.Host
	}
	return u.String()
}

// unprepared makes connections that prepare no statement for bun, which writes
// arguments into its text: each would be another, prepared in vain.
type unprepared struct{ driver.Connector }

func (u unprepared) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := u.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	bare, ok := conn.(*stdlib.Conn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("a connection of %T is none of pgx", conn), conn.Close())
	}
	return unpreparedConn{bare}, nil
}

type unpreparedConn struct{ *stdlibConn }

// stdlibConn is embedded by another name than Conn, which is its method.
type stdlibConn = stdlib.Conn

// QueryContext is that of pgx in one round trip.
func (c unpreparedConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	mode := driver.NamedValue{Value: pgx.QueryExecModeExec}
	return c.stdlibConn.QueryContext(ctx, query, append([]driver.NamedValue{mode}, args...))
}

// Postgres reports whether the store is on PostgreSQL, and else on SQLite.
func (s *Store) Postgres() bool { return s.pool != nil }

// Pool returns the connections to PostgreSQL, for River's client; nil on SQLite.
// They are closed with the store: what uses them is to be stopped before.
func (s *Store) Pool() *pgxpool.Pool { return s.pool }

// Writer returns the one connection that writes to SQLite, for River's client,
// which waits in line there with the store; nil on PostgreSQL.
func (s *Store) Writer() *sql.DB {
	if s.Postgres() {
		return nil
	}
	return s.writer.DB
}
