package probes

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	"minesweep"
)

type addrPort = netip.AddrPort

// Where a bound of time is what is tested, it is short; where it is not, it is
// far longer than any test.
const (
	short = 50 * time.Millisecond
	long  = time.Minute
)

// flood writes the same bytes until the peer has gone.
func flood(conn net.Conn, with string) {
	chunk := []byte(strings.Repeat(with, 1000))
	for {
		if _, err := conn.Write(chunk); err != nil {
			return
		}
	}
}

func TestHostilePeers(t *testing.T) {
	for _, c := range []struct {
		name        string
		idle, total time.Duration
		play        func(net.Conn)
		end         minesweep.End
		most, least int // bytes kept
	}{
		{"never ends", long, long, func(c net.Conn) { flood(c, "x") }, minesweep.EndLimit, defaultLimit, defaultLimit},
		{"opens brackets for ever", long, long, func(c net.Conn) { flood(c, "[") }, minesweep.EndLimit, defaultLimit, defaultLimit},
		{"head without end", long, long, func(c net.Conn) { _, _ = c.Write([]byte("HTTP/1.1 200 OK\r\n")); flood(c, "A: b\r\n") }, minesweep.EndLimit, defaultLimit, defaultLimit},
		{"body without end", long, long, func(c net.Conn) { _, _ = c.Write([]byte("HTTP/1.1 200 OK\r\n\r\n")); flood(c, "x") }, minesweep.EndLimit, defaultLimit, defaultLimit},
		{"length of a lifetime", long, long, func(c net.Conn) {
			_, _ = c.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n"))
			flood(c, "x")
		}, minesweep.EndLimit, defaultLimit, 1000},
		{"NULs", long, long, func(c net.Conn) { flood(c, "\x00") }, minesweep.EndComplete, defaultLimit, 1},
		{"blanks", long, long, func(c net.Conn) { flood(c, " \n") }, minesweep.EndLimit, defaultLimit, defaultLimit},
		{"drip", long, 4 * short, func(c net.Conn) {
			for {
				if _, err := c.Write([]byte("x")); err != nil {
					return
				}
			}
		}, minesweep.EndDrip, defaultLimit, 1},
		{"silence", short, long, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }, minesweep.EndIdle, 0, 0},
		{"silence after a word", short, long, func(c net.Conn) { _, _ = c.Write([]byte("well")); _, _ = io.Copy(io.Discard, c) }, minesweep.EndIdle, 4, 4},
		{"silence for the whole time", long, short, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }, minesweep.EndIdle, 0, 0},
		{"close", long, long, func(c net.Conn) { _, _ = c.Read(make([]byte, 4096)) }, minesweep.EndEOF, 0, 0},
		{"reset", long, long, func(c net.Conn) {
			_, _ = c.Read(make([]byte, 4096))
			_ = c.(*net.TCPConn).SetLinger(0)
		}, minesweep.EndReset, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := serve(t, c.play)
			conn, err := s.Dial(t.Context(), addrPort{})
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			p, _ := byKey("http/")
			total := c.total
			if c.name == "drip" {
				conn = slowConn{conn} // a byte a read, so that the total time is what ends it
			}
			reply, err := p.ask(t.Context(), conn, addrPort{}, reading{idle: c.idle, total: total, limit: p.limit()})
			if err != nil || reply.End != c.end {
				t.Errorf("ended %s after %d bytes, %v; want %s", reply.End, len(reply.Raw), err, c.end)
			}
			if n := len(reply.Raw); n > c.most || n < c.least {
				t.Errorf("kept %d bytes, want %d to %d", n, c.least, c.most)
			}
			if (len(reply.Raw) == 0) != (reply.Refused != "") {
				t.Errorf("%d bytes and Refused %q", len(reply.Raw), reply.Refused)
			}
		})
	}
}

// slowConn reads a byte at a time, and not often.
type slowConn struct{ net.Conn }

func (c slowConn) Read(b []byte) (int, error) {
	<-time.After(time.Millisecond)
	return c.Conn.Read(b[:1])
}

