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

// Bounds of what is read of a text answer: sections, for a farm box has 12
// boards, and fields of one, for an Antminer's stats have 300.
const (
	maxSections = 256
	maxFields   = 4096
)

// textCost is about the bytes that reading body as text takes.
func textCost(body []byte) int {
	fields := 0
	for _, c := range body {
		if c == ',' || c == ';' || c == '|' {
			fields++
		}
	}
	return 6*len(body) + 48*fields
}

// textJSON writes cgminer's pipe text and ccminer's KEY=value; text as the
// JSON that such a miner would send; other text gives nil.
func textJSON(body []byte) []byte {
	switch {
	case cgminerText.Match(body):
		return cgminerJSON(string(body))
	case ccminerText.Match(body):
		return ccminerJSON(string(body))
	}
	return nil
}

// cgminerJSON reads "STATUS=S,Code=22,…|VERSION,CGMiner=4.11.1,…|": sections
// of one name become one array.
func cgminerJSON(s string) []byte {
	var names []string
	sections := make(map[string][]byte)
	for _, section := range splitEscaped(s, '|', maxSections) {
		fields := splitEscaped(section, ',', maxFields)
		name, _, _ := strings.Cut(fields[0], "=")
		if p, ok := plural[name]; ok {
			name = p
		}
		if name == "" {
			continue
		}
		if sections[name] == nil {
			names = append(names, name)
		} else {
			sections[name] = append(sections[name], ',')
		}
		sections[name] = appendMembers(sections[name], fields)
	}
	out := []byte{'{'}
	for i, name := range names {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(appendString(out, name), ":["...)
		out = append(append(out, sections[name]...), ']')
	}
	return append(out, '}')
}

// ccminerJSON reads "NAME=ccminer;VER=2.3;…|"; several sections become an
// array.
func ccminerJSON(s string) []byte {
	out, n := []byte{'['}, 0
	for _, section := range splitEscaped(s, '|', maxSections) {
		if strings.TrimSpace(section) == "" {
			continue
		}
		if n++; n > 1 {
			out = append(out, ',')
		}
		out = appendMembers(out, strings.SplitN(section, ";", maxFields))
	}
	if n == 1 {
		return out[1:]
	}
	return append(out, ']')
}

// appendMembers writes NAME=value fields as an object.
func appendMembers(out []byte, fields []string) []byte {
	out = append(out, '{')
	n := 0
	for _, f := range fields {
		k, v, ok := strings.Cut(f, "=")
		if !ok {
			continue
		}
		if n++; n > 1 {
			out = append(out, ',')
		}
		out = append(appendString(out, strings.TrimSpace(k)), ':')
		out = appendString(out, strings.ReplaceAll(v, `\=`, "="))
	}
	return append(out, '}')
}

// appendString writes s as a JSON string.
func appendString(out []byte, s string) []byte {
	const hex = "0123456789abcdef"
	out = append(out, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			out = append(out, '\\', c)
		case c < 0x20:
			out = append(out, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			out = append(out, c)
		}
	}
	return append(out, '"')
}

// splitEscaped cuts s at sep where no backslash stands before it, and takes
// the backslashes away (cgminer's API-README: = , | \ are escaped).
func splitEscaped(s string, sep byte, most int) []string {
	if strings.IndexByte(s, '\\') < 0 {
		return strings.SplitN(s, string(sep), most)
	}
	var parts []string
	var part bytes.Buffer
	for i := 0; i < len(s) && len(parts) < most-1; i++ {
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
