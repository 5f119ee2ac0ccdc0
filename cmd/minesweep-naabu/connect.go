package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"

	"github.com/projectdiscovery/naabu/v2/pkg/port"
	"github.com/projectdiscovery/naabu/v2/pkg/protocol"
	"github.com/projectdiscovery/naabu/v2/pkg/scan"

	"minesweep/scanner"
)

const (
	socketTries = 20
	socketPause = 100 * time.Millisecond
)

// connectEngine finds open ports by whole handshakes; it needs no privilege.
type connectEngine struct {
	naabu   *scan.Scanner
	timeout time.Duration
}

func newConnect(timeout time.Duration) (*connectEngine, error) {
	naabu, err := scan.NewScanner(&scan.Options{Timeout: timeout, Retries: 1, ScanType: scan.TypeConnect})
	if err != nil {
		return nil, fmt.Errorf("naabu: %w", err)
	}
	return &connectEngine{naabu: naabu, timeout: timeout}, nil
}

// probe connects once and closes at once. Where this machine has no socket
// left it waits for one; the scope is looked up before each try.
func (c *connectEngine) probe(target netip.AddrPort, scope *scope) scanner.Report {
	report := scanner.Report{Target: target, Engine: "connect"}
	p := &port.Port{Port: int(target.Port()), Protocol: protocol.TCP}
	var err error
	for range socketTries {
		if !scope.allows(target) {
			report.State = scanner.StateRefused
			return report
		}
		if _, err = c.naabu.ConnectPort(target.Addr().String(), "", p, c.timeout); !wantsSocket(err) {
			break
		}
		time.Sleep(socketPause)
	}
	if report.State, report.Why = stateOf(err); report.State == scanner.StateError {
		report.Fault = scanner.FaultOf(err).String()
	}
	return report
}

// stateOf reads the outcome of a dial.
func stateOf(err error) (state, why string) {
	var netErr net.Error
	switch {
	case err == nil:
		return scanner.StateOpen, ""
	case errors.Is(err, syscall.ECONNREFUSED):
		return scanner.StateClosed, ""
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		// A reset that answers the SYN reads "refused". This one came after the
		// handshake: a server that resets whom it accepts listens all the same.
		return scanner.StateOpen, ""
	case errors.As(err, &netErr) && netErr.Timeout(), errors.Is(err, syscall.EHOSTUNREACH):
		return scanner.StateFiltered, ""
	}
	return scanner.StateError, err.Error()
}

// wantsSocket reports whether a dial failed for want of something that other
// connections give back.
func wantsSocket(err error) bool {
	for _, lack := range []error{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.EADDRNOTAVAIL} {
		if errors.Is(err, lack) {
			return true
		}
	}
	return false
}
