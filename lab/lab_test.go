package lab

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"minesweep"
	"minesweep/recordings"
)

// start runs one host on 127.75.0.1 until the test ends.
func start(t *testing.T, h Simulated) netip.Addr {
	t.Helper()
	h.Address = netip.MustParseAddr("127.75.0.1")
	l, err := Start(t.Context(), []Simulated{h})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return h.Address
}

func connect(t *testing.T, addr netip.Addr, port uint16) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", netip.AddrPortFrom(addr, port).String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return conn
}

// ask sends one question and reads until the peer closes.
func ask(t *testing.T, addr netip.Addr, port uint16, request string) string {
	t.Helper()
	conn := connect(t, addr, port)
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

const get = "GET %s HTTP/1.1\r\nHost: x\r\n\r\n"

func device(t *testing.T, text string) recordings.Device {
	t.Helper()
	d, err := recordings.ReadTxtar("test.txtar", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestFraming(t *testing.T) {
	addr := start(t, Simulated{Device: device(t, `
-- cgminer/version 4028 --
{"STATUS":[{"STATUS":"S","When":1234,"Code":22,"Description":"cgminer 4.9"}]}
-- http/ 8080 --
HTTP/1.1 200 OK
Server: boa
Content-Length: 9999

<html>
-- http/summary 8080 --
{"a":1}
-- http/ 8081 --
HTTP/1.1 401 Unauthorized
WWW-Authenticate: Basic realm="x"

no
-- ccminer/summary 4068 --
NAME=ccminer;VER=2.3|
-- whatsminer/summary 4029 --
{"STATUS":[{"STATUS":"S","When":77,"Description":"btminer"}]}
`)})
	path := func(p string) string { return strings.Replace(get, "%s", p, 1) }
	tests := []struct {
		name    string
		port    uint16
		request string
		want    string // the answer, or its beginning where it ends with …
	}{
		{"cgminer ends with NUL", 4028, `{"command":"version"}`,
			`{"STATUS":[{"STATUS":"S","When":1234,"Code":22,"Description":"cgminer 4.9"}]}` + "\x00"},
		{"cgminer takes a newline", 4028, "{\"command\":\"version\"}\n", `{"STATUS":[{"STATUS":"S"…`},
		{"unknown command", 4028, `{"command":"edevs"}`,
			`{"STATUS":[{"STATUS":"E","When":1234,"Code":14,"Msg":"Invalid command","Description":"cgminer 4.9"}],"id":1}` + "\x00"},
		{"no command", 4028, `{"id":1,"method":"mining.subscribe"}` + "\n", `{"STATUS":[{"STATUS":"E","When":1234,"Code":24,…`},
		{"bad JSON", 4028, "{oops\n", `{"STATUS":[{"STATUS":"E","When":1234,"Code":23,…`},
		{"text mode", 4028, path("/"), "STATUS=E,When=1234,Code=14,Msg=Invalid command,Description=cgminer 4.9|\x00"},
		{"old WhatsMiner", 4029, `{"command":"version"}`, `{"STATUS":"E","When":77,"Code":14,"Msg":"invalid cmd","Description":""}`},
		{"page", 8080, path("/"), "HTTP/1.1 200 OK\r\nServer: boa\r\nContent-Length: 6\r\nConnection: close\r\n\r\n<html>"},
		{"query string", 8080, path("/?x=1"), "HTTP/1.1 200 OK\r\n…"},
		{"bare body", 8080, path("/summary"),
			"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 7\r\nConnection: close\r\n\r\n" + `{"a":1}`},
		{"unknown path", 8080, path("/nothing"), "HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\nServer: boa\r\n…"},
		{"post", 8080, "POST / HTTP/1.1\r\nContent-Length: 14\r\n\r\n" + `{"method":"x"}`, "HTTP/1.1 405 …"},
		{"no HTTP", 8080, "summary|", "HTTP/1.1 400 …"},
		{"behind a login", 8081, path("/nothing"), "HTTP/1.1 401 Unauthorized\r\n…"},
		{"ccminer", 4068, "summary|", "NAME=ccminer;VER=2.3|"},
		{"ccminer knows nothing else", 4068, "{\"id\":1}\n", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := ask(t, addr, tt.port, tt.request)
			if begin, ok := strings.CutSuffix(tt.want, "…"); ok && strings.HasPrefix(got, begin) {
				return
			}
			if got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

func TestLinesKeepTheConnection(t *testing.T) {
	addr := start(t, Simulated{Device: device(t, `
-- claymore/miner_ping 3333 --
{"id":1,"result":"pong"}
-- claymore/miner_getstat1 3333 --
{"id":0,"result":["v"]}
-- stratum/subscribe 3336 --
{"id":1,"result":[[["mining.notify","1"]],"00",4]}
-- banner 4444 idle --
SSH-2.0-OpenSSH_9.2
-- stratum/subscribe 4444 eof --
Invalid SSH identification string.
`)})
	conn := connect(t, addr, 3333)
	in := bufio.NewReader(conn)
	for _, x := range []struct{ send, want string }{
		{`{"id":1,"method":"miner_ping"}`, `{"id":1,"result":"pong"}`},
		{`{"id":0,"method":"miner_getstat1"}`, `{"id":0,"result":["v"]}`},
		{`{"id":1,"method":"mining.subscribe"}`, `{"id":1,"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found"}}`},
	} {
		if _, err := io.WriteString(conn, x.send+"\n"); err != nil {
			t.Fatal(err)
		}
		if got, err := in.ReadString('\n'); err != nil || got != x.want+"\n" {
			t.Fatalf("%s: got %q, %v; want %q", x.send, got, err, x.want)
		}
	}

	conn = connect(t, addr, 3336) // a pool passes over a stranger's method and goes on
	if _, err := io.WriteString(conn, "{\"method\":\"x\"}\n{\"id\":1,\"method\":\"mining.subscribe\"}\n"); err != nil {
		t.Fatal(err)
	}
	if got, err := bufio.NewReader(conn).ReadString('\n'); err != nil || !strings.Contains(got, "mining.notify") {
		t.Fatalf("pool: got %q, %v", got, err)
	}

	conn = connect(t, addr, 4444)
	in = bufio.NewReader(conn)
	if got, err := in.ReadString('\n'); err != nil || got != "SSH-2.0-OpenSSH_9.2\r\n" {
		t.Fatalf("greeting: %q, %v", got, err)
	}
	if _, err := io.WriteString(conn, "hello\n"); err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(in); err != nil || !strings.HasPrefix(string(rest), "Invalid SSH") {
		t.Fatalf("complaint: %q, %v", rest, err)
	}
}

// TestAnswerOutlivesUnreadInput sends more than the server reads: closing on
// top of it would be a reset that takes the answer away.
func TestAnswerOutlivesUnreadInput(t *testing.T) {
	addr := start(t, Simulated{Device: device(t, `
-- cgminer/version 4028 --
{"STATUS":[]}
`)})
	got := ask(t, addr, 4028, `{"command":"version"}`+"\n"+strings.Repeat("more\n", 3*maxRequest/5))
	if got != `{"STATUS":[]}`+"\x00" {
		t.Errorf("got %q", got)
	}
}

func TestTLS(t *testing.T) {
	addr := start(t, Simulated{Device: device(t, `
-- http/ 8443 --
HTTP/1.1 200 OK

secret page
`)})
	conn := tls.Client(connect(t, addr, 8443), &tls.Config{InsecureSkipVerify: true})
	if _, err := io.WriteString(conn, strings.Replace(get, "%s", "/", 1)); err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(conn); err != nil || !strings.HasSuffix(string(b), "secret page") {
		t.Errorf("in TLS: %q, %v", b, err)
	}
	plain := ask(t, addr, 8443, strings.Replace(get, "%s", "/", 1))
	if !strings.HasPrefix(plain, "HTTP/1.1 400 ") || !strings.Contains(plain, "plain HTTP request was sent to HTTPS port") {
		t.Errorf("plain: %q", plain)
	}
}

func TestBehaviours(t *testing.T) {
	t.Run("echo", func(t *testing.T) {
		conn := connect(t, start(t, Simulated{Behaviour: Echo, Ports: []uint16{3333}}), 3333)
		if _, err := io.WriteString(conn, "ping"); err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 4)
		if _, err := io.ReadFull(conn, b); err != nil || string(b) != "ping" {
			t.Errorf("got %q, %v", b, err)
		}
	})
	t.Run("same bytes", func(t *testing.T) {
		addr := start(t, Simulated{Behaviour: SameBytes, Ports: []uint16{3334, 4028}})
		a, b := ask(t, addr, 3334, "x\n"), ask(t, addr, 4028, strings.Replace(get, "%s", "/", 1))
		if a != b || a == "" {
			t.Errorf("got %q and %q", a, b)
		}
	})
	t.Run("reset", func(t *testing.T) {
		addr := start(t, Simulated{Behaviour: Reset, Ports: []uint16{3335}})
		conn, err := net.Dial("tcp", netip.AddrPortFrom(addr, 3335).String())
		if err == nil {
			defer conn.Close()
			_, err = conn.Read(make([]byte, 1))
		}
		if !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("%v, want a reset", err)
		}
	})
	for _, b := range []Behaviour{Tarpit, EndlessBanner} {
		t.Run(string(b), func(t *testing.T) {
			conn := connect(t, start(t, Simulated{Behaviour: b, Ports: []uint16{3336}}), 3336)
			first, second := make([]byte, 64), make([]byte, 64)
			if n, err := conn.Read(first); err != nil || n == 0 {
				t.Fatalf("first: %d, %v", n, err)
			}
			if n, err := conn.Read(second); err != nil || n == 0 {
				t.Fatalf("second: %d, %v", n, err)
			}
		})
	}
}

func TestRecordedEnds(t *testing.T) {
	addr := start(t, Simulated{Device: device(t, `
-- stratum/subscribe 5001 reset --
partial
-- stratum/subscribe 5002 drip --
slow
`)})
	conn := connect(t, addr, 5001)
	if _, err := io.WriteString(conn, `{"method":"mining.subscribe"}`); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(conn); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("read: %v, want a reset", err)
	}
	conn = connect(t, addr, 5002)
	if _, err := io.WriteString(conn, `{"method":"mining.subscribe"}`); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 64)
	if n, err := conn.Read(b); err != nil || string(b[:n]) != "s" {
		t.Errorf("first of the drip: %q, %v", b[:n], err)
	}
}

func TestCloseEndsEverything(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	h := Simulated{Address: netip.MustParseAddr("127.75.0.2"), Behaviour: Mute, Ports: []uint16{3333}}
	l, err := Start(ctx, []Simulated{h})
	if err != nil {
		t.Fatal(err)
	}
	conn := connect(t, h.Address, 3333)
	cancel()
	l.done.Wait() // the end of ctx alone ends every server
	if _, err := io.ReadAll(conn); err != nil && !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the peer saw %v", err)
	}
	l.Close()
	if conn, err := net.Dial("tcp", "127.75.0.2:3333"); err == nil {
		_ = conn.Close()
		t.Error("the port is still open")
	}
}

func TestStartFaults(t *testing.T) {
	addr := netip.MustParseAddr("127.75.0.3")
	busy, err := net.Listen("tcp", "127.75.0.3:3333")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	taken := Simulated{Address: addr, Behaviour: Mute, Ports: []uint16{3333}}
	if _, err := Start(t.Context(), []Simulated{taken}); err == nil || !strings.Contains(err.Error(), "127.75.0.3:3333") {
		t.Errorf("a port that is taken: %v", err)
	}
	twice := Simulated{Address: addr, Behaviour: Mute, Ports: []uint16{3334}}
	if _, err := Start(t.Context(), []Simulated{twice, twice}); err == nil || err.Error() != "lab: host 127.75.0.3 stands there twice" {
		t.Errorf("an address twice: %v", err)
	}
}

func TestStandIns(t *testing.T) {
	for port, want := range map[uint16]uint16{80: 8080, 443: 4433, 22: 10022} {
		if got := standIns(port); got[0] != want {
			t.Errorf("port %d moves to %v, want %d first", port, got, want)
		}
	}
}

func TestTruth(t *testing.T) {
	h := Simulated{Address: netip.MustParseAddr("127.75.0.4"), Behaviour: Mute, Ports: []uint16{3333},
		Device: recordings.Device{Want: &recordings.Want{Verdict: minesweep.Silent}}}
	l, err := Start(t.Context(), []Simulated{h})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if got := l.Truth(); len(got) != 1 || got[h.Address].Verdict != minesweep.Silent {
		t.Errorf("truth %v", got)
	}
	if len(l.Moved()) != 0 {
		t.Errorf("moved %v", l.Moved())
	}
}
