package mapper

import (
	"testing"

	"minesweep"
)

func TestSniff(t *testing.T) {
	tests := []struct{ probe, raw, want string }{
		{"http/", "HTTP/1.1 200 OK\r\n\r\n", "http"},
		{"banner", "SSH-2.0-OpenSSH_9.2p1\r\n", "ssh"},
		{"cgminer/version", `{"STATUS":[{"STATUS":"S","When":1,"Code":22}]}`, "cgminer"},
		{"cgminer/version-text", "STATUS=S,When=1,Code=22|VERSION,CGMiner=4.9|", "cgminer"},
		{"whatsminer/summary", `{"STATUS":"S","When":1,"Code":131,"Msg":{}}`, "cgminer"},
		{"cgminer/version", "-ERR unknown command '{\"command\":\"version\"}'\r\n", "redis"},
		{"cgminer/version", "-NOAUTH Authentication required.\r\n", "redis"},
		{"cgminer/version", "ERROR\r\n", "memcached"},
		{"stratum/subscribe", `{"id":1,"result":[[["mining.notify","ab"]],"00",4]}`, "stratum"},
		{"claymore/miner_getstat1", `{"id":0,"result":["PM 5.1c - ETH"]}`, "claymore"},
		{"stratum/subscribe", `{"id":1,"error":null,"result":true}`, ""},
		{"ccminer/summary", "NAME=ccminer;VER=2.3;API=1.9;ALGO=x16r;KHS=1.0|", "ccminer"},
		{"banner", "220 mail.example ESMTP Postfix\r\n", "smtp"},
		{"banner", "220 (vsFTPd 3.0.3)\r\n", "ftp"},
		{"banner", "RFB 003.008\n", "vnc"},
		{"banner", "\xff\xfd\x18", "telnet"},
		{"banner", "J\x00\x00\x00\x0a8.0.36\x00rest", "mysql"},
		{"http/", "\x15\x03\x01\x00\x02\x02\x46", "tls"},
		{"banner", "who are you", ""},
		{"banner", "", ""},
	}
	for _, tt := range tests {
		if got := sniff(reply(1, tt.probe, "", tt.raw)); got != tt.want {
			t.Errorf("sniff(%s, %q) = %q, want %q", tt.probe, tt.raw, got, tt.want)
		}
	}
}

func TestHostPorts(t *testing.T) {
	secure := reply(443, "http/", "GET /", "HTTP/1.1 200 OK\r\n\r\n")
	secure.TLS = true
	req := `{"command":"version"}`
	o := minesweep.Observation{
		Address: addr, At: at, Ports: opened(4028, 22, 7, 3333, 443),
		Replies: []minesweep.Reply{
			secure,
			reply(3333, "http/", "GET /", "HTTP/1.1 200 OK\r\n\r\n"),
			reply(3333, "claymore/miner_ping", "x", `{"id":1,"result":"pong"}`),
			reply(7, "cgminer/version", req, req),
			reply(8080, "http/2/summary", "GET", "HTTP/1.1 200 OK\r\n\r\n{}"),
		},
		Evidence: []minesweep.Evidence{evidence("cgminer", 4028, minesweep.Confirm, 5, minesweep.Claims{})},
	}
	want := []minesweep.HostPort{
		{Port: 7, Protocol: "echo"}, {Port: 22}, {Port: 443, Protocol: "https"},
		{Port: 3333, Protocol: "claymore"}, {Port: 4028, Protocol: "cgminer"}, {Port: 8080, Protocol: "http"},
	}
	got := hostPorts(o)
	if len(got) != len(want) {
		t.Fatalf("got %v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("got %v, want %v", got[i], want[i])
		}
	}
}
