package fingerprints

import (
	"bytes"
	"html"
	"regexp"
	"strings"
)

var (
	statusLine = regexp.MustCompile(`^HTTP/1\.[01] (\d{3})`)
	realmValue = regexp.MustCompile(`(?i)realm="?([^",]*)`)
	titleTag   = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title`)
)

// maxMatched bounds the text that patterns run over; JSON is read whole.
const maxMatched = 64 << 10

// cutHTTP cuts an HTTP answer into its parts; ok is false when raw is none.
func cutHTTP(raw []byte) (parts map[string]string, body []byte, ok bool) {
	m := statusLine.FindSubmatch(raw)
	if m == nil {
		return nil, raw, false
	}
	head, body := cutHead(raw)
	parts = map[string]string{"status": string(m[1]), "head": bounded(head)}
	for line := range strings.Lines(parts["head"]) {
		name, value, _ := strings.Cut(strings.TrimRight(line, "\r\n"), ":")
		value = strings.TrimSpace(value)
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "server":
			parts["server"] = value
		case "location":
			parts["location"] = value
		case "www-authenticate":
			parts["auth"] = strings.TrimPrefix(parts["auth"]+"\n"+value, "\n")
		}
	}
	if m := realmValue.FindStringSubmatch(parts["auth"]); m != nil {
		parts["realm"] = m[1]
	}
	if m := titleTag.FindSubmatch(body[:min(len(body), maxMatched)]); m != nil {
		parts["title"] = strings.Join(strings.Fields(html.UnescapeString(string(m[1]))), " ")
	}
	return parts, body, true
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

func bounded(b []byte) string { return string(b[:min(len(b), maxMatched)]) }
