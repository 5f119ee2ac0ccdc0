package postgres_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"minesweep/lab/postgres"
)

var one postgres.One

func TestMain(m *testing.M) {
	if os.Getenv("POSTGRES_TEST_CHILD") != "" {
		os.Exit(child())
	}
	code := m.Run()
	if err := one.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// child starts a server, says where it is, and waits to be killed.
func child() int {
	s, err := postgres.Start(context.Background(), postgres.Options{})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println(s.PID(), filepath.Dir(s.Log()))
	select {}
}

func value(t *testing.T, url, query string) (string, error) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close(t.Context()) }()
	var text string
	err = conn.QueryRow(t.Context(), query).Scan(&text)
	return text, err
}

func TestFreshDatabasesAreCopiesOfTheFilledOne(t *testing.T) {
	filled := 0
	fill := func(url string) error {
		filled++
		conn, err := pgx.Connect(t.Context(), url)
		if err != nil {
			return err
		}
		_, err = conn.Exec(t.Context(), "CREATE TABLE was (word text); INSERT INTO was VALUES ('here')")
		return errors.Join(err, conn.Close(t.Context()))
	}
	a, b := one.Fresh(t, fill), one.Fresh(t, fill)
	if err := one.Server(t).Exec(t.Context(), a[strings.LastIndex(a, "/")+1:strings.Index(a, "?")], "UPDATE was SET word = 'changed'"); err != nil {
		t.Fatal(err)
	}
	if word, err := value(t, b, "SELECT word FROM was"); err != nil || word != "here" || filled != 1 {
		t.Fatalf("word %q, %v, filled %d times", word, err, filled)
	}
}

func TestWhatWasCommittedIsThereAfterCrashAndStop(t *testing.T) {
	s, err := postgres.Start(t.Context(), postgres.Options{Listen: "127.0.0.1:0"})
	if err == nil {
		t.Fatal("port 0 is nobody's and was taken")
	}
	postgres.Need(skipOnly{t}, err)
	s, err = postgres.Start(t.Context(), postgres.Options{Password: "s3cret"})
	postgres.Need(t, err)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(filepath.Dir(s.Log())); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("its directory is still there: %v", err)
		}
	})
	if err := s.Exec(t.Context(), "postgres", "CREATE TABLE kept AS SELECT 'yes'::text AS word"); err != nil {
		t.Fatal(err)
	}
	if err := s.Crash(); err != nil {
		t.Fatal(err)
	}
	if _, err := value(t, s.URL("postgres"), "SELECT word FROM kept"); err == nil || s.PID() != 0 {
		t.Fatal("a crashed server answers")
	}
	if err := s.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if word, err := value(t, s.URL("postgres"), "SELECT word FROM kept"); err != nil || word != "yes" {
		t.Fatalf("%q, %v", word, err)
	}
	if _, err := value(t, strings.Replace(s.URL("postgres"), "s3cret", "wrong", 1), "SELECT 'in'"); err == nil {
		t.Fatal("a wrong password opens")
	}
}

// skipOnly skips where PostgreSQL is missing and ignores other errors.
type skipOnly struct{ *testing.T }

func (s skipOnly) Fatal(args ...any) {
	if err, ok := args[0].(error); ok && errors.Is(err, postgres.ErrMissing) {
		s.T.Fatal(err)
	}
}

func TestItEndsWithItsProcess(t *testing.T) {
	one.Server(t) // skips where there is none
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "POSTGRES_TEST_CHILD=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	var pid int
	var dir string
	if n, _ := fmt.Sscan(line, &pid, &dir); err != nil || n != 2 {
		t.Fatalf("%q, %v", line, err)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	for end := time.Now().Add(30 * time.Second); syscall.Kill(pid, 0) == nil; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("server %d lives on after its process was killed", pid)
		}
	}
	s, err := postgres.Start(t.Context(), postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s was left behind by a killed process and is still there: %v", dir, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
