package probes

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"
	"strings"
)

// Names of questions that are not the name of a [Probe].
const (
	Banner = "banner" // nothing was sent
	Other  = "other"  // a request that minesweep does not send
)

// NameOf names a recorded request, as ARCHITECTURE.md lists the names. proto is
// "tcp", "http", "tcp-len32le" or "" (then the request itself tells). An HTTP
// request is a bare path or the whole text with any line ends; an empty
// request is [Banner]; what has no name is [Other]. A name is printable ASCII
// of at most 200 bytes, whatever the request holds.
func NameOf(proto string, request []byte) string {
	name := nameOf(proto, request)
	if len(name) > 200 || strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return Other
	}
	return name
}

func nameOf(proto string, request []byte) string {
	switch {
	case len(request) == 0:
		return Banner
	case proto == "tcp-len32le", isFramed(request):
		return nameFramed(request)
	case string(request) == rhminerSpace:
		return "rhminer/space"
	case isFirstAct(request):
		return "sv2/handshake"
	case proto == "http" && request[0] == '/':
		return "http" + pathOf(string(request))
	}
	if method, rest, ok := bytes.Cut(request, []byte(" ")); ok && isMethod(method) {
		return nameHTTP(string(method), string(rest))
	}
	if proto == "http" {
		return Other
	}
	return nameText(bytes.Trim(request, " \t\r\n\x00"))
}

func isMethod(b []byte) bool {
	switch string(b) {
	case "GET", "POST", "PUT", "HEAD", "OPTIONS", "DELETE", "PATCH", "CONNECT":
		return true
	}
	return false
}

// isFramed reports whether a request is one frame and nothing else.
func isFramed(request []byte) bool {
	n, found := frameAt(request)
	return found == wholeFrame && n > 0 && len(request) == lengthBytes+n
}

// isFirstAct reports whether a request is 64 bytes that are no text: the public
// key that begins Stratum V2's handshake.
func isFirstAct(request []byte) bool {
	return len(request) == len(sv2Handshake) && slices.ContainsFunc(request, func(c byte) bool {
		return c >= 0x7f || c < ' ' && c != '\t' && c != '\r' && c != '\n'
	})
}

// nameFramed names a request of the WhatsMiner API 3, with or without its
// length of four bytes.
func nameFramed(request []byte) string {
	at := bytes.IndexByte(request, '{')
	if at < 0 {
		return Other
	}
	v, ok := requestJSON(request[at:])
	if !ok || v.Cmd == "" {
		return Other
	}
	return "whatsminer3/" + v.Cmd
}

// nameHTTP names a request whose method has been cut off: rest is
// "/path HTTP/1.1\r\nHost: …" and may end anywhere.
func nameHTTP(method, rest string) string {
	line, _, _ := strings.Cut(rest, "\n")
	target, _, _ := strings.Cut(strings.TrimRight(line, "\r"), " ")
	if !strings.HasPrefix(target, "/") {
		return Other
	}
	switch method {
	case "GET":
		return "http" + pathOf(target)
	case "POST":
		_, body, _ := strings.Cut(strings.ReplaceAll(rest, "\r\n", "\n"), "\n\n")
		if v, ok := requestJSON([]byte(body)); ok && v.Method != "" {
			return "rpc/" + v.Method
		}
	}
	return Other
}

func pathOf(target string) string {
	if at := strings.IndexAny(target, "?#"); at >= 0 {
		return target[:at]
	}
	return target
}

// nameText names what is sent over bare TCP.
func nameText(request []byte) string {
	switch word := strings.TrimRight(string(request), "|"); word {
	case "version":
		return "cgminer/version-text"
	case "summary", "pool", "threads", "hwinfo", "gpus":
		return "ccminer/" + word
	case "stats":
		return "stats/text"
	}
	v, ok := requestJSON(request)
	switch {
	case !ok:
		return Other
	case v.Command != "":
		return "cgminer/" + v.Command
	case v.Cmd != "":
		return "whatsminer/" + v.Cmd
	case v.Method == "mining.subscribe":
		return "stratum/subscribe"
	case strings.HasPrefix(v.Method, "miner_"), strings.HasPrefix(v.Method, "eth_"):
		return "claymore/" + v.Method
	case v.Method == "getstat":
		return "getstat/getstat"
	case isExcavator(v.Method):
		return "excavator/" + v.Method
	}
	return Other
}

// isExcavator reports whether the method is of the groups of NiceHash
// Excavator's API.
func isExcavator(method string) bool {
	group, _, ok := strings.Cut(method, ".")
	return ok && slices.Contains([]string{"subscribe", "algorithm", "device", "devices", "worker", "workers"}, group)
}

type requestVerb struct{ Command, Cmd, Method string }

// requestJSON reads one JSON object; two in one request are a battery of
// something else.
func requestJSON(b []byte) (requestVerb, bool) {
	var v requestVerb
	d := json.NewDecoder(bytes.NewReader(b))
	if d.Decode(&v) != nil {
		return v, false
	}
	_, err := d.Token()
	return v, err == io.EOF
}
