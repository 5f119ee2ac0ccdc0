package db_test

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"minesweep/db"
	"minesweep/lab/postgres"
)

// databaseName is that of a URL.
func databaseName(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	must(t, err)
	return strings.TrimPrefix(u.Path, "/")
}

// as is an address with another user.
func as(t *testing.T, address, user, password string) string {
	t.Helper()
	u, err := url.Parse(address)
	must(t, err)
	u.User = url.UserPassword(user, password)
	return u.String()
}

// superuser runs statements in a database.
func superuser(t *testing.T, address, statements string) {
	t.Helper()
	must(t, server.Server(t).Exec(t.Context(), databaseName(t, address), statements))
}

const secretWord = "s3cret-w0rd"

// TestOpenRefusesServers: each way in which a database on PostgreSQL can be the
// wrong one is a sentence that names it and says what to do, and never the password.
func TestOpenRefusesServers(t *testing.T) {
	for name, tt := range map[string]struct {
		prepare func(t *testing.T) string // returns the address
		want    string
	}{
		"no URL":             {func(*testing.T) string { return "postgres://u:" + secretWord + "/x@host/db" }, "%2F"},
		"no server":          {func(t *testing.T) string { return "postgres://u:" + secretWord + "@127.0.0.1:1/db" }, "cannot be reached: connection refused"},
		"no socket":          {func(t *testing.T) string { return "postgresql://u:" + secretWord + "@/db?host=" + t.TempDir() }, "cannot be reached: no such file"},
		"no such database":   {func(t *testing.T) string { return strings.Replace(newDatabase(t), "?", "_not?", 1) }, "does not exist; make it"},
		"no such user":       {func(t *testing.T) string { return as(t, newDatabase(t), "nobody", secretWord) }, "refuses the user"},
		"foreign":            {foreignDatabase("CREATE TABLE songs (title text)"), "another program"},
		"foreign, like ours": {foreignDatabase("CREATE TABLE installation (id int); CREATE TABLE schema_version (installed int)"), "another program"},
		"older":              {withVersion(1), "run `minesweep db migrate`"},
		"newer":              {withVersion(99), "use a newer minesweep"},
		"read-only": {func(t *testing.T) string {
			address := newDatabase(t)
			superuser(t, address, "ALTER DATABASE "+databaseName(t, address)+" SET default_transaction_read_only = on")
			return address
		}, "is read-only"},
		"no rights":            {func(t *testing.T) string { return as(t, newDatabase(t), role(t, ""), secretWord) }, "grant the user the rights"},
		"no rights to make":    {func(t *testing.T) string { return as(t, server.Fresh(t, nil), role(t, ""), secretWord) }, "grant the user the rights"},
		"too many connections": {func(t *testing.T) string { return as(t, newDatabase(t), role(t, "CONNECTION LIMIT 0"), secretWord) }, "too many connections"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server.Server(t)
			s, err := db.Open(t.Context(), tt.prepare(t), newClock().now)
			if err == nil {
				must(t, s.Close())
				t.Fatal("it was opened")
			}
			if text := err.Error(); !strings.Contains(text, tt.want) || strings.Contains(text, secretWord) || strings.Contains(text, "\n") {
				t.Errorf("error %q, want one that says %q", text, tt.want)
			}
		})
	}
}

func foreignDatabase(script string) func(t *testing.T) string {
	return func(t *testing.T) string {
		address := server.Fresh(t, nil)
		superuser(t, address, script)
		return address
	}
}

func withVersion(version int) func(t *testing.T) string {
	return func(t *testing.T) string {
		address := newDatabase(t)
		superuser(t, address, fmt.Sprintf("UPDATE schema_version SET version = %d", version))
		return address
	}
}

// role makes a user of its own for the test.
func role(t *testing.T, more string) string {
	t.Helper()
	name := "r_" + strings.ToLower(strings.NewReplacer("/", "_", " ", "_", ",", "_").Replace(t.Name()))
	name = name[max(0, len(name)-60):]
	srv := server.Server(t)
	must(t, srv.Exec(t.Context(), "postgres", fmt.Sprintf("CREATE ROLE %q LOGIN %s", name, more)))
	return name
}

// TestWrongPassword needs a server that asks for one.
func TestWrongPassword(t *testing.T) {
	srv, err := postgres.Start(t.Context(), postgres.Options{Password: secretWord, Settings: []string{"max_connections = 10"}})
	postgres.Need(t, err)
	t.Cleanup(func() { must(t, srv.Close()) })
	if _, err := db.Open(t.Context(), as(t, srv.URL("postgres"), postgres.User, "not-"+secretWord), newClock().now); err == nil ||
		!strings.Contains(err.Error(), "refuses the user or the password") || strings.Contains(err.Error(), secretWord) {
		t.Errorf("error %v", err)
	}
	s, err := db.Open(t.Context(), srv.URL("postgres"), newClock().now)
	must(t, err)
	if strings.Contains(db.PathOf(s), secretWord) {
		t.Errorf("its name is %s", db.PathOf(s))
	}
	must(t, srv.Crash())
	err = s.Note(t.Context(), "a", "b")
	if err == nil || !strings.Contains(err.Error(), "try again") && !strings.Contains(err.Error(), "cannot be reached") {
		t.Errorf("a server that is gone: %v", err)
	}
	must(t, srv.Resume(t.Context()))
	if err := errors.Join(s.Note(t.Context(), "a", "b"), s.Close()); err != nil {
		t.Errorf("a server that came back: %v", err)
	}
}

// TestServerFaultsWhileWriting: what PostgreSQL says later than when it is opened.
func TestServerFaultsWhileWriting(t *testing.T) {
	for code, want := range map[string]string{
		"53100": "the disk of its server is full",
		"25006": "is read-only",
		"55P03": "for too long",
	} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			address := newDatabase(t)
			s := openStore(t, address, newClock())
			superuser(t, address, fmt.Sprintf(`CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
				BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '%s'; END $$;
				CREATE TRIGGER fail BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION fail()`, code))
			if err := s.Note(t.Context(), "a", "b"); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %v, want one that says %q", err, want)
			}
		})
	}
}
