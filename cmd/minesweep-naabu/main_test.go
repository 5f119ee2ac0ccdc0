//go:build !race

// Under the race detector naabu's 255 modules would be compiled a second time,
// for half of make test's time; make test runs this package without it.

package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"

	"minesweep/scanner"
)

func TestStateOf(t *testing.T) {
	dial := func(err error) error {
		return &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", err)}
	}
	for _, c := range []struct {
		err  error
		want string
	}{
		{nil, scanner.StateOpen},
		{dial(syscall.ECONNREFUSED), scanner.StateClosed},
		{dial(syscall.ECONNRESET), scanner.StateOpen},
		{dial(syscall.EPIPE), scanner.StateOpen},
		{dial(syscall.EHOSTUNREACH), scanner.StateFiltered},
		{&net.OpError{Op: "dial", Net: "tcp", Err: os.ErrDeadlineExceeded}, scanner.StateFiltered},
		{dial(syscall.ENETUNREACH), scanner.StateError},
		{dial(syscall.EMFILE), scanner.StateError},
		{dial(syscall.EACCES), scanner.StateError},
		{errors.New("anything else"), scanner.StateError},
	} {
		state, why := stateOf(c.err)
		if state != c.want || (why != "") != (c.want == scanner.StateError) {
			t.Errorf("%v: %s (%s), want %s", c.err, state, why, c.want)
		}
	}
}

func TestScopeFollowsTheLastLine(t *testing.T) {
	prefix := netip.MustParsePrefix
	own := netip.MustParseAddrPort("127.0.0.1:40000")
	s := &scope{}
	target := netip.MustParseAddrPort("10.1.2.3:80")
	if s.allows(target) || s.isOwn(own) {
		t.Error("a scope never set allows something")
	}
	for i, c := range []struct {
		line  scanner.ScopeLine
		allow bool
		local bool
	}{
		{scanner.ScopeLine{Allow: []netip.Prefix{prefix("10.0.0.0/8")}}, true, false},
		{scanner.ScopeLine{Allow: []netip.Prefix{prefix("10.0.0.0/8")}, Deny: []netip.Prefix{prefix("10.1.2.0/24")}}, false, false},
		{scanner.ScopeLine{Allow: []netip.Prefix{prefix("127.0.0.0/8"), prefix("2001:db8::/64")}}, false, true},
		{scanner.ScopeLine{Own: own}, false, true},
	} {
		if err := s.replace(&c.line); err != nil {
			t.Fatal(err)
		}
		if s.allows(target) != c.allow || s.onlyLocal() != c.local {
			t.Errorf("line %d: allows %v, local %v", i, s.allows(target), s.onlyLocal())
		}
	}
	if !s.allows(own) || s.allows(netip.MustParseAddrPort("127.0.0.1:40001")) {
		t.Error("the canary is not exactly one port")
	}
	if err := s.replace(&scanner.ScopeLine{Own: target}); err == nil {
		t.Error("a canary on another machine was taken")
	}
}

func TestRunReportsWhatItCannotDo(t *testing.T) {
	const start = `{"scope":{"allow":["127.0.0.0/8"]}}` + "\n"
	for _, c := range []struct{ engine, in, want string }{
		{"connect", "", "the input ended before the scope"},
		{"connect", `{"target":"127.0.0.1:1"}` + "\n", "the first line is not a scope"},
		{"connect", start + "hello\n", `line \"hello\" is not a command`},
		{"connect", start + "{}\n", "a command is either a scope or a target"},
		{"fast", start, `engine \"fast\" is not known`},
	} {
		var out bytes.Buffer
		err := run(t.Context(), []string{"-engine=" + c.engine}, strings.NewReader(c.in), &reporter{out: &out})
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		last := lines[len(lines)-1]
		if err == nil || !strings.Contains(last, `{"error":"`) || !strings.Contains(last, c.want) {
			t.Errorf("%q: %v, reported %s", c.in, err, last)
		}
		for _, line := range lines {
			if _, err := scanner.ParseReport([]byte(line)); err != nil {
				t.Errorf("the parent cannot read %s: %v", line, err)
			}
		}
	}
}

func TestRunRefusesWhatTheScopeDoesNotAllow(t *testing.T) {
	var out bytes.Buffer
	in := `{"scope":{"allow":["127.0.0.0/8"],"deny":["127.0.9.9/32"]}}` + "\n" + `{"target":"127.0.9.9:80"}` + "\n" + `{"target":"192.0.2.1:80"}` + "\n"
	if err := run(t.Context(), []string{"-engine=connect"}, strings.NewReader(in), &reporter{out: &out}); err != nil {
		t.Fatal(err)
	}
	for _, target := range []string{"127.0.9.9:80", "192.0.2.1:80"} {
		if want := fmt.Sprintf(`"target":%q,"state":"refused"`, target); !strings.Contains(out.String(), want) {
			t.Errorf("%s was not refused: %s", target, out.String())
		}
	}
}
