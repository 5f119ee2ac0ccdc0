package fingerprints

import "bytes"

// maxMade bounds the bytes that mending JSON and reading plain text make anew
// for one host.
const maxMade = 512 << 10

// documents reads body as JSON: strictly, and only if that fails after repair.
// Several values behind each other are several documents. What is no JSON at
// all gives none.
func (t *tape) documents(body []byte) ([]document, fault) {
	body = bytes.Trim(body, " \t\r\n\x00")
	if !looksLikeJSON(body) {
		return t.plainText(body)
	}
	mark := len(t.nodes)
	docs, f := t.readAll(nil, body)
	if f != malformed {
		if f != fine {
			docs = nil
		}
		return docs, f
	}
	t.nodes = t.nodes[:mark]
	if !t.afford(len(body)) {
		return nil, tooLarge
	}
	docs, f = t.readAll(nil, repair(body))
	if f == tooDeep || f == tooLarge {
		return nil, f
	}
	return docs, fine
}

// afford counts bytes that are to be made; what is beyond the bound is not read.
func (t *tape) afford(n int) bool {
	t.spent += n
	return t.spent <= maxMade
}

// plainText reads cgminer's and ccminer's text, which becomes JSON first.
func (t *tape) plainText(body []byte) ([]document, fault) {
	if len(body) == 0 || body[0] < 'A' || body[0] > 'Z' {
		return nil, fine
	}
	body = body[:min(len(body), maxMatched)]
	if !cgminerText.Match(body) && !ccminerText.Match(body) {
		return nil, fine
	}
	if !t.afford(textCost(body)) {
		return nil, tooLarge
	}
	return t.readAll(nil, textJSON(body))
}

// looksLikeJSON keeps pages and banners out of the repair.
func looksLikeJSON(body []byte) bool {
	if len(body) == 0 {
		return false
	}
	return body[0] == '{' || body[0] == '[' || wrapped(body)
}
