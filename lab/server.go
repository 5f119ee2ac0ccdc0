package lab

import (
	"bufio"
	"context"
	"crypto/tls"
	"net"
	"slices"
	"time"

	"minesweep/probes"
	"minesweep/recordings"
)

// The bounds of one connection. What drips goes on for longer: that is its
// point.
const (
	patience     = 30 * time.Second
	dripPatience = 10 * time.Minute
	linger       = 3 * time.Second // for the peer to take the last bytes
	maxRequest   = 64 << 10
	maxRequests  = 16
	dripEvery    = 250 * time.Millisecond // far from the silence that ends an answer, on a busy machine too
)

// server plays one port of one host.
type server struct {
	behaviour Behaviour
	sections  []recordings.Section
	looks     looks
	secure    *tls.Config // nil: plain
	recorder  *Recorder   // nil: none
}

func newServer(h Simulated, port uint16, secure *tls.Config) *server {
	s := &server{behaviour: h.Behaviour, sections: h.sections(port)}
	s.looks = looksOf(s.sections)
	if s.looks.web && slices.Contains([]uint16{443, 4433, 8443}, port) {
		s.secure = secure
	}
	return s
}

// serve talks to one peer and closes the connection.
func (s *server) serve(ctx context.Context, conn net.Conn) {
	bound := patience
	if s.trickles() {
		bound = dripPatience
	}
	ctx, cancel := context.WithTimeout(ctx, bound)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	heard := s.recorder.overhear(conn, false)
	t := &session{server: s, ctx: ctx, conn: heard, in: bufio.NewReaderSize(heard, maxRequest)}
	defer t.hangUp()
	if s.behaviour != Recorded {
		t.behave()
		return
	}
	if s.secure != nil && !t.secured() {
		return
	}
	t.play()
}

func (s *server) trickles() bool {
	return s.behaviour == Tarpit || s.behaviour == EndlessBanner ||
		slices.ContainsFunc(s.sections, func(x recordings.Section) bool { return x.End == "drip" })
}

// session is one connection.
type session struct {
	*server
	ctx  context.Context //nolint:containedctx // lives as long as the connection
	conn net.Conn
	in   *bufio.Reader
}

// play sends the greeting, if there is one, and answers question by question.
func (t *session) play() {
	if x, ok := t.find(probes.Banner); ok && !t.send(framed(x)) {
		return
	}
	for range maxRequests {
		request, ok := readRequest(t.in)
		if !ok || !t.send(t.answerTo(request)) {
			return
		}
	}
}

func (t *session) find(probe string) (recordings.Section, bool) {
	i := slices.IndexFunc(t.sections, func(x recordings.Section) bool { return x.Probe == probe })
	if i < 0 {
		return recordings.Section{}, false
	}
	return t.sections[i], true
}

// secured starts TLS. A peer that speaks plain HTTP is told so in plain HTTP,
// as web servers do.
func (t *session) secured() bool {
	first, err := t.in.Peek(1)
	if err != nil {
		return false
	}
	if first[0] != 0x16 { // handshake record (RFC 8446, section 5.1)
		if _, ok := readRequest(t.in); ok {
			t.send(t.webError("400 Bad Request", "The plain HTTP request was sent to HTTPS port"))
		}
		return false
	}
	secure := tls.Server(&buffered{Conn: t.conn, in: t.in}, t.secure)
	if secure.HandshakeContext(t.ctx) != nil {
		return false
	}
	t.conn = t.recorder.overhear(secure, true)
	t.in = bufio.NewReaderSize(t.conn, maxRequest)
	return true
}

// buffered reads on from what was peeked at.
type buffered struct {
	net.Conn
	in *bufio.Reader
}

func (b *buffered) Read(p []byte) (int, error) { return b.in.Read(p) }

// send writes an answer and reports whether the connection goes on.
func (t *session) send(a answer) bool {
	if len(a.raw) > 0 && a.then != drip {
		if _, err := t.conn.Write(a.raw); err != nil {
			return false
		}
	}
	switch a.then {
	case listen:
		return true
	case hold:
		t.drain()
	case reset:
		t.reset()
	case drip:
		t.trickle(a.raw)
	case hangUp:
	}
	return false
}

// hangUp closes so that the peer gets the last bytes: unread input would turn
// the close into a reset.
func (t *session) hangUp() {
	if half, ok := t.conn.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
		late := time.AfterFunc(linger, func() { _ = t.conn.Close() })
		defer late.Stop()
		t.drain()
	}
	_ = t.conn.Close()
}

// drain reads until the peer closes or time is up.
func (t *session) drain() {
	buf := make([]byte, 4096)
	for {
		if _, err := t.in.Read(buf); err != nil {
			return
		}
	}
}
