package lab

import (
	"bytes"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"

	"minesweep"
	"minesweep/probes"
)

// sweepLab starts the hosts at an address of this process's own, sweeps them
// and returns what was found and what was received.
func sweepLab(t *testing.T, hosts []Simulated) (map[netip.Addr]minesweep.Host, *Recorder) {
	t.Helper()
	elsewhere(hosts)
	recorder := new(Recorder)
	l, err := StartRecorded(t.Context(), hosts, recorder)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return sweep(t, hosts, l.Moved()), recorder
}

// checkReceived fails for every byte that is neither of an allow-listed request
// nor of TLS, and for a host with more requests than most.
func checkReceived(t *testing.T, recorder *Recorder, most int) {
	t.Helper()
	asked := make(map[netip.Addr]int)
	received := recorder.Received()
	for _, r := range received {
		if len(r.Bytes) > 0 && !r.Inside {
			asked[r.Target.Addr()]++
		}
		if !allowed(r) && (r.Inside || !isTLS(r.Bytes)) {
			t.Errorf("%s received %q, which is no request of package probes", r.Target, r.Bytes)
		}
	}
	if len(asked) == 0 {
		t.Errorf("%d connections, of which not one said a byte: the recorder is deaf", len(received))
	}
	for addr, n := range asked {
		if n > most {
			t.Errorf("%s was asked %d times", addr, n)
		}
	}
}

// allowed reports whether a connection brought one request of the list and no
// other byte, or nothing.
func allowed(r Received) bool {
	if len(r.Bytes) == 0 {
		return true
	}
	for _, p := range probes.All {
		if p.Request != "" && string(r.Bytes) == strings.ReplaceAll(p.Request, "{host}", r.Target.String()) {
			return true
		}
	}
	return false
}

// isTLS reports whether the bytes are records of TLS from the first on: a
// ClientHello, then handshake, alert or application data (RFC 8446, section
// 5.1). The last record may be cut short.
func isTLS(b []byte) bool {
	if !bytes.HasPrefix(b, []byte{0x16, 3}) || len(b) < 6 || b[5] != 1 {
		return false
	}
	for len(b) >= 5 {
		if b[0] < 0x14 || b[0] > 0x17 || b[1] != 3 {
			return false
		}
		b = b[min(len(b), 5+(int(b[3])<<8|int(b[4]))):]
	}
	return true
}

// TestReceivedIsKept holds the recorder and its check against what is not
// allowed: each must be noticed.
func TestReceivedIsKept(t *testing.T) {
	recorder := new(Recorder)
	h := Simulated{Address: netip.MustParseAddr("127.0.0.1"), Behaviour: Mute, Ports: []uint16{4444}}
	hosts := []Simulated{h}
	elsewhere(hosts)
	l, err := StartRecorded(t.Context(), hosts, recorder)
	if err != nil {
		t.Fatal(err)
	}
	conn := connect(t, hosts[0].Address, 4444)
	if _, err := conn.Write([]byte(`{"command":"restart"}`)); err != nil {
		t.Fatal(err)
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(conn); err != nil {
		t.Fatal(err)
	}
	l.Close()
	got := recorder.Received()
	if len(got) != 1 || string(got[0].Bytes) != `{"command":"restart"}` || got[0].Target.Port() != 4444 {
		t.Fatalf("received %+v", got)
	}
	if allowed(got[0]) {
		t.Error("a restart passes for an allowed request")
	}
	for _, b := range []string{"GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01\x00\x01\x02", "\x16\x03\x01\x00\x01\x01GET /"} {
		if isTLS([]byte(b)) {
			t.Errorf("%q passes for TLS", b)
		}
	}
}
