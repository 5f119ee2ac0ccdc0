package main

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"

	"go4.org/netipx"

	"minesweep"
	"minesweep/scanner"
)

// smallJob is how many probes naabu's connections settle well at once: such a job is
// over after one reply wait however silent the network is, and SYN is no faster.
const smallJob = 512

// chosen is the engine that a sweep has come to.
type chosen struct {
	minesweep.Scanner
	word     string // syn, naabu or connect
	connects bool
}

// job is what an engine is chosen for.
type job struct {
	flags   sweepFlags
	guard   *scanner.Guard
	targets *netipx.IPSet
	probes  uint64 // left to send
}

// engine takes the engine that --engine asks for and says which and why.
func (p *program) engine(j job) (chosen, error) {
	if err := j.checkCanary(); err != nil {
		return chosen{}, err
	}
	switch j.flags.engine {
	case "syn":
		if r, ok := loopbackIn(j.targets); ok {
			return chosen{}, usagef("%s is loopback, which the SYN engine does not scan: write --engine auto", r)
		}
		return p.synEngine(j, "asked for")
	case "naabu":
		return p.naabu(j, "auto", "")
	case "connect":
		return p.naabu(j, "connect", "")
	}
	return p.autoEngine(j)
}

// autoEngine takes SYN where it may and where it is worth its start.
func (p *program) autoEngine(j job) (chosen, error) {
	only := j.flags.onlySYN()
	if r, ok := loopbackIn(j.targets); ok {
		if only != "" {
			return chosen{}, usagef("%s is loopback, which the SYN engine does not scan: leave it or --%s out", r, only)
		}
		return p.naabu(j, "connect", fmt.Sprintf("%s is loopback, and one engine scans all", r))
	}
	if only == "" && allOwn(j.targets) {
		return p.naabu(j, "connect", "every target is this machine itself")
	}
	if only == "" && j.probes <= smallJob {
		return p.naabu(j, "connect", fmt.Sprintf("%d probes are over as soon by connecting", j.probes))
	}
	syn, err := p.synEngine(j, "raw sockets work")
	if err == nil || only != "" {
		return syn, err
	}
	return p.naabu(j, "auto", err.Error())
}

func (p *program) synEngine(j job, why string) (chosen, error) {
	canary, err := j.flags.canaryTarget()
	if err != nil {
		return chosen{}, err
	}
	sources, err := j.flags.sourceAddrs()
	if err != nil {
		return chosen{}, err
	}
	engine, err := p.newSYN(scanner.SYNConfig{
		Guard: j.guard, Now: p.now, Notice: p.notice, Interface: j.flags.device, Sources: sources,
		SourcePorts: j.flags.sourcePorts, Canary: canary, Wait: j.flags.wait,
	})
	if err != nil {
		return chosen{}, err
	}
	p.notice("the engine is syn: " + why)
	return chosen{engine, "syn", false}, nil
}

// naabu says by itself whether it connects; why is added where it was not asked for.
func (p *program) naabu(j job, engine, why string) (chosen, error) {
	say := p.notice
	if why != "" {
		say = explained(p.notice, why)
	}
	n, err := scanner.NewNaabu(scanner.NaabuConfig{
		Engine: engine, Guard: j.guard, Timeout: j.flags.wait, InFlight: j.flags.inFlight, Now: p.now, Notice: say,
	})
	word := "naabu"
	if engine == "connect" {
		word = "connect"
	}
	return chosen{n, word, engine == "connect"}, err
}

// explained makes of naabu's first sentence, which names its way, the one
// sentence about the engine.
func explained(notice func(string), why string) func(string) {
	var once sync.Once
	return func(sentence string) {
		once.Do(func() {
			what, _, _ := strings.Cut(sentence, ": ")
			sentence = what + " of naabu: " + why
		})
		notice(sentence)
	}
}

// checkCanary refuses a canary outside the scope before anything is sent.
func (j job) checkCanary() error {
	canary, err := j.flags.canaryTarget()
	if err != nil || !canary.IsValid() {
		return err
	}
	if canary.Addr().IsLoopback() {
		return usagef("--canary %s is loopback, which is probed anyway: name an open port on the way to the targets", canary)
	}
	if _, err := j.guard.Scope().Decide(canary.Addr()); err != nil {
		return fmt.Errorf("--canary %s: %w; nothing was sent. It is probed like a target and needs a grant", canary, err)
	}
	return nil
}

// loopbackIn names a part of the targets that is loopback.
func loopbackIn(targets *netipx.IPSet) (string, bool) {
	for _, p := range []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")} {
		if targets.OverlapsPrefix(p) {
			var b netipx.IPSetBuilder
			b.AddPrefix(p)
			b.Intersect(targets)
			if part, err := b.IPSet(); err == nil { // else the engine finds out
				return rangesText(part.Ranges()), true
			}
		}
	}
	return "", false
}

// allOwn reports whether every target is an address of this machine.
func allOwn(targets *netipx.IPSet) bool {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return false // then the engine finds out
	}
	var b netipx.IPSetBuilder
	b.AddSet(targets)
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok {
			if own, ok := netip.AddrFromSlice(n.IP); ok {
				b.Remove(own.Unmap())
			}
		}
	}
	rest, err := b.IPSet()
	return err == nil && len(rest.Ranges()) == 0
}

// discovered is the engine of a sweep whose discovery is over.
type discovered struct{}

func (discovered) Scan(context.Context, minesweep.Plan, minesweep.Sink) error { return nil }
