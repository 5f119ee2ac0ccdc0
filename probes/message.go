package probes

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strconv"
)

// httpMessage finds the end of an HTTP response. Where nothing tells the
// length, the peer's close does, which "Connection: close" has asked for.
type httpMessage struct {
	head    int // bytes of the head with its blank line; 0: not all there
	body    int // bytes of the body; -1: until close
	chunked bool
}

func (h *httpMessage) complete(raw []byte, from int) bool {
	if h.head == 0 {
		if h.head = headEnd(raw, max(0, from-3)); h.head == 0 {
			return false
		}
		h.readHead(raw[:h.head])
	}
	if h.chunked { // a cut that looks like the end costs the rest of one page
		return len(raw) >= h.head+5 && bytes.HasSuffix(raw, []byte("0\r\n\r\n"))
	}
	return h.body >= 0 && len(raw)-h.head >= h.body
}

func (h *httpMessage) readHead(head []byte) {
	h.body = -1
	lines := bytes.Split(head, []byte("\n"))
	if status := bytes.Fields(lines[0]); len(status) > 1 && (string(status[1]) == "204" || string(status[1]) == "304") {
		h.body = 0
	}
	for _, line := range lines[1:] {
		key, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimSpace(value)
		switch {
		case bytes.EqualFold(key, []byte("Transfer-Encoding")):
			h.chunked = bytes.EqualFold(value, []byte("chunked"))
		case bytes.EqualFold(key, []byte("Content-Length")):
			if n, err := strconv.ParseInt(string(value), 10, 32); err == nil && n >= 0 {
				h.body = int(n)
			}
		}
	}
}

// headEnd returns the length of the head with its blank line, or 0 where there
// is no blank line behind from. Small servers end lines with LF alone.
func headEnd(raw []byte, from int) int {
	for i := from; ; {
		at := bytes.IndexByte(raw[i:], '\n')
		if at < 0 {
			return 0
		}
		i += at + 1
		switch rest := raw[i:]; {
		case bytes.HasPrefix(rest, []byte("\n")):
			return i + 1
		case bytes.HasPrefix(rest, []byte("\r\n")):
			return i + 2
		}
	}
}

// decodeHTTP returns an HTTP response with its head as received and its body
// with chunking and gzip undone, at most limit bytes in all. What is no HTTP
// response, or a broken one, comes back as it is.
func decodeHTTP(raw []byte, limit int) []byte {
	if !bytes.HasPrefix(raw, []byte("HTTP/")) {
		return raw
	}
	head := headEnd(raw, 0)
	if head == 0 {
		return raw
	}
	resp, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(raw)), nil)
	if err != nil || resp.StatusCode < 200 {
		return raw
	}
	defer resp.Body.Close()
	room := max(0, limit-head)
	body := readUpTo(resp.Body, max(room, len(raw)))
	if plain, ok := gunzip(body, room); ok {
		body = plain
	}
	return append(raw[:head:head], body[:min(len(body), room)]...)
}

// gunzip inflates at most limit bytes, so that a bomb stays small; false where
// b is not gzip.
func gunzip(b []byte, limit int) ([]byte, bool) {
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, false
	}
	return readUpTo(z, limit), true
}

// readUpTo returns what r gives until its end, its first fault or the limit.
func readUpTo(r io.Reader, limit int) []byte {
	b, _ := io.ReadAll(io.LimitReader(r, int64(limit))) // a fault ends the body; what came before it is the answer
	return b
}
