package lab

import (
	"slices"
	"strconv"
	"strings"

	"minesweep/recordings"
)

// httpMessage makes a whole HTTP/1.1 response of a recorded one or of its
// body. The length is of the body as recorded, which may have been shortened.
func httpMessage(text string) []byte {
	head, body, ok := strings.Cut(strings.ReplaceAll(text, "\r\n", "\n"), "\n\n")
	if !strings.HasPrefix(text, "HTTP/1.") {
		head, body, ok = "HTTP/1.1 200 OK\nContent-Type: application/json", text, true
	}
	if !ok {
		head, body = strings.TrimRight(head, "\n"), ""
	}
	lines := make([]string, 0, 16)
	for line := range strings.SplitSeq(head, "\n") {
		switch key, _, _ := strings.Cut(line, ":"); strings.ToLower(key) {
		case "content-length", "transfer-encoding", "content-encoding", "connection":
		default:
			lines = append(lines, line)
		}
	}
	lines = append(lines, "Content-Length: "+strconv.Itoa(len(body)), "Connection: close")
	return []byte(strings.Join(lines, "\r\n") + "\r\n\r\n" + body)
}

// anyPath names the answer of a server that gives it to every path and method.
const anyPath = "http/*"

// webUnknown answers a path or method that was not recorded: behind a login
// everything is, and a server of JSON-RPC knows no such method.
func (t *session) webUnknown(name string) answer {
	if x, ok := t.find(anyPath); ok {
		return framed(x)
	}
	if x, ok := t.find("http/"); ok && strings.HasPrefix(x.Text, "HTTP/1.1 401") {
		return framed(x)
	}
	if strings.HasPrefix(name, "rpc/") {
		if t.serves("rpc/") {
			return answer{raw: httpMessage(`{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"Method not found"}}`)}
		}
		return t.webError("405 Method Not Allowed", "Method Not Allowed")
	}
	return t.webError("404 Not Found", "Not Found")
}

func (s *server) serves(family string) bool {
	return slices.ContainsFunc(s.sections, func(x recordings.Section) bool {
		return strings.HasPrefix(x.Probe, family)
	})
}

// webError is an error of this very server: its own headers, as recorded on
// other paths, stay; XMRig is known by them.
func (s *server) webError(status, text string) answer {
	lines := []string{"HTTP/1.1 " + status, "Content-Type: text/html"}
	for _, x := range s.sections {
		if !strings.HasPrefix(x.Text, "HTTP/1.") {
			continue
		}
		head, _, _ := strings.Cut(strings.ReplaceAll(x.Text, "\r\n", "\n"), "\n\n")
		for _, line := range strings.Split(head, "\n")[1:] {
			if ofServer(line) {
				lines = append(lines, line)
			}
		}
		break
	}
	return answer{raw: httpMessage(strings.Join(lines, "\n") + "\n\n<html><body>" + text + "</body></html>\n")}
}

// ofServer tells a header that a server sends with every answer.
func ofServer(line string) bool {
	key, _, _ := strings.Cut(strings.ToLower(line), ":")
	return key == "server" || key == "x-powered-by" || strings.HasPrefix(key, "access-control-")
}
