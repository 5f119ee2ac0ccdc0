package probes

import (
	"context"
	"crypto/tls"
	"net"
	"net/http/httptest"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"minesweep"
)

// farPort is a target that hints at nothing; the dialer of the tests takes
// every target to a server on loopback.
const farPort = "192.0.2.7:12345"

// server is a peer on loopback that serves each connection with play.
type server struct {
	listen net.Listener
	open   atomic.Int32 // connections as the asker sees them
	most   atomic.Int32
	dials  atomic.Int32
}

func serve(t *testing.T, play func(net.Conn)) *server {
	t.Helper()
	return serveOn(t, plainListener(t), play)
}

func serveOn(t *testing.T, l net.Listener, play func(net.Conn)) *server {
	s := &server{listen: l}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer conn.Close()
				play(conn)
			})
		}
	})
	t.Cleanup(func() { l.Close(); all.Wait() })
	return s
}

// tlsListener wraps a listener of the test in TLS with a certificate that
// nobody signed.
func tlsListener(t *testing.T) net.Listener {
	t.Helper()
	h := httptest.NewUnstartedServer(nil)
	h.StartTLS()
	certificates := h.TLS.Certificates
	h.Close()
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: certificates})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// Dial connects to the server whatever the target, and counts.
func (s *server) Dial(ctx context.Context, _ netip.AddrPort) (net.Conn, error) {
	s.dials.Add(1)
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", s.listen.Addr().String())
	if err != nil {
		return nil, err
	}
	if n := s.open.Add(1); n > s.most.Load() {
		s.most.Store(n)
	}
	return &countedConn{Conn: conn, open: &s.open}, nil
}

type countedConn struct {
	net.Conn
	once sync.Once
	open *atomic.Int32
}

func (c *countedConn) Close() error {
	c.once.Do(func() { c.open.Add(-1) })
	return c.Conn.Close()
}

// request reads one request; every request of ours leaves in one write.
func request(conn net.Conn) []byte {
	buf := make([]byte, 4096)
	n, _ := conn.Read(buf)
	return buf[:n]
}

// device serves answers by the name of the question, and closes; what it has
// no answer to, it closes without a word.
func device(t *testing.T, answers map[string]string) *server {
	return deviceOn(t, nil, answers)
}

func deviceOn(t *testing.T, l net.Listener, answers map[string]string) *server {
	t.Helper()
	if l == nil {
		l = plainListener(t)
	}
	return serveOn(t, l, func(conn net.Conn) {
		if asked := request(conn); len(asked) > 0 {
			_, _ = conn.Write([]byte(answers[NameOf("tcp", asked)]))
		}
	})
}

var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// asker asks patiently: the fake devices answer or close, so no test waits.
func asker(d Dialer) *Asker {
	return NewAsker(AskerConfig{
		Dialer: d, Now: func() time.Time { return epoch },
		Idle: 20 * time.Second, Total: 30 * time.Second, Banner: 20 * time.Millisecond,
	})
}

func openPort(target string) minesweep.OpenPort {
	return minesweep.OpenPort{Target: netip.MustParseAddrPort(target), At: epoch, Engine: "connect"}
}

func probesOf(replies []minesweep.Reply) []string {
	var out []string
	for _, r := range replies {
		name := r.Probe
		if r.TLS {
			name = "tls:" + name
		}
		out = append(out, name)
	}
	return out
}
