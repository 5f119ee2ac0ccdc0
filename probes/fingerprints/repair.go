package fingerprints

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
)

// wrapper is what firmware puts around JSON: the message of a web proxy and
// the call of JSONP.
var wrapper = regexp.MustCompile(`^\s*(Socket connect failed: Connection refused|[A-Za-z_$][\w.$]*\()\s*[\[{]`)

// wrapped tells whether body begins so; most that is no JSON is known by its
// first byte.
func wrapped(body []byte) bool {
	body = bytes.TrimLeft(body[:min(len(body), 128)], " \t\r\n")
	return len(body) > 0 && (body[0] == '_' || body[0] == '$' || body[0]|0x20 >= 'a' && body[0]|0x20 <= 'z') && wrapper.Match(body)
}

// repair mends the JSON that real miners send and strict reading refuses: no
// comma between elements, a comma too many, nan, raw control characters and
// false escapes in strings, a tail after the end, a cut end, a wrapper. It
// drops white space outside strings. Repairing twice changes nothing more.
//
// cut tells that the end was missing: what is not there may have been there.
func repair(body []byte) (mended []byte, cut bool) {
	if bytes.IndexByte(body, 0) >= 0 {
		body = bytes.ReplaceAll(body, []byte{0}, nil)
	}
	for wrapped(body) {
		body = body[bytes.IndexAny(body, "[{"):]
	}
	m := mender{in: body, limit: len(body) + len(body)/2 + 1024}
	m.out.Grow(len(body) + 64)
	m.run()
	return m.out.Bytes(), m.cut
}

// token is the kind of the last thing written.
type token int

const (
	nothing token = iota
	opening
	closing
	comma
	key
	colon
	value
)

type mender struct {
	in    []byte
	at    int
	limit int // of what is written; control characters grow to six bytes
	out   bytes.Buffer
	open  []byte // brackets not yet closed
	last  token
	comma bool // one was read since the last element
	cut   bool // the end was missing
}

func (m *mender) run() {
	for m.at < len(m.in) && m.out.Len() < m.limit {
		c := m.in[m.at]
		switch {
		case c == ' ' || c == '\t' || c == '\r' || c == '\n':
			m.at++
		case len(m.open) == 0 && c != '{' && c != '[':
			return // a tail behind the end
		case c == '{' || c == '[':
			m.openBracket(c)
		case c == '}' || c == ']':
			m.closeBracket(c)
		case c == ',':
			m.comma = m.last != opening && m.last != nothing
			m.at++
		case c == ':':
			m.colon()
		case c == '"':
			m.str()
		default:
			m.word()
		}
	}
	m.cut = len(m.open) > 0
	for len(m.open) > 0 {
		m.closeBracket(m.open[len(m.open)-1] + 2) // '{'+2 is '}', '['+2 is ']'
	}
}

// element writes the comma before an element where one belongs.
func (m *mender) element() {
	switch {
	case len(m.open) == 0 && m.last != nothing:
		m.out.WriteByte('\n')
	case m.last == key:
		m.out.WriteByte(':')
	case len(m.open) > 0 && (m.last == value || m.last == closing):
		m.out.WriteByte(',')
	}
	m.comma = false
}

func (m *mender) openBracket(c byte) {
	m.missing()
	m.element()
	m.out.WriteByte(c)
	m.open = append(m.open, c)
	m.last = opening
	m.at++
}

func (m *mender) closeBracket(c byte) {
	m.noValue()
	m.comma = false
	m.out.WriteByte(c)
	m.open = m.open[:len(m.open)-1]
	m.last = closing
	m.at++
}

// noValue completes a member that has a key and no value.
func (m *mender) noValue() {
	switch m.last {
	case key:
		m.out.WriteString(":null")
	case colon:
		m.out.WriteString("null")
	default:
		return
	}
	m.last = value
}

func (m *mender) colon() {
	if m.last == key {
		m.out.WriteByte(':')
		m.last = colon
	}
	m.at++
}

// word copies a number or a literal; nan and inf have no JSON and become null,
// and so does what the end cut in half.
func (m *mender) word() {
	n := bytes.IndexAny(m.in[m.at:], " \t\r\n{}[],:\"")
	if n < 0 {
		n = len(m.in) - m.at
	}
	w := m.in[m.at : m.at+n]
	m.at += n
	m.missing()
	m.element()
	half := m.at == len(m.in) && len(m.open) > 0
	if half || isNoNumber(bytes.TrimLeft(w, "+-")) {
		w = null
	}
	m.out.Write(w)
	m.last = value
}

var null, notNumbers = []byte("null"), [][]byte{[]byte("nan"), []byte("inf"), []byte("infinity")}

func isNoNumber(w []byte) bool {
	return slices.ContainsFunc(notNumbers, func(name []byte) bool { return bytes.EqualFold(w, name) })
}

// missing writes null for a value that a comma ended before it began.
func (m *mender) missing() {
	if m.comma {
		m.noValue()
	}
}

// str copies a string. Half a key is dropped and half a value becomes null:
// "Antminer S1" may have been an Antminer S19.
func (m *mender) str() {
	m.missing()
	isKey := len(m.open) > 0 && m.open[len(m.open)-1] == '{' && m.last != colon && m.last != key
	before, last := m.out.Len(), m.last
	m.element()
	begin := m.out.Len()
	m.out.WriteByte('"')
	m.at++
	for m.at < len(m.in) && m.in[m.at] != '"' && m.out.Len() < m.limit {
		m.char()
	}
	half := m.at >= len(m.in) && len(m.open) > 0
	switch {
	case half && isKey:
		m.out.Truncate(before)
		m.last = last
		return
	case half:
		m.out.Truncate(begin)
		m.out.Write(null)
	default:
		m.out.WriteByte('"')
		m.at++
	}
	m.last = value
	if isKey {
		m.last = key
	}
}

// char copies one character of a string: a control character as its escape, an
// escape that JSON does not have without its backslash.
func (m *mender) char() {
	c := m.in[m.at]
	m.at++
	switch {
	case c < 0x20:
		const hex = "0123456789abcdef"
		m.out.WriteString(`\u00`)
		m.out.WriteByte(hex[c>>4])
		m.out.WriteByte(hex[c&15])
	case c != '\\':
		m.out.WriteByte(c)
	case m.at < len(m.in) && escapes(m.in[m.at:]):
		m.out.WriteByte('\\')
		m.out.WriteByte(m.in[m.at])
		m.at++
	}
}

// escapes tells whether what follows a backslash makes a JSON escape.
func escapes(rest []byte) bool {
	if rest[0] != 'u' {
		return strings.IndexByte(`"\/bfnrt`, rest[0]) >= 0
	}
	if len(rest) < 5 {
		return false
	}
	for _, c := range rest[1:5] {
		if !strings.ContainsRune("0123456789abcdefABCDEF", rune(c)) {
			return false
		}
	}
	return true
}
