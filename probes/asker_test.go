package probes

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"minesweep"
)

func web(status, head, body string) string {
	return fmt.Sprintf("HTTP/1.1 %s\r\n%sContent-Length: %d\r\nConnection: close\r\n\r\n%s", status, head, len(body), body)
}

func block(code int, msg, more string) string {
	return fmt.Sprintf(`{"STATUS":[{"STATUS":"S","When":1700000000,"Code":%d,"Msg":"%s","Description":"%s"}],"id":1}`+"\x00", code, msg, more)
}

func framed(json string) string {
	return string(binary.LittleEndian.AppendUint32(nil, uint32(len(json)))) + json
}

// TestDevices sets one fake device a protocol on a port and expects the
// questions that fit it, and no others.
func TestDevices(t *testing.T) {
	for _, c := range slices.Concat(asicCases, minerCases, poolCases) {
		t.Run(c.name, func(t *testing.T) {
			d := device(t, c.answers)
			replies, err := asker(d).Ask(t.Context(), openPort(c.target), minesweep.Known{})
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(probesOf(replies), " "); got != c.want {
				t.Errorf("asked %s\nwant  %s", got, c.want)
			}
			checkManners(t, d, replies)
			for _, r := range replies {
				if r.At != epoch || r.Target.String() != c.target {
					t.Errorf("%s: at %v of %v", r.Probe, r.At, r.Target)
				}
			}
		})
	}
}

// checkManners holds for every conversation: one connection at a time, all
// closed, twelve at most, and only our own bytes were sent.
func checkManners(t *testing.T, d *server, replies []minesweep.Reply) {
	t.Helper()
	if d.most.Load() > 1 || d.open.Load() != 0 {
		t.Errorf("%d connections at a time, %d left open", d.most.Load(), d.open.Load())
	}
	if n := d.dials.Load(); n > maxRequests {
		t.Errorf("%d connections", n)
	}
	for _, r := range replies {
		ours := slices.ContainsFunc(All, func(p Probe) bool {
			return p.Name == r.Probe && string(r.Request) == strings.ReplaceAll(p.Request, "{host}", r.Target.String())
		})
		if !ours {
			t.Errorf("%s: sent %q", r.Probe, r.Request)
		}
	}
}

func TestClosingPortTakesFiveHandshakes(t *testing.T) {
	for target, maxHandshakes := range map[string]int{
		farPort: maxHandshakes, "192.0.2.7:443": maxHandshakes, "192.0.2.7:4067": maxHandshakes,
		"192.0.2.7:3333": maxHandshakes, // the last one inside TLS
		"192.0.2.7:4028": maxHandshakes - 1,
	} {
		d := device(t, nil) // closes on every question
		replies, err := asker(d).Ask(t.Context(), openPort(target), minesweep.Known{})
		if err != nil || len(replies) != maxHandshakes || int(d.dials.Load()) != maxHandshakes {
			t.Errorf("%s: %d replies over %d connections, %v", target, len(replies), d.dials.Load(), err)
		}
		for _, r := range replies {
			if r.End != minesweep.EndEOF || r.Refused == "" || len(r.Raw) != 0 {
				t.Errorf("%s: %s ended %s (%s)", target, r.Probe, r.End, r.Refused)
			}
		}
	}
}

// TestTalkativeDevice answers so that as many follow-ups as possible are asked.
func TestTalkativeDevice(t *testing.T) {
	answers := make(map[string]string)
	for _, p := range All {
		answers[p.Name] = "HTTP/1.1 404 x\r\nServer: Epee-based\r\n\r\n" + `{"STATUS":[{"STATUS":"S"}],"error":{"code":-3},"result":true} cgminer`
	}
	for port := range uint16(65000) {
		if _, hinted := openingOf(port, known{}); !hinted {
			continue
		}
		d := device(t, answers)
		replies, _ := asker(d).Ask(t.Context(), openPort(fmt.Sprintf("192.0.2.7:%d", port)), minesweep.Known{})
		if len(replies) > maxRequests {
			t.Errorf("port %d: %d requests", port, len(replies))
		}
		checkManners(t, d, replies)
	}
}

