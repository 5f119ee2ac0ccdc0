package probes

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net"
	"strings"
	"testing"

	"minesweep"
)

// TestOnlyTheConstantLeaves asks every question of a server that keeps every
// byte until the asker closes, in plain and inside TLS.
func TestOnlyTheConstantLeaves(t *testing.T) {
	for _, p := range All {
		for _, inTLS := range []bool{false, true} {
			got := make(chan []byte, 1)
			record := func(conn net.Conn) {
				var heard bytes.Buffer
				buf := make([]byte, 4096)
				for first := true; ; first = false {
					n, err := conn.Read(buf)
					heard.Write(buf[:n])
					if first && n > 0 {
						_, _ = conn.Write([]byte("\n\x00" + strings.Repeat("\x00", secondAct))) // ends every framing
					}
					if err != nil {
						break
					}
				}
				got <- heard.Bytes()
			}
			var l net.Listener
			if l = plainListener(t); inTLS {
				l.Close()
				l = tlsListener(t)
			}
			s := serveOn(t, l, record)
			conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", s.listen.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			p.TLS = inTLS
			ctx := t.Context()
			if p.Request == "" { // a banner wait would be as long as its caller likes
				short, cancel := context.WithCancel(ctx)
				cancel()
				ctx = short
			}
			reply, _ := p.Ask(ctx, conn)
			conn.Close()
			want := strings.ReplaceAll(p.Request, "{host}", conn.RemoteAddr().String())
			if sent := <-got; string(sent) != want {
				t.Errorf("%s (TLS %v) sent %q, want %q", p.Name, inTLS, sent, want)
			}
			if string(reply.Request) != want || reply.Probe != p.Name || reply.TLS != inTLS {
				t.Errorf("%s: the reply says that %s sent %q", p.Name, reply.Probe, reply.Request)
			}
		}
	}
}

func plainListener(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestTLS(t *testing.T) {
	page := map[string]string{"http/": web("200 OK", "", "<title>AxeOS</title>"), "http/api/system/info": web("200 OK", "", "{}")}
	t.Run("on 443 at once", func(t *testing.T) {
		d := deviceOn(t, tlsListener(t), page)
		replies, err := asker(d).Ask(t.Context(), openPort("192.0.2.7:443"), minesweep.Known{})
		if got := strings.Join(probesOf(replies), " "); err != nil || got != "tls:http/ tls:http/api/system/info" {
			t.Errorf("asked %s, %v", got, err)
		}
	})
	t.Run("plain on 443", func(t *testing.T) {
		d := device(t, page)
		replies, err := asker(d).Ask(t.Context(), openPort("192.0.2.7:443"), minesweep.Known{})
		if got := strings.Join(probesOf(replies), " "); err != nil || got != "tls:http/ http/ http/api/system/info" {
			t.Errorf("asked %s, %v", got, err)
		}
		if !strings.HasPrefix(replies[0].Refused, "tls handshake: ") || len(replies[0].Raw) != 0 {
			t.Errorf("the failed handshake gave %+v", replies[0])
		}
	})
	for name, refusal := range map[string]string{
		"refused in a sentence": "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n",
		"refused by an alert":   "\x15\x03\x01\x00\x02\x02\x0a",
	} {
		t.Run(name, func(t *testing.T) {
			plain := device(t, map[string]string{"rpc/getmininginfo": refusal})
			secret := deviceOn(t, tlsListener(t), map[string]string{"rpc/getmininginfo": web("401 x", `WWW-Authenticate: Basic realm="btcd RPC"`+"\r\n", "")})
			dials := 0
			replies, err := asker(dialFuncOf(&dials, plain, secret)).Ask(t.Context(), openPort("192.0.2.7:8334"), minesweep.Known{})
			if got := strings.Join(probesOf(replies), " "); err != nil || got != "rpc/getmininginfo tls:rpc/getmininginfo" {
				t.Errorf("asked %s, %v", got, err)
			}
		})
	}
	t.Run("a web page on WhatsMiner's port", func(t *testing.T) {
		plain := device(t, map[string]string{"whatsminer3/get.device.info": "\x15\x03\x03\x00\x02\x02\x28"})
		secret := deviceOn(t, tlsListener(t), page)
		dials := 0
		replies, err := asker(dialFuncOf(&dials, plain, secret)).Ask(t.Context(), openPort("192.0.2.7:4433"), minesweep.Known{})
		if got := strings.Join(probesOf(replies), " "); err != nil || got != "whatsminer3/get.device.info tls:http/ tls:http/api/system/info" {
			t.Errorf("asked %s, %v", got, err)
		}
	})
	t.Run("promised and not given", func(t *testing.T) {
		d := device(t, map[string]string{"rpc/getmininginfo": "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n"})
		replies, err := asker(d).Ask(t.Context(), openPort("192.0.2.7:8334"), minesweep.Known{})
		got := strings.Join(probesOf(replies), " ")
		if err != nil || strings.Count(got, "tls:") != 1 {
			t.Errorf("asked %s, %v", got, err)
		}
	})
}

func TestStratumInTLS(t *testing.T) {
	t.Run("silent in plain where pools listen", func(t *testing.T) {
		plain := device(t, nil)
		secret := deviceOn(t, tlsListener(t), map[string]string{"stratum/subscribe": `{"id":1,"result":[[["mining.notify","ab"]],"08",4],"error":null}` + "\n"})
		dials := 0
		a := asker(dialFuncOf(&dials, plain, plain, plain, plain, secret))
		replies, err := a.Ask(t.Context(), openPort("192.0.2.7:3333"), minesweep.Known{})
		want := "stratum/subscribe claymore/miner_getstat1 http/ cgminer/version tls:stratum/subscribe"
		if got := strings.Join(probesOf(replies), " "); err != nil || got != want {
			t.Errorf("asked %s, %v", got, err)
		}
	})
	t.Run("a pool on 443", func(t *testing.T) {
		d := deviceOn(t, tlsListener(t), map[string]string{"stratum/subscribe": `{"id":1,"result":[[["mining.notify","ab"]],"08",4],"error":null}` + "\n"})
		replies, err := asker(d).Ask(t.Context(), openPort("192.0.2.7:443"), minesweep.Known{})
		if got := strings.Join(probesOf(replies), " "); err != nil || got != "tls:http/ tls:stratum/subscribe" {
			t.Errorf("asked %s, %v", got, err)
		}
	})
}

// dialFuncOf dials the servers in turn, the last one again and again.
func dialFuncOf(dials *int, servers ...*server) Dialer {
	return dialFunc(func(ctx context.Context, a addrPort) (net.Conn, error) {
		s := servers[min(*dials, len(servers)-1)]
		*dials++
		return s.Dial(ctx, a)
	})
}

func TestHalfOpenTLS(t *testing.T) {
	s := serve(t, func(conn net.Conn) { // takes the hello and says nothing
		_, _ = io.Copy(io.Discard, conn)
	})
	conn, err := s.Dial(t.Context(), addrPort{})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	p, _ := byKey("http/")
	p.TLS = true
	got, err := reading{idle: short, total: short, limit: 1000}.exchange(t.Context(), conn, p, addrPort{})
	if err != nil || got.refused != "tls handshake: deadline exceeded" || got.end != minesweep.EndIdle {
		t.Errorf("exchange = %+v, %v", got, err)
	}
}

func TestTLSTakesOldVersions(t *testing.T) {
	if tlsConfig().MinVersion != tls.VersionTLS10 || tlsConfig().Certificates != nil {
		t.Error("the TLS configuration refuses old devices, or shows a certificate of ours")
	}
}
