package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/Mzack9999/gopacket/pcap"
	"github.com/projectdiscovery/naabu/v2/pkg/port"
	"github.com/projectdiscovery/naabu/v2/pkg/privileges"
	"github.com/projectdiscovery/naabu/v2/pkg/protocol"
	"github.com/projectdiscovery/naabu/v2/pkg/result"
	"github.com/projectdiscovery/naabu/v2/pkg/scan"

	"minesweep/scanner"
)

// lateAnswer is how long after the reply wait an answer is still a target's.
const lateAnswer = 5 * time.Second

// synEngine finds open ports by half handshakes. naabu keeps no record of what
// it sent and takes any SYN-ACK for an answer, so the record is kept here.
type synEngine struct {
	naabu   *scan.Scanner
	scope   *scope
	log     *sendLog
	reports *reporter
	keep    time.Duration
	notes   []string

	mu          sync.Mutex
	outstanding map[netip.AddrPort]time.Time
	order       []sentProbe // oldest first
}

type sentProbe struct {
	target netip.AddrPort
	at     time.Time
}

// newSyn opens what a SYN scan needs, or says what is missing. naabu itself
// would go on silently and find nothing.
func newSyn(ctx context.Context, timeout time.Duration, log *sendLog, reports *reporter, scope *scope) (*synEngine, error) {
	if !privileges.IsPrivileged || len(scan.ListenHandlers) == 0 {
		return nil, errors.New("raw sockets need root or CAP_NET_RAW")
	}
	if scan.PkgRouter == nil {
		return nil, errors.New("the routing table cannot be read")
	}
	e := &synEngine{
		scope: scope, log: log, reports: reports, keep: timeout + lateAnswer,
		outstanding: make(map[netip.AddrPort]time.Time),
	}
	if err := e.checkInterfaces(); err != nil {
		return nil, err
	}
	naabu, err := scan.NewScanner(&scan.Options{
		Timeout: timeout, Retries: 1, ScanType: scan.TypeSyn, OnReceive: e.hear,
	})
	if err != nil {
		return nil, fmt.Errorf("naabu: %w", err)
	}
	if naabu.ScanType != scan.TypeSyn {
		return nil, errors.New("naabu fell back to connecting")
	}
	// naabu's own list of targets lets everything through; hear knows better.
	if err := naabu.IPRanger.Add("0.0.0.0/0"); err != nil {
		return nil, fmt.Errorf("naabu: %w", err)
	}
	naabu.StartWorkers(ctx)
	e.naabu = naabu
	return e, nil
}

// checkInterfaces opens a capture on loopback, for the canary, and on each
// interface that a route to the scope leaves by.
func (e *synEngine) checkInterfaces() error {
	names := map[string]bool{"lo": true}
	for _, p := range e.scope.prefixes() {
		iface, _, _, err := scan.PkgRouter.Route(net.IP(p.Addr().AsSlice()))
		if err == nil && iface != nil && p.Addr().Is4() {
			names[iface.Name] = true
		}
	}
	for name := range names {
		if err := tryCapture(name); err != nil {
			return fmt.Errorf("libpcap cannot listen on %s: %w", name, err)
		}
		if name != "lo" && groIsOn(name) {
			e.notes = append(e.notes, fmt.Sprintf(
				"GRO is on at %s, which loses answers at high rates; ethtool -K %s gro off cures it", name, name))
		}
	}
	return nil
}

func tryCapture(name string) error {
	inactive, err := pcap.NewInactiveHandle(name)
	if err != nil {
		return err
	}
	defer inactive.CleanUp()
	handle, err := inactive.Activate()
	if err != nil {
		return err
	}
	handle.Close()
	return nil
}

// probe sends one SYN. It is not safe for concurrent use: naabu tells only its
// log what went wrong.
func (e *synEngine) probe(target netip.AddrPort) scanner.Report {
	report := scanner.Report{Target: target, Engine: "syn"}
	e.remember(target)
	if !e.scope.allows(target) {
		e.forget(target)
		report.State = scanner.StateRefused
		return report
	}
	_ = e.log.take()
	scan.SendAsyncPkg(e.naabu.ListenHandler, target.Addr().String(),
		&port.Port{Port: int(target.Port()), Protocol: protocol.TCP}, scan.Syn)
	report.State = scanner.StateSent
	if fault := e.log.take(); fault != "" {
		e.forget(target)
		report.State, report.Why, report.Fault = scanner.StateError, fault, scanner.FaultIn(fault).String()
	}
	return report
}

// hear takes naabu's word of a SYN-ACK, and drops it where no such target was
// probed lately.
func (e *synEngine) hear(answer *result.HostResult) {
	addr, err := netip.ParseAddr(answer.IP)
	if err != nil {
		return
	}
	for _, p := range answer.Ports {
		target := netip.AddrPortFrom(addr.Unmap(), uint16(p.Port))
		if e.forget(target) {
			e.reports.write(scanner.Report{Target: target, Engine: "syn", State: scanner.StateOpen})
		}
	}
}

func (e *synEngine) remember(target netip.AddrPort) {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := time.Now()
	for len(e.order) > 0 && now.Sub(e.order[0].at) > e.keep {
		if old := e.order[0]; e.outstanding[old.target].Equal(old.at) {
			delete(e.outstanding, old.target)
		}
		e.order = e.order[1:]
	}
	e.outstanding[target] = now
	e.order = append(e.order, sentProbe{target, now})
}

// forget strikes target off the record and reports whether it was on it.
func (e *synEngine) forget(target netip.AddrPort) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	_, ok := e.outstanding[target]
	delete(e.outstanding, target)
	return ok
}