// TestRequestsAreBounded queues more than may be asked.
func TestRequestsAreBounded(t *testing.T) {
	d := device(t, map[string]string{"http/": web("200 OK", "", "hello")})
	talk := newTalk(asker(d).cfg, openPort("192.0.2.7:80").Target, known{})
	for _, p := range All {
		talk.queue = append(talk.queue, followUp{key: p.key(), telling: true})
	}
	talk.hold(t.Context())
	if len(talk.replies) != maxRequests || d.dials.Load() != maxRequests {
		t.Errorf("%d replies over %d connections, want %d", len(talk.replies), d.dials.Load(), maxRequests)
	}
}

type dialFunc func(context.Context, netip.AddrPort) (net.Conn, error)

func (f dialFunc) Dial(ctx context.Context, a netip.AddrPort) (net.Conn, error) { return f(ctx, a) }

func TestRefusalAndDeadHostEndWithoutError(t *testing.T) {
	for _, cause := range []error{fmt.Errorf("%w: excluded", minesweep.ErrRefused), errors.New("connection refused")} {
		d := device(t, map[string]string{"cgminer/version": block(22, "CGMiner versions", "cgminer 4.12.0")})
		left := 3
		dial := dialFunc(func(ctx context.Context, a netip.AddrPort) (net.Conn, error) {
			if left--; left < 0 {
				return nil, cause
			}
			return d.Dial(ctx, a)
		})
		replies, err := asker(dial).Ask(t.Context(), openPort("192.0.2.7:4028"), minesweep.Known{})
		if err != nil || len(replies) != 3 || left != -1 {
			t.Errorf("after %v: %d replies, %d dials too many, error %v", cause, len(replies), -1-left, err)
		}
	}
}

func TestCancelEndsAtOnce(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := serve(t, func(conn net.Conn) {
		_, _ = conn.Read(make([]byte, 4096))
		cancel() // while the asker waits for our answer
		_, _ = conn.Read(make([]byte, 1))
	})
	replies, err := asker(s).Ask(ctx, openPort("192.0.2.7:80"), minesweep.Known{})
	if !errors.Is(err, context.Canceled) || len(replies) != 0 || s.dials.Load() != 1 {
		t.Errorf("Ask gave %d replies and %v after %d connections", len(replies), err, s.dials.Load())
	}
}

func TestBannerEndsIt(t *testing.T) {
	for _, banner := range []string{"SSH-2.0-OpenSSH_9.2\r\n", "220 mail ESMTP\r\n", "* OK IMAP4\r\n", "\x4a\x00\x00\x00\x0a8.0.30\x00"} {
		s := serve(t, func(conn net.Conn) {
			_, _ = conn.Write([]byte(banner))
			_, _ = conn.Read(make([]byte, 4096))
		})
		replies, err := NewAsker(AskerConfig{Dialer: s, Banner: time.Minute}).Ask(t.Context(), openPort(farPort), minesweep.Known{})
		if err != nil || !slices.Equal(probesOf(replies), []string{"banner"}) || string(replies[0].Raw) != banner {
			t.Errorf("%q: %q, %v", banner, probesOf(replies), err)
		}
		// Where a question is hinted it goes first, and the banner is its answer.
		replies, err = asker(s).Ask(t.Context(), openPort("192.0.2.7:4067"), minesweep.Known{})
		if err != nil || !slices.Equal(probesOf(replies), []string{"http/summary"}) {
			t.Errorf("%q on a hinted port: %q, %v", banner, probesOf(replies), err)
		}
	}
}

func TestAMachineOutOfSocketsIsNoSilentPeer(t *testing.T) {
	for _, cause := range []error{syscall.EMFILE, syscall.EADDRNOTAVAIL} {
		dial := dialFunc(func(context.Context, netip.AddrPort) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Err: os.NewSyscallError("socket", cause)}
		})
		target := netip.MustParseAddrPort("192.0.2.7:4028")
		replies, err := NewAsker(AskerConfig{Dialer: dial}).Ask(t.Context(), minesweep.OpenPort{Target: target}, minesweep.Known{})
		if len(replies) != 0 || !errors.Is(err, cause) || !strings.HasPrefix(err.Error(), "host 192.0.2.7: dial 192.0.2.7:4028: ") {
			t.Errorf("%v: got %d replies and %v", cause, len(replies), err)
		}
	}
}
