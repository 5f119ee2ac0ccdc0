package probes

import (
	"bytes"
	"compress/gzip"
	"strings"
	"testing"
)

func TestFraming(t *testing.T) {
	for _, c := range []struct {
		name    string
		framing Framing
		raw     string
		at      int // bytes after which it is complete; 0: never
	}{
		{"JSON", Single, `{"a":{"b":"}"}}` + "\x00", 15},
		{"JSON after blanks", Single, " \r\n{}", 5},
		{"a brace in a string with escapes", Single, `{"a":"\"}\\"}x`, 13},
		{"the tail of the S9k", Single, `{"a":1}"}` + "\x00", 7},
		{"missing comma as in an L3+", Single, `{"STATS":[{"a":1}{"b":2}]}` + "\x00", 27},
		{"missing comma, closed without NUL", Single, `{"STATS":[{"a":1}{"b":2}]}`, 0},
		{"nan as in an Avalon", Single, `{"a":nan}{"b":1}` + "\x00", 17},
		{"raw line end in a string", Single, "{\"a\":\"x\n\"}\x00", 11},
		{"NUL in the middle", Single, "{\"a\":\x00", 6},
		{"pipe text", Single, "STATUS=S,Code=22|VERSION,CGMiner=1|\x00", 36},
		{"pipe text without NUL", Single, "STATUS=S,Code=22|", 0},
		{"HTTP with length", Single, "HTTP/1.1 200 OK\r\nContent-length:  2\r\n\r\nok!", 41},
		{"HTTP with LF", Single, "HTTP/1.1 200 OK\nContent-Length: 2\n\nok", 37},
		{"HTTP chunked", Single, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", 59},
		{"HTTP without length", Single, "HTTP/1.1 200 OK\r\n\r\nok", 0},
		{"HTTP without body", Single, "HTTP/1.1 304 x\r\n\r\n", 18},
		{"HTTP of negative length", Single, "HTTP/1.1 200 x\r\nContent-Length: -1\r\n\r\n", 0},
		{"an H that is no HTTP", Single, "HELLO\x00", 6},
		{"answer behind notices", Answer, `{"id":null,"method":"mining.notify","params":[]}` + "\n" + `{"id":1,"result":[],"error":null}`, 82},
		{"error as answer", Answer, `{"id":1,"error":[20,"x",null]}`, 30},
		{"echo is no answer", Answer, stratumSubscribe, 0},
		{"greeting", Greeting, "SSH-2.0-x\r\n", 11},
	} {
		for _, step := range []int{1, 3, 1000} {
			if got := completeAt(c.framing.framer(), c.raw, step); !within(got, c.at, step, len(c.raw)) {
				t.Errorf("%s: complete after %d bytes in steps of %d, want %d", c.name, got, step, c.at)
			}
		}
	}
}

// completeAt feeds raw in steps and returns how much was fed when it was
// complete, 0 for never.
func completeAt(f framer, raw string, step int) int {
	for from := 0; from < len(raw); from += step {
		to := min(from+step, len(raw))
		if f.complete([]byte(raw[:to]), from) {
			return to
		}
	}
	return 0
}

func within(got, want, step, all int) bool {
	if want == 0 {
		return got == 0
	}
	return got >= want && got < want+step || got == all && want <= all && all-want < step
}

func TestDecodeHTTP(t *testing.T) {
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, _ = z.Write([]byte("<title>AxeOS</title>"))
	_ = z.Close()
	chunked := "HTTP/1.1 200 OK\r\nServer: x\r\nTransfer-Encoding: chunked\r\n\r\n"
	for _, c := range []struct{ name, raw, want string }{
		{"plain", "HTTP/1.1 200 OK\r\nA: b\r\n\r\nok", "HTTP/1.1 200 OK\r\nA: b\r\n\r\nok"},
		{"longer than it says", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokay", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"},
		{"shorter than it says", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok"},
		{"chunked", chunked + "2\r\nok\r\n1\r\n!\r\n0\r\n\r\n", chunked + "ok!"},
		{"chunked, cut", chunked + "2\r\nok\r\n9\r\n!", chunked + "ok!"},
		{"gzip", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + zipped.String(), "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n<title>AxeOS</title>"},
		{"LF", "HTTP/1.1 200 OK\nContent-Length: 2\n\nok", "HTTP/1.1 200 OK\nContent-Length: 2\n\nok"},
		{"broken head", "HTTP/1.1 what\r\n\r\nok", "HTTP/1.1 what\r\n\r\nok"},
		{"head without end", "HTTP/1.1 200 OK\r\nA: b", "HTTP/1.1 200 OK\r\nA: b"},
		{"not HTTP", "STATUS=E|", "STATUS=E|"},
	} {
		if got := string(decodeHTTP([]byte(c.raw), defaultLimit)); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestDecodeHTTPKeepsTheLimit(t *testing.T) {
	const head = "HTTP/1.1 200 OK\r\n\r\n"
	if got := string(decodeHTTP([]byte(head+"okay"), len(head)+2)); got != head+"ok" {
		t.Errorf("%q is over the limit", got)
	}
}

func FuzzFraming(f *testing.F) {
	f.Add([]byte(`{"a":"\""}`), 1, 0)
	f.Add([]byte("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), 7, 1)
	f.Add([]byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"), 3, 0)
	f.Fuzz(func(t *testing.T, raw []byte, step, framing int) {
		if step < 1 {
			return
		}
		kind := Framing(uint(framing) % 3)
		slow, fast := completeAt(kind.framer(), string(raw), step), completeAt(kind.framer(), string(raw), len(raw)+1)
		if slow != 0 && fast == 0 && !bytes.Contains(raw, []byte("0\r\n\r\n")) {
			t.Errorf("%q is complete after %d bytes in steps of %d and never at once", raw, slow, step)
		}
	})
}

func FuzzDecodeHTTP(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n\x1f\r\n"))
	f.Add([]byte("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\n\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		const limit = 4096
		if len(raw) > limit {
			return
		}
		before := string(raw)
		got := decodeHTTP(raw, limit)
		if len(got) > limit || string(raw) != before {
			t.Errorf("%q became %d bytes, and the input %q", before, len(got), raw)
		}
		if head := headEnd(raw, 0); bytes.HasPrefix(raw, []byte("HTTP/")) && !strings.HasPrefix(string(got), before[:head]) {
			t.Errorf("the head of %q became %q", before, got)
		}
	})
}
