// Command minesweep-naabu holds naabu's packet engine in a process of its own.
//
// It is started by minesweep and speaks JSON lines, package scanner's Command
// in and Report out. It sends only to what the last scope line allows, looks
// that up again right before each packet, and ends when its input ends.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"os"
	"time"

	"minesweep/scanner"
)

// maxCommand bounds one line of input: a scope of some 100,000 prefixes.
const maxCommand = 16 << 20

func main() {
	out, err := claimStdout()
	if err == nil {
		err = run(context.Background(), os.Args[1:], os.Stdin, &reporter{out: out})
	}
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run answers commands until in ends. A fault that ends the work is reported
// as the parent reads it, and returned.
func run(ctx context.Context, args []string, in io.Reader, reports *reporter) error {
	flags := flag.NewFlagSet("minesweep-naabu", flag.ContinueOnError)
	engine := flags.String("engine", "auto", "auto, connect or syn")
	timeout := flags.Duration("timeout", time.Second, "how long an answer is waited for")
	if err := flags.Parse(args); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	err := serve(ctx, in, reports, *engine, *timeout)
	if err != nil {
		reports.write(scanner.Report{Error: err.Error()})
	}
	return err
}

func serve(ctx context.Context, in io.Reader, reports *reporter, engine string, timeout time.Duration) error {
	log := catchLog()
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 0, 4096), maxCommand)
	scope := &scope{}
	if err := firstScope(lines, scope); err != nil {
		return err
	}
	s := sender{scope: scope, reports: reports}
	var err error
	if s.connect, err = newConnect(timeout); err != nil {
		return err
	}
	ready, err := s.choose(ctx, engine, timeout, log)
	if err != nil {
		return err
	}
	reports.write(ready)
	for lines.Scan() {
		command, err := scanner.ParseCommand(lines.Bytes())
		if err != nil {
			return err
		}
		if err := s.obey(command); err != nil {
			return err
		}
	}
	return lines.Err()
}

func firstScope(lines *bufio.Scanner, scope *scope) error {
	if !lines.Scan() {
		return errors.New("the input ended before the scope")
	}
	command, err := scanner.ParseCommand(lines.Bytes())
	if err != nil {
		return err
	}
	if command.Scope == nil {
		return errors.New("the first line is not a scope")
	}
	return scope.replace(command.Scope)
}

// sender sends a target by the engine that suits it.
type sender struct {
	scope   *scope
	reports *reporter
	connect *connectEngine
	syn     *synEngine // nil: everything is connected to
}

// choose fixes the engine and returns the ready line that tells it.
func (s *sender) choose(ctx context.Context, engine string, timeout time.Duration, log *sendLog) (scanner.Report, error) {
	connect := scanner.Report{Ready: true, Engine: "connect"}
	switch {
	case engine == "connect":
		connect.Why = "asked for"
		return connect, nil
	case engine == "auto" && s.scope.onlyLocal():
		connect.Why = "every target is on this machine or has an IPv6 address"
		return connect, nil
	case engine != "auto" && engine != "syn":
		return scanner.Report{}, fmt.Errorf("engine %q is not known, write auto, connect or syn", engine)
	}
	syn, err := newSyn(ctx, timeout, log, s.reports, s.scope)
	switch {
	case err == nil && engine == "auto" && len(syn.notes) > 0:
		connect.Why = "a SYN scan would lose answers: " + syn.notes[0]
		return connect, nil
	case err == nil:
		s.syn = syn
		return scanner.Report{Ready: true, Engine: "syn", Why: "raw sockets and libpcap work", Notes: syn.notes}, nil
	case engine == "syn":
		return scanner.Report{}, fmt.Errorf("a SYN scan is not possible: %w", err)
	}
	connect.Why = "a SYN scan is not possible, " + err.Error()
	return connect, nil
}

func (s *sender) obey(command scanner.Command) error {
	if command.Scope != nil {
		return s.scope.replace(command.Scope)
	}
	target := netip.AddrPortFrom(command.Target.Addr().Unmap(), command.Target.Port())
	switch {
	case !s.scope.allows(target):
		s.reports.write(scanner.Report{Target: target, State: scanner.StateRefused, Why: "outside the scope"})
	case s.syn != nil && (s.scope.isOwn(target) || synSuits(target.Addr())):
		s.reports.write(s.syn.probe(target))
	default:
		go func() { s.reports.write(s.connect.probe(target, s.scope)) }()
	}
	return nil
}

// synSuits reports whether a SYN scan reaches addr: naabu's is for IPv4 and
// loses the answers of the machine itself.
func synSuits(addr netip.Addr) bool { return addr.Is4() && !addr.IsLoopback() }
