package fingerprints

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// Bounds of what is read as JSON. The deepest real answer has 8 levels.
const (
	maxDepth     = 64
	maxDocuments = 64
)

var errDeep = errors.New("nested too deeply")

// documents reads body as JSON: strictly, and only if that fails after repair.
// Several values behind each other are several documents. What is no JSON at
// all gives none.
func documents(body []byte) []any {
	body = bytes.Trim(body, " \t\r\n\x00")
	if !looksLikeJSON(body) {
		return textDocuments(body)
	}
	docs, err := decodeAll(body)
	if err == nil {
		return docs
	}
	docs, _ = decodeAll(repair(body))
	return docs
}

// looksLikeJSON keeps pages and banners out of the repair.
func looksLikeJSON(body []byte) bool {
	if len(body) == 0 {
		return false
	}
	return body[0] == '{' || body[0] == '[' || wrapper.Match(body[:min(len(body), 128)])
}

// decodeAll returns the values before the first error, and the error.
func decodeAll(body []byte) ([]any, error) {
	if tooDeep(body) {
		return nil, errDeep
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber() // 18446744073709551615 must not become a float
	var docs []any
	for len(docs) < maxDocuments {
		var v any
		err := d.Decode(&v)
		if errors.Is(err, io.EOF) {
			return docs, nil
		}
		if err != nil {
			return docs, err
		}
		docs = append(docs, v)
	}
	return docs, nil
}

func tooDeep(body []byte) bool {
	depth, quoted, escaped := 0, false, false
	for _, c := range body {
		switch {
		case escaped:
			escaped = false
		case quoted && c == '\\':
			escaped = true
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}
