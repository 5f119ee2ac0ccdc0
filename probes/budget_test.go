package probes

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"

	"minesweep"
)

// asked returns n replies to requests on ports of their own.
func asked(n int) []minesweep.Reply {
	replies := make([]minesweep.Reply, n)
	for i := range replies {
		target := netip.MustParseAddrPort(fmt.Sprintf("192.0.2.7:%d", 20001+i))
		replies[i] = minesweep.Reply{Target: target, Probe: "http/", Request: []byte("GET"), Raw: []byte("no")}
	}
	return replies
}

func TestBudgetOfAHost(t *testing.T) {
	antminer := map[string]string{"cgminer/version": `{"STATUS":[{"STATUS":"S","Code":22}],"VERSION":[{"BMMiner":"2.0.0","Type":"Antminer S17"}]}`}
	luxos := map[string]string{"cgminer/version": block(22, "LUXminer versions", "LUXminer 2026.1")}
	for _, c := range []struct {
		name      string
		sent      int
		confirmed bool
		target    string
		answers   map[string]string
		want      string
	}{
		{"first port", 0, false, "192.0.2.7:4028", antminer, "cgminer/version cgminer/stats cgminer/pools cgminer/summary"},
		{"confirmed, all sent", 12, true, "192.0.2.7:80", nil, ""},
		{"confirmed, two left", 10, true, "192.0.2.7:4028", antminer, "cgminer/version cgminer/stats"},
		{"confirmed, further port says nothing", 3, true, "192.0.2.7:4028", nil, "cgminer/version cgminer/version-text"},
		{"unconfirmed, further port says nothing", 7, false, farPort, nil, "http/"},
		{"unconfirmed, one more than wide", 6, false, farPort, nil, "http/ cgminer/version"},
		{"unconfirmed, a miner at last", 8, false, "192.0.2.7:4028", luxos, "cgminer/version cgminer/config cgminer/summary cgminer/pools"},
		{"unconfirmed, a miner behind a row", 30, false, "192.0.2.7:4028", luxos, "cgminer/version"},
		{"unconfirmed, the first question twice, for TLS fails", 9, false, "192.0.2.7:443", map[string]string{"http/": ok("x")}, "tls:http/ http/"},
		{"unconfirmed, a page that leads on weakly", 9, false, "192.0.2.7:80", map[string]string{"http/": web("404 Not Found", "", "")}, "http/"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := device(t, c.answers)
			before := minesweep.Known{Replies: asked(c.sent), Confirmed: c.confirmed}
			replies, err := asker(d).Ask(t.Context(), openPort(c.target), before)
			if got := strings.Join(probesOf(replies), " "); err != nil || got != c.want {
				t.Errorf("asked %q, %v; want %q", got, err, c.want)
			}
			checkManners(t, d, replies)
		})
	}
}

func TestRequestsCountsWhatWasSent(t *testing.T) {
	replies := append(asked(3), minesweep.Reply{Probe: Banner, Raw: []byte("SSH-2.0-x")})
	if n := minesweep.Requests(replies); n != 3 {
		t.Errorf("%d requests, want 3: a banner is none", n)
	}
}

// TestBytesOfAHost asks port after port of a host that floods: what is kept
// stays within the bound, and each port still gets its share.
func TestBytesOfAHost(t *testing.T) {
	d := serve(t, func(conn net.Conn) {
		request(conn)
		flood(conn, `{"STATUS":[{"STATUS":"S"}],"x":"`+strings.Repeat("y", 200))
	})
	var all []minesweep.Reply
	kept := 0
	for port := range 40 {
		replies, err := asker(d).Ask(t.Context(), openPort(fmt.Sprintf("192.0.2.7:%d", 1000+port)), minesweep.Known{Replies: all})
		if err != nil {
			t.Fatal(err)
		}
		if len(replies) == 0 && kept < maxKept-leastKept {
			t.Errorf("port %d was not asked with %d bytes kept", port, kept)
		}
		for _, r := range replies {
			kept += len(r.Raw)
			if len(r.Raw) > maxLimit {
				t.Errorf("a reply of %d bytes", len(r.Raw))
			}
		}
		all = append(all, replies...)
	}
	if kept > maxKept || kept < maxKept/2 {
		t.Errorf("%d bytes are kept of the host, at most %d may be", kept, maxKept)
	}
}

func said(target, probe, raw string) minesweep.Reply {
	return minesweep.Reply{Target: netip.MustParseAddrPort(target), Probe: probe, Request: []byte("x"), Raw: []byte(raw)}
}

