package probes

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"syscall"

	"minesweep"
)

// talk is the conversation with one port.
type talk struct {
	cfg         AskerConfig
	target      netip.AddrPort
	known       known
	budget      budget
	only        []string // the questions allowed on this port; empty: all
	replies     []minesweep.Reply
	queue       []followUp
	asked       map[string]bool
	plain       bool // something was asked outside TLS
	connections int
	listen      bool // wait for a banner before the first question
	tls         bool // ask inside TLS
	triedTLS    bool
	over        bool  // no more connections: refused, gone, or of no interest
	fault       error // why this machine could not connect; the port stays to be asked
}

// followUp is a question that an answer suggests; a telling one follows from
// what only mining software says.
type followUp struct {
	key     string
	telling bool
}

func newTalk(cfg AskerConfig, target netip.AddrPort, k known) *talk {
	tls := slices.Contains(tlsPorts, target.Port())
	return &talk{
		cfg: cfg, target: target, known: k, budget: newBudget(k.Known), only: reserved(target.Port(), k),
		asked: make(map[string]bool), tls: tls, triedTLS: tls,
	}
}

// hold asks until the port's protocol is settled, then what follows from it.
func (t *talk) hold(ctx context.Context) {
	first, hinted := openingOf(t.target.Port(), t.known)
	t.listen = !hinted || slices.Contains(talkative, t.target.Port())
	settled := false
	for _, key := range first {
		if settled = t.connections >= maxHandshakes || t.ask(ctx, followUp{key: key}); settled {
			break
		}
	}
	if !settled && t.mute() && slices.Contains(stratumPorts, t.target.Port()) {
		t.tls, t.triedTLS = true, true
		delete(t.asked, first[0])
		t.ask(ctx, followUp{key: first[0]})
	}
	for len(t.queue) > 0 {
		next := t.queue[0]
		t.queue = t.queue[1:]
		t.ask(ctx, next)
	}
}

// mute reports whether the port has not said a byte, in plain.
func (t *talk) mute() bool {
	return !t.triedTLS && !t.over && t.connections < maxHandshakes &&
		!slices.ContainsFunc(t.replies, func(r minesweep.Reply) bool { return len(r.Raw) > 0 })
}

// ask puts one question, if it may still be put, and queues what follows from
// the answer. It reports whether the port's protocol is settled.
func (t *talk) ask(ctx context.Context, q followUp) bool {
	probe, found := byKey(q.key)
	if !found || t.asked[q.key] || (t.only != nil && !slices.Contains(t.only, q.key)) {
		return false
	}
	if t.over || t.connections >= maxRequests || ctx.Err() != nil {
		return true
	}
	if probe.Request != "" && !t.budget.allows(q.telling) {
		return true
	}
	probe.TLS = t.tls && probe.Request != "" && probe.Framing != Frames
	reply, ok := t.connect(ctx, probe)
	if !ok {
		return true
	}
	t.asked[q.key] = true
	t.keep(reply)
	if t.switchTLS(reply) {
		delete(t.asked, q.key)
		t.budget.here-- // the same question once more, in what the peer speaks
		return t.ask(ctx, q)
	}
	return t.judge(reply)
}

// connect makes a connection for one question and closes it again: the host's
// next connection waits for that.
func (t *talk) connect(ctx context.Context, probe Probe) (reply minesweep.Reply, ok bool) {
	conn, err := t.cfg.Dialer.Dial(ctx, t.target)
	if err != nil {
		t.over = true // out of scope, or gone: nothing to add to what is known
		if ours(err) {
			t.fault = fmt.Errorf("host %s: dial %s: %w", t.target.Addr(), t.target, err)
		}
		return reply, false
	}
	defer func() { _ = conn.Close() }()
	t.connections++
	if t.listen && !probe.TLS {
		t.listen = false
		if !t.banner(ctx, conn) {
			return reply, false
		}
	}
	idle, total := t.cfg.Idle, t.cfg.Total
	if probe.Request == "" {
		idle, total = t.cfg.Banner, t.cfg.Banner
	}
	reply, err = probe.ask(ctx, conn, t.target, reading{idle: idle, total: total, limit: t.budget.limit(probe.limit())})
	return reply, err == nil
}

// ours reports whether a dial failed for want of something on this machine:
// then the peer was not asked, and must not be taken for silent.
func ours(err error) bool {
	for _, want := range []error{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.EADDRNOTAVAIL} {
		if errors.Is(err, want) {
			return true
		}
	}
	return false
}

// banner waits for a peer that speaks first, and reports whether a question
// still makes sense on the connection.
func (t *talk) banner(ctx context.Context, conn net.Conn) bool {
	p := bannerProbes[0]
	r := reading{idle: t.cfg.Banner, total: t.cfg.Banner, limit: t.budget.limit(p.limit())}
	reply, err := p.ask(ctx, conn, t.target, r)
	if err != nil {
		return false
	}
	gone := reply.End == minesweep.EndEOF || reply.End == minesweep.EndReset
	if len(reply.Raw) > 0 || gone {
		t.keep(reply)
	}
	t.over = gone || otherTrade.Match(reply.Raw)
	return !t.over
}

func (t *talk) keep(r minesweep.Reply) {
	if r.Probe == Banner && r.End == minesweep.EndDrip {
		r.End = minesweep.EndIdle // the wait is too short to tell a drip by
	}
	if t.cfg.Now != nil {
		r.At = t.cfg.Now()
	}
	t.budget.spend(r)
	t.replies = append(t.replies, r)
}

// refusesPlain is what servers say to plain text on a port of TLS: Go's and
// nginx's sentences, and a TLS alert (RFC 8446, section 6).
var refusesPlain = regexp.MustCompile(`HTTP request to an HTTPS server|plain HTTP request was sent to HTTPS port|^\x15\x03[\x00-\x04]\x00\x02`)

// switchTLS changes between plain and TLS once a port, and reports whether the
// question is to be put again.
func (t *talk) switchTLS(r minesweep.Reply) bool {
	switch {
	case r.TLS && strings.HasPrefix(r.Refused, noTLS):
		t.tls = false
		return !t.plain
	case !r.TLS:
		t.plain = true
	}
	if !t.triedTLS && refusesPlain.Match(r.Raw) {
		t.tls, t.triedTLS = true, true
		return true
	}
	return false
}

// judge queues the follow-ups of a reply and reports whether it settles what
// the port speaks.
func (t *talk) judge(r minesweep.Reply) bool {
	if r.End == minesweep.EndDrip || r.End == minesweep.EndLimit && !settled.Match(r.Raw) {
		return true // each further question would cost the whole time again
	}
	if len(r.Request) > 0 && bytes.Equal(bytes.TrimSpace(r.Raw), bytes.TrimSpace(r.Request)) {
		return true // an echo: its words are ours
	}
	if s, ok := next(r, t.known); ok {
		told := t.known.told(r, s.ask)
		for _, key := range s.ask {
			if !slices.Contains(told, key) {
				t.queue = append(t.queue, followUp{key: key, telling: !s.weak})
			}
		}
	}
	if otherTrade.Match(r.Raw) {
		t.over = true
	}
	return settled.Match(r.Raw)
}

var _ minesweep.Asker = (*Asker)(nil)
