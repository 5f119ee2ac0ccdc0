package lab

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"
)

// maxHeard bounds what is kept of one connection. Every question is shorter;
// a TLS ClientHello is too.
const maxHeard = 8 << 10

// Recorder keeps what the servers of a lab receive. It proves what a sweep
// sends. The zero value is ready; use it for one lab.
type Recorder struct {
	// Now says when connections came; nil: that is not noted.
	Now func() time.Time

	lock  sync.Mutex
	conns []*Received
}

// Received is what one connection brought, at most its first 8 KiB. A
// connection on which TLS came to stand is there twice: as it crossed the wire,
// and as the server read it inside TLS.
type Received struct {
	Target netip.AddrPort // of the lab, where it came in
	Inside bool           // read inside TLS
	At     time.Time      // when it came; zero where the recorder has no clock
	Bytes  []byte         // nil: connected and said nothing
}

// Received returns what came in so far, in the order of the connections.
func (r *Recorder) Received() []Received {
	r.lock.Lock()
	defer r.lock.Unlock()
	out := make([]Received, len(r.conns))
	for i, c := range r.conns {
		out[i] = Received{Target: c.Target, Inside: c.Inside, At: c.At, Bytes: append([]byte(nil), c.Bytes...)}
	}
	return out
}

// overhear returns the connection with the recorder's ear on it; a nil recorder
// leaves it as it is.
func (r *Recorder) overhear(conn net.Conn, inside bool) net.Conn {
	if r == nil {
		return conn
	}
	note := &Received{Inside: inside}
	if r.Now != nil {
		note.At = r.Now()
	}
	if a, ok := conn.LocalAddr().(*net.TCPAddr); ok {
		note.Target = a.AddrPort()
	}
	r.lock.Lock()
	r.conns = append(r.conns, note)
	r.lock.Unlock()
	return overheard{Conn: conn, recorder: r, note: note}
}

func (r *Recorder) keep(note *Received, b []byte) {
	r.lock.Lock()
	defer r.lock.Unlock()
	note.Bytes = append(note.Bytes, b[:min(len(b), maxHeard-len(note.Bytes))]...)
}

// overheard is a connection of which the recorder takes notes.
type overheard struct {
	net.Conn
	recorder *Recorder
	note     *Received
}

func (o overheard) Read(p []byte) (int, error) {
	n, err := o.Conn.Read(p)
	if n > 0 {
		o.recorder.keep(o.note, p[:n])
	}
	return n, err
}

// CloseWrite ends the sending side, where the connection has such.
func (o overheard) CloseWrite() error {
	if half, ok := o.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}

// SetLinger is as of [net.TCPConn].
func (o overheard) SetLinger(sec int) error {
	if c, ok := o.Conn.(interface{ SetLinger(int) error }); ok {
		return c.SetLinger(sec)
	}
	return errors.ErrUnsupported
}