// TestSlowPeerIsNotSilent reads for longer than a silence may last, from a peer
// that keeps talking.
func TestSlowPeerIsNotSilent(t *testing.T) {
	const idle = 10 * short
	body := strings.Repeat("x", int(idle/time.Millisecond)+100) // at most a byte a millisecond
	s := serve(t, func(conn net.Conn) {
		_, _ = conn.Read(make([]byte, 4096))
		_, _ = conn.Write([]byte(body + "\x00"))
	})
	conn, err := s.Dial(t.Context(), addrPort{})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	p, _ := byKey("cgminer/version")
	reply, err := p.ask(t.Context(), slowConn{conn}, addrPort{}, reading{idle: idle, total: long, limit: p.limit()})
	if err != nil || reply.End != minesweep.EndComplete || len(reply.Raw) != len(body)+1 {
		t.Errorf("ended %s after %d of %d bytes, %v", reply.End, len(reply.Raw), len(body)+1, err)
	}
}

func TestDripperIsAskedOnce(t *testing.T) {
	s := serve(t, func(conn net.Conn) {
		for {
			if _, err := conn.Write([]byte("x")); err != nil {
				return
			}
		}
	})
	slow := dialFunc(func(ctx context.Context, a addrPort) (net.Conn, error) {
		conn, err := s.Dial(ctx, a)
		return slowConn{conn}, err
	})
	a := NewAsker(AskerConfig{Dialer: slow, Idle: long, Total: 4 * short, Banner: short})
	replies, err := a.Ask(t.Context(), openPort(farPort), minesweep.Known{})
	if err != nil || strings.Join(probesOf(replies), " ") != "banner http/" {
		t.Fatalf("asked %q, %v", probesOf(replies), err)
	}
	if replies[0].End == minesweep.EndDrip || replies[1].End != minesweep.EndDrip {
		t.Errorf("ended %s and %s", replies[0].End, replies[1].End)
	}
}

func TestEchoIsAskedOnce(t *testing.T) {
	s := serve(t, func(conn net.Conn) {
		buf := make([]byte, 4096)
		n, _ := conn.Read(buf)
		_, _ = conn.Write(buf[:n])
	})
	replies, err := asker(s).Ask(t.Context(), openPort(farPort), minesweep.Known{})
	if err != nil || strings.Join(probesOf(replies), " ") != "http/" || !bytes.Equal(replies[0].Raw, replies[0].Request) {
		t.Errorf("asked %q, %v", probesOf(replies), err)
	}
}

func TestSilentPortTakesFiveHandshakes(t *testing.T) {
	s := serve(t, func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) })
	a := NewAsker(AskerConfig{Dialer: s, Idle: short, Total: long, Banner: short})
	replies, err := a.Ask(t.Context(), openPort(farPort), minesweep.Known{})
	if err != nil || len(replies) != maxHandshakes || s.dials.Load() != maxHandshakes {
		t.Errorf("%d replies over %d connections, %v", len(replies), s.dials.Load(), err)
	}
}

func TestPeerThatClosesUnasked(t *testing.T) {
	s := serve(t, func(net.Conn) {})
	replies, err := NewAsker(AskerConfig{Dialer: s, Banner: long}).Ask(t.Context(), openPort(farPort), minesweep.Known{})
	if err != nil || strings.Join(probesOf(replies), " ") != "banner" || replies[0].Refused == "" {
		t.Errorf("asked %q, %v", probesOf(replies), err)
	}
}

// bombOf returns n MiB of zeros as gzip.
func bombOf(n int) []byte {
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	for range n {
		_, _ = z.Write(make([]byte, 1<<20))
	}
	_ = z.Close()
	return bomb.Bytes()
}

func TestGzipBomb(t *testing.T) {
	bomb := bombOf(16)
	raw := append([]byte("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n"), bomb...)
	if got := decodeHTTP(raw, defaultLimit); len(got) != defaultLimit {
		t.Errorf("a bomb of %d bytes gave %d bytes, want %d", len(raw), len(got), defaultLimit)
	}
	if got, ok := gunzip(bomb, 1000); !ok || len(got) != 1000 { // never inflated beyond what is kept
		t.Errorf("inflated to %d bytes, want 1000", len(got))
	}
}

