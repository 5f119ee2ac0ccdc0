package fingerprints

import "bytes"

// maxMade bounds the bytes that mending JSON and reading plain text make anew
// for one host.
const maxMade = 512 << 10

// documents reads body as JSON: strictly, and only if that fails after repair.
// Several values behind each other are several documents. What is no JSON at
// all gives none.
//
// cut tells that the end was missing.
func (t *tape) documents(body []byte) (docs []document, cut bool, f fault) {
	body = bytes.Trim(body, " \t\r\n\x00")
	if !looksLikeJSON(body) {
		docs, f = t.plainText(body)
		return docs, false, f
	}
	mark := len(t.nodes)
	if docs, f = t.readAll(body); f == fine {
		return docs, false, f
	}
	t.nodes = t.nodes[:mark]
	if f != malformed {
		return nil, false, f
	}
	if !t.afford(3 * len(body)) { // its buffer may grow twice

		return nil, false, tooLarge
	}
	mended, cut := repair(body)
	if docs, f = t.readAll(mended); f == tooDeep || f == tooLarge {
		return nil, cut, f
	}
	return docs, cut, fine
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
	return t.readAll(textJSON(body))
}

// looksLikeJSON keeps pages and banners out of the repair.
func looksLikeJSON(body []byte) bool {
	if len(body) == 0 {
		return false
	}
	return body[0] == '{' || body[0] == '[' || wrapped(body)
}
