//go:build root

package main_test

import (
	"bufio"
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"
)

// packet is one line of tcpdump -tt -i any.
type packet struct {
	line string
	at   time.Time
	to   netip.AddrPort // zero where it is not TCP or UDP over IP
}

// capture is a tcpdump on all devices of a network.
type capture struct {
	*program
	packets chan packet // closed when tcpdump ends
}

// capture starts capturing what filter names and returns when it has begun.
func (n *network) capture(t *testing.T, filter string) *capture {
	t.Helper()
	r, w := io.Pipe()
	c := &capture{packets: make(chan packet, 1<<16)}
	c.program = n.start(t, w, t.TempDir(), need(t, "tcpdump"), "-i", "any", "-n", "-tt", "-l", "--immediate-mode", filter)
	go func() {
		<-c.ended
		_ = w.Close() // never fails
	}()
	go func() {
		defer close(c.packets)
		for lines := bufio.NewScanner(r); lines.Scan(); {
			c.packets <- readPacket(lines.Text())
		}
	}()
	deadline, again := time.After(readiness), time.NewTicker(10*time.Millisecond)
	defer again.Stop()
	for !strings.Contains(c.log.String(), "listening on") {
		select {
		case <-c.ended:
			t.Fatalf("tcpdump ended at once: %v", c.err)
		case <-deadline:
			t.Fatalf("tcpdump does not begin within %s", readiness)
		case <-again.C:
		}
	}
	return c
}

// next returns the next packet, or fails where none comes in time.
func (c *capture) next(t *testing.T, within time.Duration) packet {
	t.Helper()
	select {
	case p, ok := <-c.packets:
		if !ok {
			t.Fatalf("tcpdump ended: %v", c.err)
		}
		return p
	case <-time.After(within):
		t.Fatalf("no packet was captured within %s", within)
	}
	return packet{}
}

// readPacket reads a line such as
// 1700000000.123456 near Out IP 10.78.0.1.33000 > 192.0.2.1.9: UDP, length 3
func readPacket(line string) packet {
	p := packet{line: line}
	fields := strings.Fields(line)
	if len(fields) == 0 {
		return p
	}
	if seconds, err := strconv.ParseFloat(fields[0], 64); err == nil {
		p.at = time.UnixMicro(int64(seconds * 1e6))
	}
	_, rest, _ := strings.Cut(line, " > ")
	to, _, _ := strings.Cut(rest, ": ")
	if dot := strings.LastIndexByte(to, '.'); dot > 0 {
		p.to, _ = netip.ParseAddrPort(fmt.Sprintf("%s:%s", to[:dot], to[dot+1:]))
	}
	return p
}