// TestMemoryOfAHost: what one question takes, garbage and all, and what is kept
// of the host, stay within 4 MiB together, whatever the peer sends.
func TestMemoryOfAHost(t *testing.T) {
	const most = 4<<20 - maxKept
	ten := strings.Repeat("x", 10<<20)
	bomb := string(bombOf(12))
	for name, answer := range map[string]string{
		"10 MB of text":    ten,
		"10 MB of JSON":    `{"STATUS":[{"STATUS":"S"}],"x":"` + ten + `"}`,
		"10 MB of values":  strings.Repeat(`{"id":1}`, 10<<20/8),
		"10 MB of page":    web("200 OK", "", ten),
		"10 MB in a frame": "\x00\x00\x03\x00{" + ten,
		"a gzip bomb":      web("200 OK", "Content-Encoding: gzip\r\n", bomb),
		"a chunked bomb":   fmt.Sprintf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(bomb), bomb),
	} {
		for _, key := range []string{"cgminer/stats", "http/mcb/cgminer", "claymore/miner_getstat1", "whatsminer3/get.miner.status"} {
			p, _ := byKey(key)
			p.Limit = maxLimit
			if n, kept := memoryOf(t, p, answer); n > most || kept > maxLimit {
				t.Errorf("%s to %s: %d bytes were allocated and %d kept, at most %d and %d may be", name, key, n, kept, most, maxLimit)
			}
		}
	}
}

// memoryOf asks a peer in memory and returns the bytes that this allocated and
// the bytes kept.
func memoryOf(t *testing.T, p Probe, answer string) (uint64, int) {
	t.Helper()
	peer := &cannedConn{answer: strings.NewReader(answer)}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	reply, err := p.ask(t.Context(), peer, addrPort{}, reading{idle: long, total: long, limit: p.limit()})
	runtime.ReadMemStats(&after)
	if err != nil {
		t.Fatal(err)
	}
	return after.TotalAlloc - before.TotalAlloc, cap(reply.Raw)
}

// cannedConn gives an answer to whatever is written.
type cannedConn struct {
	net.Conn
	answer *strings.Reader
}

func (c *cannedConn) Read(b []byte) (int, error)  { return c.answer.Read(b) }
func (c *cannedConn) Write(b []byte) (int, error) { return len(b), nil }
func (c *cannedConn) SetDeadline(time.Time) error { return nil }

// TestTarpitIsToldInHalfTheTime: who spoke again and again and said next to
// nothing is not waited for; who only paused is.
func TestTarpitIsToldInHalfTheTime(t *testing.T) {
	const total = 12 * short
	for _, c := range []struct {
		words []string
		end   minesweep.End
	}{
		{[]string{"a", "b", "c", "d", "e"}, minesweep.EndDrip},
		{[]string{"HTTP/1.1 ", "200 OK\r\n"}, minesweep.EndEOF},
		{[]string{"a", "b", "c", strings.Repeat("d", dripBytes)}, minesweep.EndEOF},
	} {
		t.Run(strings.Join(c.words, "")[:2], func(t *testing.T) {
			t.Parallel()
			s := serve(t, func(conn net.Conn) {
				_, _ = conn.Read(make([]byte, 4096))
				for _, word := range c.words {
					_, _ = conn.Write([]byte(word))
					<-time.After(short / 5) // so that each is read by itself
				}
				<-time.After(total * 5 / 4) // after half of the time, and before its end
			})
			conn, err := s.Dial(t.Context(), addrPort{})
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			p, _ := byKey("http/")
			reply, err := p.ask(t.Context(), conn, addrPort{}, reading{idle: long, total: total * 2, limit: p.limit()})
			if err != nil || reply.End != c.end {
				t.Errorf("ended %s after %d bytes, %v; want %s", reply.End, len(reply.Raw), err, c.end)
			}
		})
	}
}
