package recordings

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"minesweep"
	"minesweep/probes"
)

// maxLine bounds one JSON line; the biggest real answer is about 100 KB.
const maxLine = 4 << 20

// row is one line of a JSON-lines recording.
type row struct {
	Device   string          `json:"device"`
	Target   string          `json:"target"`
	Proto    string          `json:"proto"` // "tcp", "http", "tcp-len32le" or not said
	Port     uint16          `json:"port"`
	Request  string          `json:"request"`
	Response *string         `json:"response"`
	Base64   *string         `json:"response_base64"`
	Status   int             `json:"status"`
	End      string          `json:"end"`
	Login    bool            `json:"login"`
	Mining   *bool           `json:"mining"`
	Expected json.RawMessage `json:"expected"`
}

// ReadJSONL reads devices from JSON lines, one request and its answer a line,
// grouped by device (or target) in the order of their first line. Lines that a
// device gives only after a login are left out, and with them a device that
// has no other.
func ReadJSONL(name string, r io.Reader) ([]Device, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 64<<10), maxLine)
	var devices []Device
	index := make(map[string]int)
	n := 0
	for lines.Scan() {
		n++
		text := strings.TrimSpace(lines.Text())
		if text == "" {
			continue
		}
		pair, err := parseRow([]byte(text))
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, n, err)
		}
		if pair.Login {
			continue
		}
		i, known := index[pair.Device]
		if !known {
			i = len(devices)
			index[pair.Device] = i
			devices = append(devices, Device{Name: pair.Device})
		}
		devices[i].addRow(pair, i)
	}
	if err := lines.Err(); err != nil {
		return nil, lineError(name, n+1, err)
	}
	return devices, nil
}

func lineError(name string, line int, err error) error {
	if errors.Is(err, bufio.ErrTooLong) {
		return fmt.Errorf("%s:%d: the line is longer than %d MiB, put one request and its answer on a line", name, line, maxLine>>20)
	}
	return fmt.Errorf("%s:%d: %w", name, line, err)
}

// parseRow reads one line and checks it; Device is filled from Target, and
// Response from its base64 form.
func parseRow(line []byte) (row, error) {
	const form = `write {"device":"NAME","proto":"tcp","port":4028,"request":"…","response":"…"}`
	var p row
	if err := json.Unmarshal(line, &p); err != nil {
		return p, fmt.Errorf("not a JSON object of the right form (%w), %s", err, form)
	}
	if p.Device == "" {
		p.Device = p.Target
	}
	if p.Device == "" {
		return p, fmt.Errorf("neither device nor target, %s", form)
	}
	if p.Base64 != nil {
		raw, err := base64.StdEncoding.DecodeString(*p.Base64)
		if err != nil {
			return p, fmt.Errorf("response_base64: %w, write standard base64 with padding", err)
		}
		s := string(raw)
		p.Response = &s
	}
	if p.Response == nil {
		return p, fmt.Errorf("neither response nor response_base64, %s", form)
	}
	switch p.Proto {
	case "", "tcp", "http", "tcp-len32le":
		return p, nil
	}
	return p, fmt.Errorf("proto %q is not one of: tcp, http, tcp-len32le", p.Proto)
}

func (d *Device) addRow(p row, index int) {
	if d.Mining == nil {
		d.Mining = p.Mining
	}
	if d.Expected == nil {
		d.Expected = p.Expected
	}
	proto, request := p.question()
	d.Replies = append(d.Replies, minesweep.Reply{
		Target:  address(index, p.Port),
		Probe:   probes.NameOf(proto, request),
		Request: request,
		Raw:     p.answer(),
		End:     p.ending(),
	})
}

var httpRequest = regexp.MustCompile(`^(GET|HEAD|POST|PUT|OPTIONS|DELETE|PATCH|CONNECT|TRACE) \S+ HTTP/1\.[01]\r?\n`)

// question gives the protocol and the request's bytes; a bare path becomes
// the head of a GET.
func (p row) question() (proto string, request []byte) {
	isHTTP := httpRequest.MatchString(p.Request)
	switch {
	case p.Proto == "http" && !isHTTP:
		return "http", []byte("GET " + p.Request + " HTTP/1.1\r\n\r\n")
	case p.Proto != "":
		return p.Proto, []byte(p.Request)
	case isHTTP:
		return "http", []byte(p.Request)
	}
	return "tcp", []byte(p.Request)
}

// answer gives the bytes as received. Only a line that says it is HTTP may
// carry a bare body: whatever else came to an HTTP request is no HTTP.
func (p row) answer() []byte {
	body := *p.Response
	if p.Proto != "http" || strings.HasPrefix(body, "HTTP/1.") {
		return []byte(body)
	}
	if p.Status == 0 {
		p.Status = 200
	}
	return []byte(bareHTTP(p.Status, body))
}

func (p row) ending() minesweep.End {
	switch {
	case strings.Contains(p.End, "reset"):
		return minesweep.EndReset
	case strings.Contains(p.End, "idle"):
		return minesweep.EndIdle
	case p.End == "":
		return minesweep.EndComplete
	}
	return minesweep.EndEOF
}
