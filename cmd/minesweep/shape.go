package main

import (
	"bytes"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"

	"minesweep"
)

// maxShape bounds a shape, in bytes; maxKeys the JSON keys that one names.
const (
	maxShape = 160
	maxKeys  = 12
)

var (
	digits     = regexp.MustCompile(`[0-9]+`)
	titleText  = regexp.MustCompile(`(?is)<title[^>]*>\s*([^<]{1,60})`)
	serverText = regexp.MustCompile(`(?im)^server:\s*([^\r\n]{1,40})`)
	statusText = regexp.MustCompile(`^HTTP/\S+\s+(\d{3})`)
)

func isHTTP(r minesweep.Reply) bool { return bytes.HasPrefix(r.Raw, []byte("HTTP/")) }

// shapeOf describes an answer by what stays the same from device to device:
// the question, and the keys of JSON, the status, server and title of a page,
// or the first line of text with its numbers taken out.
func shapeOf(r minesweep.Reply) string {
	body := r.Raw
	var parts []string
	if isHTTP(r) {
		head, rest, _ := bytes.Cut(r.Raw, []byte("\r\n\r\n"))
		parts = append(parts, group1(statusText, head), group1(serverText, head), group1(titleText, rest))
		body = rest
	}
	if keys := jsonKeys(body); keys != "" {
		parts = append(parts, keys)
	} else if !isHTTP(r) {
		line, _, _ := bytes.Cut(bytes.TrimLeft(body, "\x00 \r\n"), []byte("\n"))
		parts = append(parts, string(line[:min(len(line), 80)]))
	}
	shape := r.Probe
	for _, p := range parts {
		if p != "" {
			shape += " " + p
		}
	}
	return clip(digits.ReplaceAllString(shape, "#"), maxShape)
}

func group1(re *regexp.Regexp, text []byte) string {
	if m := re.FindSubmatch(text); m != nil {
		return strings.TrimSpace(string(m[1]))
	}
	return ""
}

// jsonKeys names the keys of an object, and in brackets those of the objects
// one level down: {STATUS[Code Msg] VERSION[API Type]}.
func jsonKeys(body []byte) string {
	var doc map[string]json.RawMessage
	d := json.NewDecoder(bytes.NewReader(bytes.TrimLeft(body, "\x00 \r\n")))
	if d.Decode(&doc) != nil || len(doc) == 0 {
		return ""
	}
	names := slices.Sorted(maps.Keys(doc))
	out := make([]string, 0, maxKeys)
	for _, name := range names[:min(len(names), maxKeys)] {
		out = append(out, name+innerKeys(doc[name]))
	}
	return "{" + strings.Join(out, " ") + "}"
}

func innerKeys(value json.RawMessage) string {
	var list []json.RawMessage
	if json.Unmarshal(value, &list) == nil && len(list) > 0 {
		value = list[0]
	}
	var inner map[string]json.RawMessage
	if json.Unmarshal(value, &inner) != nil || len(inner) == 0 {
		return ""
	}
	names := slices.Sorted(maps.Keys(inner))
	return "[" + strings.Join(names[:min(len(names), maxKeys)], " ") + "]"
}
