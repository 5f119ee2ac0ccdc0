package fingerprints

import (
	"bytes"
	"html"
	"regexp"
	"strconv"
	"strings"
)

var realmValue = regexp.MustCompile(`(?i)realm="?([^",]*)`)

// maxMatched bounds the text that patterns run over.
const maxMatched = 64 << 10

// maxAuth bounds what is joined of several WWW-Authenticate fields.
const maxAuth = 1 << 10

// part is a part of a reply that a condition may ask for.
type part uint8

const (
	noPart part = iota
	bodyPart
	statusPart
	headPart
	serverPart
	locationPart
	realmPart
	authPart
	titlePart
	lengthPart
)

// partNames are the parts as YAML names them. Only body and length, which is
// of the body in bytes, are there when the reply is not HTTP; body is then the
// whole reply.
var partNames = map[string]part{
	"status": statusPart, "head": headPart, "server": serverPart, "location": locationPart,
	"realm": realmPart, "auth": authPart, "title": titlePart, "body": bodyPart,
	"length": lengthPart,
}

// page is an HTTP answer; what must be searched for is cut when first asked for.
type page struct {
	status, head, body            []byte
	trimmed                       int  // NULs around a body that is no HTTP; noise may begin or end so
	fields, titled                bool // were looked for
	server, location, auth, realm []byte
	title                         []byte
}

// statusOf gives the status of an HTTP answer, nil of what is none.
func statusOf(raw []byte) []byte {
	const form = "HTTP/1.x 200"
	if len(raw) < len(form) || !bytes.HasPrefix(raw, []byte("HTTP/1.")) || raw[7]&^1 != '0' || raw[8] != ' ' {
		return nil
	}
	for _, c := range raw[9:12] {
		if c < '0' || c > '9' {
			return nil
		}
	}
	return raw[9:12]
}

// cutPage parts head and body; ok is false when raw is no HTTP.
func cutPage(raw []byte) (p page, ok bool) {
	p.body = raw
	if p.status = statusOf(raw); p.status == nil {
		return p, false
	}
	p.head, p.body = cutHead(raw)
	return p, true
}

// cutHead parts head and body at the first empty line; some firmware ends its
// lines with LF alone.
func cutHead(raw []byte) (head, body []byte) {
	if head, body, ok := bytes.Cut(raw, []byte("\r\n\r\n")); ok {
		return head, body
	}
	head, body, _ = bytes.Cut(raw, []byte("\n\n"))
	return head, body
}

// part gives a part, nil where it is not there.
func (p *page) part(name part) []byte {
	switch name {
	case bodyPart:
		return bounded(p.body)
	case statusPart:
		return p.status
	case lengthPart:
		return strconv.AppendInt(nil, int64(len(p.body)+p.trimmed), 10)
	case headPart:
		return bounded(p.head)
	case titlePart:
		if !p.titled {
			p.title, p.titled = p.findTitle(), true
		}
		return p.title
	}
	if !p.fields {
		p.cutFields()
	}
	switch name {
	case serverPart:
		return p.server
	case locationPart:
		return p.location
	case authPart:
		return p.auth
	}
	return p.realm
}

func (p *page) cutFields() {
	p.fields = true
	var joined []byte
	for line := range bytes.Lines(bounded(p.head)) {
		name, value, _ := bytes.Cut(line, []byte(":"))
		name = bytes.TrimSpace(name)
		switch {
		case strings.EqualFold(string(name), "server"):
			p.server = bytes.TrimSpace(value)
		case strings.EqualFold(string(name), "location"):
			p.location = bytes.TrimSpace(value)
		case strings.EqualFold(string(name), "www-authenticate") && p.auth == nil:
			p.auth = bytes.TrimSpace(value)
		case strings.EqualFold(string(name), "www-authenticate") && len(p.auth)+len(value) < maxAuth:
			if joined == nil {
				joined = append(make([]byte, 0, maxAuth), p.auth...)
			}
			joined = append(append(joined, '\n'), bytes.TrimSpace(value)...)
			p.auth = joined
		}
	}
	if m := realmValue.FindSubmatchIndex(p.auth); m != nil {
		p.realm = p.auth[m[2]:m[3]]
	}
}

// findTitle gives the text of the title element of a page. One that stands in
// JSON or text, or below the page's body, is a quotation of another's.
func (p *page) findTitle() []byte {
	if len(p.status) == 0 {
		return nil
	}
	rest := bounded(p.body)
	if !bytes.HasPrefix(bytes.TrimLeft(rest, "\ufeff \t\r\n"), []byte("<")) {
		return nil
	}
	at := indexTag(rest, "<title")
	if at < 0 || indexTag(rest[:at], "<body") >= 0 {
		return nil
	}
	_, rest, ok := bytes.Cut(rest[at:], []byte(">"))
	end := indexTag(rest, "</title")
	if !ok || end < 0 {
		return nil
	}
	return []byte(strings.Join(strings.Fields(html.UnescapeString(string(rest[:end]))), " "))
}

// indexTag finds a tag in any case.
func indexTag(s []byte, tag string) int {
	for from := 0; ; {
		i := bytes.IndexByte(s[from:], '<')
		if i < 0 || from+i+len(tag) > len(s) {
			return -1
		}
		if from += i; strings.EqualFold(string(s[from:from+len(tag)]), tag) {
			return from
		}
		from++
	}
}

func bounded(b []byte) []byte { return b[:min(len(b), maxMatched)] }
