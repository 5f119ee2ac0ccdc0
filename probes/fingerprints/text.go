package fingerprints

import (
	"bytes"
	"regexp"
	"strings"
)

var (
	cgminerText = regexp.MustCompile(`^STATUS=[A-Z],`)
	ccminerText = regexp.MustCompile(`^[A-Z]{2,12}=[^;|=]{0,200}[;|]`)
)

// plural maps a section of cgminer's pipe text to the name JSON gives it.
var plural = map[string]string{"POOL": "POOLS", "ASC": "DEVS", "PGA": "DEVS", "GPU": "DEVS", "CPU": "DEVS"}

// maxSections bounds what is read of a text answer; a farm box has 12 boards.
const maxSections = 256

// textDocuments reads cgminer's pipe text and ccminer's KEY=value; text into
// the shape that their JSON would have; other text gives none.
func textDocuments(body []byte) []any {
	switch {
	case cgminerText.Match(body):
		return []any{cgminerDocument(string(body))}
	case ccminerText.Match(body):
		return []any{ccminerDocument(string(body))}
	}
	return nil
}

// cgminerDocument reads "STATUS=S,Code=22,…|VERSION,CGMiner=4.11.1,…|".
func cgminerDocument(s string) any {
	doc := make(map[string]any)
	for _, section := range splitEscaped(s, '|') {
		fields := splitEscaped(section, ',')
		name, _, _ := strings.Cut(fields[0], "=")
		if p, ok := plural[name]; ok {
			name = p
		}
		if name == "" {
			continue
		}
		list, _ := doc[name].([]any)
		doc[name] = append(list, members(fields))
	}
	return doc
}

// ccminerDocument reads "NAME=ccminer;VER=2.3;…|"; several sections become an
// array.
func ccminerDocument(s string) any {
	var list []any
	for _, section := range splitEscaped(s, '|') {
		if strings.TrimSpace(section) != "" {
			list = append(list, members(strings.Split(section, ";")))
		}
	}
	if len(list) == 1 {
		return list[0]
	}
	return list
}

func members(fields []string) map[string]any {
	m := make(map[string]any, len(fields))
	for _, f := range fields {
		if k, v, ok := strings.Cut(f, "="); ok {
			m[strings.TrimSpace(k)] = strings.ReplaceAll(v, `\=`, "=")
		}
	}
	return m
}

// splitEscaped cuts s at sep where no backslash stands before it, and takes
// the backslashes away (cgminer's API-README: = , | \ are escaped).
func splitEscaped(s string, sep byte) []string {
	var parts []string
	var part bytes.Buffer
	for i := 0; i < len(s) && len(parts) < maxSections; i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s):
			// A backslash before the other separator must survive the first cut.
			if s[i+1] != sep {
				part.WriteByte('\\')
			}
			i++
			part.WriteByte(s[i])
		case s[i] == sep:
			parts = append(parts, part.String())
			part.Reset()
		default:
			part.WriteByte(s[i])
		}
	}
	return append(parts, part.String())
}
