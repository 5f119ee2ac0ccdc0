package probes

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"minesweep"
)

// Probe is one question: what to send and how its answer ends.
type Probe struct {
	Name    string   // as ARCHITECTURE.md lists them, such as "cgminer/version"
	Form    string   // tells two requests of one name apart; see [Probe.key]
	Ports   []uint16 // that hint at it: there it is asked before all others
	Request string   // a constant of requests.go
	Framing Framing
	Limit   int  // bytes of an answer; 0 means 64 KiB, at most 256 KiB
	TLS     bool // ask inside TLS
}

// The bounds of an answer.
const (
	defaultLimit = 64 << 10
	maxLimit     = 256 << 10
	defaultIdle  = 2 * time.Second
	defaultTotal = 6 * time.Second
)

// All is every question that minesweep asks, protocol by protocol. A new probe
// is a constant in requests.go, a value in its protocol's file, and a place in
// its Ports or in plan.go.
var All = slices.Concat(
	bannerProbes,
	cgminerProbes,
	whatsminerProbes,
	httpProbes,
	stratumProbes,
	claymoreProbes,
	rpcProbes,
	xmrigProbes,
	ccminerProbes,
	whatsminer3Probes,
	getstatProbes,
	excavatorProbes,
	anyByteProbes,
	sv2Probes,
)

// key names the probe in hints and in the plan: its name, and its form where it
// has one.
func (p Probe) key() string {
	if p.Form == "" {
		return p.Name
	}
	return p.Name + " " + p.Form
}

func byKey(key string) (Probe, bool) {
	at := slices.IndexFunc(All, func(p Probe) bool { return p.key() == key })
	if at < 0 {
		return Probe{}, false
	}
	return All[at], true
}

// Ask sends the question over conn, which is fresh, and reads the answer: at
// most 2 s of silence and 6 s in all. It closes nothing. A peer that gives no
// answer gives a reply with an empty Raw and a reason; the only error is that
// of ctx. Reply.At is left to the caller.
func (p Probe) Ask(ctx context.Context, conn net.Conn) (minesweep.Reply, error) {
	target, _ := netip.ParseAddrPort(conn.RemoteAddr().String())
	return p.ask(ctx, conn, target, reading{idle: defaultIdle, total: defaultTotal, limit: p.limit()})
}

func (p Probe) ask(ctx context.Context, conn net.Conn, target netip.AddrPort, r reading) (minesweep.Reply, error) {
	reply := minesweep.Reply{Target: target, Probe: p.Name, TLS: p.TLS, Request: p.fill(target)}
	got, err := r.exchange(ctx, conn, p, target)
	if err != nil {
		return reply, err
	}
	reply.End, reply.Refused = got.end, got.refused
	reply.Raw = slices.Clip(p.decode(got.raw, r.limit))
	return reply, nil
}

// decode takes an answer out of its transport. An echo stays as it came: what
// is sent back with its length is no answer.
func (p Probe) decode(raw []byte, limit int) []byte {
	if p.Framing == Frames && string(raw) != p.Request {
		raw = deframe(raw)
	}
	return decodeHTTP(raw, limit)
}

// fill returns the bytes to send: the constant with the target's own address.
func (p Probe) fill(target netip.AddrPort) []byte {
	return []byte(strings.ReplaceAll(p.Request, hostMark, target.String()))
}

func (p Probe) limit() int {
	if p.Limit == 0 {
		return defaultLimit
	}
	return min(p.Limit, maxLimit)
}
