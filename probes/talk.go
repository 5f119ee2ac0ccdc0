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
	cfg      AskerConfig
	target   netip.AddrPort
	replies  []minesweep.Reply
	queue    []string // follow-up questions
	asked    map[string]bool
	requests int
	listen   bool // wait for a banner before the first question
	tls      bool // ask inside TLS
	triedTLS bool
	over     bool  // no more connections: refused, gone, or of no interest
	fault    error // why this machine could not connect; the port stays to be asked
}

func newTalk(cfg AskerConfig, target netip.AddrPort) *talk {
	tls := slices.Contains(tlsPorts, target.Port())
	return &talk{cfg: cfg, target: target, asked: make(map[string]bool), tls: tls, triedTLS: tls}
}

// hold asks until the port's protocol is settled, then what follows from it.
func (t *talk) hold(ctx context.Context) {
	first, hinted := openingOf(t.target.Port())
	t.listen = !hinted
	for _, name := range first {
		if t.requests >= maxHandshakes || t.ask(ctx, name) {
			break
		}
	}
	for len(t.queue) > 0 {
		name := t.queue[0]
		t.queue = t.queue[1:]
		t.ask(ctx, name)
	}
}

// ask puts one question, if it may still be put, and queues what follows from
// the answer. It reports whether the port's protocol is settled.
func (t *talk) ask(ctx context.Context, name string) bool {
	probe, known := byName(name)
	only := reserved(t.target.Port())
	if !known || t.asked[name] || (only != nil && !slices.Contains(only, name)) {
		return false
	}
	if t.over || t.requests >= maxRequests || ctx.Err() != nil {
		return true
	}
	probe.TLS = t.tls && probe.Request != ""
	reply, ok := t.connect(ctx, probe)
	if !ok {
		return true
	}
	t.asked[name] = true
	t.keep(reply)
	if t.switchTLS(reply) {
		delete(t.asked, name)
		return t.ask(ctx, name)
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
	t.requests++
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
	reply, err = probe.ask(ctx, conn, t.target, reading{idle: idle, total: total})
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
	reply, err := bannerProbes[0].ask(ctx, conn, t.target, reading{idle: t.cfg.Banner, total: t.cfg.Banner})
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
		return len(t.replies) == 1 // otherwise it was put in plain before
	case !t.triedTLS && refusesPlain.Match(r.Raw):
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
	t.queue = append(t.queue, next(r)...)
	if otherTrade.Match(r.Raw) {
		t.over = true
	}
	return settled.Match(r.Raw)
}

var _ minesweep.Asker = (*Asker)(nil)
