package probes

import (
	"bytes"
	"encoding/json"
)

// Framing says when an answer is complete, beyond what ends every reading: the
// peer's close, its silence, the size and the total time.
type Framing int

// The framings. What is read is always what the peer speaks, not what was
// asked: a web server answers a cgminer question with an HTTP message.
const (
	Single   Framing = iota // one HTTP message, one JSON value, or text up to a NUL
	Answer                  // as Single, but of JSON values the first with a result or an error
	Greeting                // up to the end of the first line, or of a first JSON value
	Frames                  // up to the end of the first frame: a length, uint32 little-endian, and JSON
	Act                     // the second act of Stratum V2's handshake, 234 bytes: more ends it, fewer wait
)

func (f Framing) framer() framer {
	switch f {
	case Greeting:
		return &greeting{}
	case Frames:
		return &frames{}
	case Act:
		return &act{}
	case Single, Answer:
	}
	return &sniffer{answer: f == Answer}
}

// framer sees an answer grow: raw is all of it, from is where the new bytes
// begin. Each byte is looked at a bounded number of times, so that a peer that
// drips costs no more than one that floods.
type framer interface {
	complete(raw []byte, from int) bool
}

// greeting is a line, or JSON over several lines, as old lolMiner sends.
type greeting struct{ json *jsonValues }

func (g *greeting) complete(raw []byte, from int) bool {
	if from == 0 && len(raw) > 0 && raw[0] == '{' {
		g.json = &jsonValues{}
	}
	if g.json != nil {
		return g.json.complete(raw, from)
	}
	return bytes.IndexByte(raw[from:], '\n') >= 0
}

// text is what has no structure of its own; cgminer ends it with a NUL.
type text struct{}

func (text) complete(raw []byte, from int) bool {
	return bytes.IndexByte(raw[from:], 0) >= 0
}

// sniffer leaves the choice to the first bytes of the answer.
type sniffer struct {
	answer bool
	chosen framer
}

func (s *sniffer) complete(raw []byte, from int) bool {
	if s.chosen == nil {
		if s.chosen = s.choose(raw); s.chosen == nil {
			return false
		}
		from = 0
	}
	return s.chosen.complete(raw, from)
}

func (s *sniffer) choose(raw []byte) framer {
	const httpMark = "HTTP/"
	start := bytes.TrimLeft(raw[:min(len(raw), 64)], " \t\r\n")
	switch {
	case len(start) == 0 && len(raw) < 64:
		return nil
	case bytes.HasPrefix(start, []byte(httpMark)):
		return &httpMessage{}
	case len(start) < len(httpMark) && bytes.HasPrefix([]byte(httpMark), start) && len(raw) < 64:
		return nil
	case len(start) > 0 && (start[0] == '{' || start[0] == '['):
		return &jsonValues{answer: s.answer}
	}
	return text{}
}

// jsonValues follows brackets and strings. A value whose brackets close is
// complete if it parses; cgminer's kin send JSON that does not, and then only
// a NUL, the close or silence can say that no more comes.
type jsonValues struct {
	answer          bool
	start, depth    int
	quoted, escaped bool
	broken          bool
	judged          int
}

// maxValues is how many values are looked at in search of an answer: notices of
// a pool come before it by the dozen, not by the thousand.
const maxValues = 1 << 10

func (j *jsonValues) complete(raw []byte, from int) bool {
	for i := from; i < len(raw); i++ {
		if raw[i] == 0 {
			return true
		}
		if j.closes(raw[i], i) && !j.broken && j.judge(raw[j.start:i+1]) {
			return true
		}
	}
	return false
}

// closes takes one byte and reports whether it ends an outermost value.
func (j *jsonValues) closes(c byte, at int) bool {
	switch {
	case j.escaped:
		j.escaped = false
	case j.quoted:
		j.escaped, j.quoted = c == '\\', c != '"'
	case c == '"':
		j.quoted = true
	case c == '{', c == '[':
		if j.depth == 0 {
			j.start = at
		}
		j.depth++
	case (c == '}' || c == ']') && j.depth > 0:
		j.depth--
		return j.depth == 0
	}
	return false
}

func (j *jsonValues) judge(value []byte) bool {
	if !j.answer {
		j.broken = !json.Valid(value)
		return !j.broken
	}
	if j.judged++; j.judged == maxValues {
		j.broken = true
	}
	var v struct{ Result, Error json.RawMessage }
	return json.Unmarshal(value, &v) == nil && (v.Result != nil || v.Error != nil)
}
