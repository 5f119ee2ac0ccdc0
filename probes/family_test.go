package probes_test

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"minesweep"
	"minesweep/mapper"
	"minesweep/probes"
	"minesweep/probes/fingerprints"
	"minesweep/recordings"
)

// sisters are the ports that stand open on the devices of this test, whatever
// the device; most of them say nothing of use.
var sisters = []uint16{22, 80, 443, 4028, 4433, 6060, 8080}

// household is a recorded device whose host has all of the sisters open.
type household struct {
	device recordings.Device
	ports  []uint16 // its own first
	heard  map[uint16]map[string][]byte
}

func houseOf(d recordings.Device) household {
	h := household{device: d, heard: make(map[uint16]map[string][]byte)}
	for _, r := range d.Replies {
		port := r.Target.Port()
		if h.heard[port] == nil {
			h.heard[port] = make(map[string][]byte)
			h.ports = append(h.ports, port)
		}
		h.heard[port][r.Probe] = r.Raw
	}
	for _, port := range sisters {
		if !slices.Contains(h.ports, port) {
			h.ports = append(h.ports, port)
		}
	}
	return h
}

const emptyPage = "HTTP/1.1 200 OK\r\nContent-Length: 18\r\nConnection: close\r\n\r\n<html>hello</html>"

// answer returns what the host says to the question on the port; the banner is
// what it says unasked.
func (h household) answer(port uint16, question string) []byte {
	heard, own := h.heard[port]
	family, _, _ := strings.Cut(question, "/")
	raw, known := heard[question]
	switch {
	case known:
		return raw
	case own && family == "cgminer":
		for _, name := range slices.Sorted(maps.Keys(heard)) {
			switch program, _, _ := strings.Cut(name, "/"); program {
			case "whatsminer":
				return []byte(`{"STATUS":"E","When":1,"Code":14,"Msg":"invalid cmd","Description":"whatsminer v1.1"}`)
			case "cgminer":
				return []byte(`{"STATUS":[{"STATUS":"E","When":1,"Code":14,"Msg":"Invalid command","Description":"` + description(heard) + `"}],"id":1}`)
			}
		}
	case own && family == "http" && strings.HasPrefix(string(heard["http/"]), "HTTP/"):
		return []byte("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
	case own:
	case port == 22:
		return []byte("SSH-2.0-dropbear\r\n")
	case question == "http/" && port != 4028 && port != 4433 && port != 6060:
		return []byte(emptyPage)
	}
	return nil
}

// description repeats how the device names its program in any of its answers.
func description(heard map[string][]byte) string {
	for _, name := range slices.Sorted(maps.Keys(heard)) {
		if _, rest, ok := bytes.Cut(heard[name], []byte(`"Description":"`)); ok {
			name, _, _ := bytes.Cut(rest, []byte(`"`))
			return string(name)
		}
	}
	return "cgminer"
}

func (h household) Dial(_ context.Context, target netip.AddrPort) (net.Conn, error) {
	return &call{house: h, port: target.Port()}, nil
}

// call is a connection in memory: it answers what is written and then closes;
// who reads before writing hears a banner or nothing.
type call struct {
	net.Conn
	house household
	port  uint16
	left  []byte
	asked bool
}

func (c *call) Write(b []byte) (int, error) {
	c.asked, c.left = true, slices.Clone(c.house.answer(c.port, probes.NameOf("", b)))
	return len(b), nil
}

func (c *call) Read(b []byte) (int, error) {
	if !c.asked && len(c.left) == 0 {
		if c.left = c.house.answer(c.port, probes.Banner); len(c.left) == 0 {
			return 0, os.ErrDeadlineExceeded
		}
		c.asked = true
	}
	if len(c.left) == 0 {
		return 0, io.EOF
	}
	n := copy(b, c.left)
	c.left = c.left[n:]
	return n, nil
}

func (c *call) Close() error                { return nil }
func (c *call) SetDeadline(time.Time) error { return nil }
func (c *call) RemoteAddr() net.Addr        { return &net.TCPAddr{} }

// sweep asks the ports in the order given, as a sweep does.
func (h household) sweep(t *testing.T, set *fingerprints.Set, ports []uint16) []minesweep.Reply {
	t.Helper()
	a := probes.NewAsker(probes.AskerConfig{Dialer: h})
	var all []minesweep.Reply
	confirmed := false
	for _, port := range ports {
		confirmed = confirmed || slices.ContainsFunc(set.Judge(all), func(e minesweep.Evidence) bool { return e.Strength == minesweep.Confirm })
		open := minesweep.OpenPort{Target: netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, 7}), port)}
		replies, err := a.Ask(t.Context(), open, minesweep.Known{Replies: all, Confirmed: confirmed})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, replies...)
	}
	return all
}

// TestFamiliesStayWithinTheBudget sweeps one recorded device of each maker and
// class with all sister ports open, in three orders. A confirmed one is sent
// twelve requests at most. Where its own ports come first, the sisters take
// nothing away from what is found out.
func TestFamiliesStayWithinTheBudget(t *testing.T) {
	set, err := fingerprints.Load(fingerprints.Embedded())
	if err != nil {
		t.Fatal(err)
	}
	judge, err := mapper.New(mapper.Config{Key: []byte("0123456789abcdef")})
	if err != nil {
		t.Fatal(err)
	}
	assess := func(replies []minesweep.Reply) minesweep.Host {
		return judge.Assess(minesweep.Observation{Replies: replies, Evidence: set.Judge(replies)})
	}
	for n, h := range houses(t) {
		if raceDetector && n%4 != 0 {
			continue // make test asks the others without the race detector
		}
		alone := assess(h.sweep(t, set, h.ports[:len(h.heard)]))
		rising := slices.Sorted(slices.Values(h.ports))
		falling := slices.Clone(rising)
		slices.Reverse(falling)
		for name, ports := range map[string][]uint16{ownFirst: h.ports, "rising": rising, "falling": falling} {
			replies := h.sweep(t, set, ports)
			got := assess(replies)
			if n := minesweep.Requests(replies); n > 12 && got.Verdict == minesweep.Confirmed {
				t.Errorf("%s, %s: %d requests, %q", h.device.Name, name, n, questions(replies))
			}
			if name != ownFirst {
				continue
			}
			if got.Vendor != alone.Vendor || got.Model != alone.Model || !same(got.Hashrate, alone.Hashrate) {
				t.Errorf("%s, %s: %s %s, alone %s %s, after %q", h.device.Name, name, got.Vendor, got.Model, alone.Vendor, alone.Model, questions(replies))
			}
		}
	}
}

const ownFirst = "its own first"

// houses returns one household of each maker and class that is recorded.
func houses(t *testing.T) []household {
	t.Helper()
	devices, err := recordings.ReadDir(fingerprints.Recordings(), "testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	var out []household
	seen := make(map[string]bool)
	for _, d := range devices {
		if d.Want == nil || d.Want.Verdict != minesweep.Confirmed || seen[string(d.Want.Class)+d.Want.Vendor] {
			continue
		}
		seen[string(d.Want.Class)+d.Want.Vendor] = true
		out = append(out, houseOf(d))
	}
	return out
}

func same(a, b *float64) bool { return (a == nil) == (b == nil) && (a == nil || *a == *b) }

func questions(replies []minesweep.Reply) []string {
	out := make([]string, 0, len(replies))
	for _, r := range replies {
		out = append(out, r.Target.String()[len("192.0.2.7:"):]+" "+r.Probe)
	}
	return out
}
