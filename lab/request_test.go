package lab

import (
	"bufio"
	"bytes"
	"strings"
	"testing"
	"testing/iotest"
)

func TestReadRequest(t *testing.T) {
	post := "POST / HTTP/1.1\r\ncontent-length: 4\r\n\r\nabcd"
	tests := []struct{ name, in, first, second string }{
		{"http", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", ""},
		{"http with body", post + "rest", post, "rest"},
		{"cut http", "GET / HT", "GET / HT", ""},
		{"lines", "one\ntwo\n", "one\n", "two\n"},
		{"json", `{"command":"version"}`, `{"command":"version"}`, ""},
		{"text", "version", "version", ""},
		{"broken json", "{oops", "{oops", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := bufio.NewReaderSize(strings.NewReader(tt.in), maxRequest)
			first, _ := readRequest(in)
			second, _ := readRequest(in)
			if string(first) != tt.first || string(second) != tt.second {
				t.Errorf("got %q and %q, want %q and %q", first, second, tt.first, tt.second)
			}
		})
	}
}

func TestReadRequestInPieces(t *testing.T) {
	for _, s := range []string{`{"command":"version"}`, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"} {
		got, ok := readRequest(bufio.NewReaderSize(iotest.HalfReader(strings.NewReader(s)), maxRequest))
		if !ok || string(got) != s {
			t.Errorf("%q came as %q", s, got)
		}
	}
}

// FuzzReadRequest: whatever a peer sends, requests are bounded, in order, and
// lose no byte.
func FuzzReadRequest(f *testing.F) {
	for _, s := range []string{"GET / HTTP/1.1\r\n\r\n", `{"command":"version"}`, "a\nb\n", "POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc", "{", ""} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		in := bufio.NewReaderSize(bytes.NewReader(b), maxRequest)
		var got []byte
		for {
			request, ok := readRequest(in)
			if !ok {
				break
			}
			if len(request) == 0 || len(request) > maxRequest {
				t.Fatalf("a request of %d bytes", len(request))
			}
			got = append(got, request...)
		}
		if !bytes.Equal(got, b) {
			t.Fatalf("%q came as %q", b, got)
		}
	})
}
