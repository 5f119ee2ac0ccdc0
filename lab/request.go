package lab

import (
	"bufio"
	"bytes"
	"encoding/json"
	"strconv"
	"unicode/utf8"
)

// readRequest reads one request of any of the protocols: an HTTP message, a
// line, a JSON value without a newline, or whatever one read brings, as
// cgminer's API takes it. At most maxRequest bytes; false where none came.
func readRequest(in *bufio.Reader) ([]byte, bool) {
	var got []byte
	for len(got) < maxRequest {
		if _, err := in.Peek(1); err != nil {
			return got, len(got) > 0
		}
		part, _ := in.Peek(min(in.Buffered(), maxRequest-len(got)))
		before := len(got)
		got = append(got, part...)
		n := requestEnd(got)
		if n < 0 {
			_, _ = in.Discard(len(part))
			continue
		}
		_, _ = in.Discard(max(0, n-before))
		return got[:n], true
	}
	return got, true
}

// requestEnd returns the length of the first request in b, or -1 where more of
// it must come.
func requestEnd(b []byte) int {
	if looksHTTP(b) {
		return httpEnd(b)
	}
	if isBinary(b) {
		return len(b)
	}
	if at := bytes.IndexByte(b, '\n'); at >= 0 {
		return at + 1
	}
	if b[0] == '{' && !json.Valid(b) {
		return -1
	}
	return len(b)
}

// isBinary tells a frame, a handshake and the like by bytes that no text holds.
func isBinary(b []byte) bool {
	return bytes.ContainsFunc(b, func(r rune) bool {
		return r == utf8.RuneError || r < ' ' && r != '\n' && r != '\r' && r != '\t'
	})
}

func looksHTTP(b []byte) bool {
	for _, method := range []string{"GET ", "POST ", "HEAD ", "PUT ", "OPTIONS ", "DELETE ", "PATCH "} {
		if bytes.HasPrefix(b, []byte(method)) {
			return true
		}
	}
	return false
}

func httpEnd(b []byte) int {
	head, body, whole := bytes.Cut(b, []byte("\r\n\r\n"))
	if !whole {
		return -1
	}
	length := 0
	for _, line := range bytes.Split(head, []byte("\r\n")) {
		key, value, _ := bytes.Cut(line, []byte(":"))
		if bytes.EqualFold(key, []byte("Content-Length")) {
			if n, err := strconv.Atoi(string(bytes.TrimSpace(value))); err == nil && n >= 0 {
				length = n
			}
		}
	}
	if len(body) < length {
		return -1
	}
	return len(head) + 4 + length
}