// TestWhatOtherPortsSaid: some ports are asked only where another speaks for it.
func TestWhatOtherPortsSaid(t *testing.T) {
	btminer := said("192.0.2.7:4028", "cgminer/version", `{"STATUS":"E","Code":14,"Msg":"invalid cmd","Description":"whatsminer v1.1"}`)
	luxos := said("192.0.2.7:4028", "cgminer/version", block(22, "LUXminer versions", "LUXminer"))
	antminer := said("192.0.2.7:4028", "cgminer/version", `{"VERSION":[{"Type":"Antminer S19"}]}`)
	redirect := said("192.0.2.7:80", "http/", "HTTP/1.1 307 Temporary Redirect\r\nLocation: https://192.0.2.7/\r\n\r\n")
	realm := said("192.0.2.7:80", "http/", web("401 Unauthorized", "WWW-Authenticate: Digest realm=\"antMiner Configuration\"\r\n", ""))
	mute := said("192.0.2.7:4028", "cgminer/version", "")
	page := said("192.0.2.7:80", "http/", web("200 OK", "", "hello"))
	vnish := said("192.0.2.7:4028", "cgminer/version", `{"VERSION":[{"Type":"Antminer S19 (Vnish 1.2.6)"}]}`)
	for _, c := range []struct {
		name, target string
		before       []minesweep.Reply
		want         string
	}{
		{"4433 of a WhatsMiner", "192.0.2.7:4433", []minesweep.Reply{btminer}, "whatsminer3/get.device.info"},
		{"4433 behind a redirect", "192.0.2.7:4433", []minesweep.Reply{luxos, redirect}, "whatsminer3/get.device.info"},
		{"4433 beside a silent 4028", "192.0.2.7:4433", []minesweep.Reply{mute}, "whatsminer3/get.device.info"},
		{"4433 alone", "192.0.2.7:4433", nil, "whatsminer3/get.device.info"},
		{"4433 of something else", "192.0.2.7:4433", []minesweep.Reply{luxos, page}, "tls:http/"},
		{"6060 of an Antminer", "192.0.2.7:6060", []minesweep.Reply{antminer}, "http/productName"},
		{"6060 behind the realm", "192.0.2.7:6060", []minesweep.Reply{luxos, realm}, "http/productName"},
		{"6060 with 4028 closed", "192.0.2.7:6060", []minesweep.Reply{page}, "http/productName"},
		{"6060 of something else", "192.0.2.7:6060", []minesweep.Reply{luxos, page}, "banner"},
		{"page without words of a VNish", "192.0.2.7:80", []minesweep.Reply{vnish}, "http/ http/api/v1/summary"},
		{"page without words of a BOSer", "192.0.2.7:80", []minesweep.Reply{said("192.0.2.7:4028", "cgminer/version", block(22, "BOSer versions", ""))}, "http/ http/api/v1/version/"},
		{"page without words of an Innosilicon", "192.0.2.7:80", []minesweep.Reply{said("192.0.2.7:4028", "cgminer/version", block(22, "CGMiner versions", "innominer a9"))}, "http/ http/api/overview"},
		{"page without words", "192.0.2.7:80", nil, "http/"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := device(t, map[string]string{"http/": web("200 OK", "", "<script></script>")})
			short := func(ctx context.Context, a addrPort) (net.Conn, error) { return d.Dial(ctx, a) }
			replies, err := asker(dialFunc(short)).Ask(t.Context(), openPort(c.target), minesweep.Known{Replies: c.before})
			if got := strings.Join(probesOf(replies), " "); err != nil || !strings.HasPrefix(got+" ", c.want+" ") {
				t.Errorf("asked %q, %v; want %q first", got, err, c.want)
			}
			for _, r := range replies {
				if strings.HasSuffix(c.target, ":6060") && r.Probe != Banner && r.Probe != "http/productName" && r.Probe != "http/get_sn" {
					t.Errorf("%s was asked on 6060", r.Probe)
				}
			}
		})
	}
}

// TestTheSamePageIsNotFollowedTwice: 443 shows what 80 showed.
func TestTheSamePageIsNotFollowedTwice(t *testing.T) {
	page := web("200 OK", "", "<title>AnthillOS</title>")
	before := []minesweep.Reply{
		said("192.0.2.7:80", "http/", strings.Replace(page, "OK\r\n", "OK\r\nDate: yesterday\r\n", 1)),
		said("192.0.2.7:80", "http/api/v1/summary", web("200 OK", "", `{"miner":{}}`)),
	}
	d := device(t, map[string]string{"http/": page})
	replies, err := asker(d).Ask(t.Context(), openPort("192.0.2.7:8080"), minesweep.Known{Replies: before})
	if got := strings.Join(probesOf(replies), " "); err != nil || got != "http/ http/api/v1/info" {
		t.Errorf("asked %q, %v", got, err)
	}
}
