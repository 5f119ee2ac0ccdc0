package mapper

import (
	"slices"
	"strings"

	"minesweep"
)

// leastQuoted is the shortest value that is looked for inside quotes: "1" as a
// worker would turn every digit into a token. Behind its key it goes anyway.
const leastQuoted = 3

// leastCut is the shortest piece of a value that gives it away at the edge of
// a quote.
const leastCut = 6

// conceal hashes what names a person or a device, in the fields and in every
// text that may quote them.
func (m *Mapper) conceal(h *minesweep.Host, evidence []minesweep.Evidence) {
	known := m.known(evidence)
	text := func(s string) string { return m.tokens.text(s, known) }
	h.MAC = m.tokens.ofMAC(h.MAC)
	for _, f := range []*string{&h.Worker, &h.Serial, &h.Hostname} {
		*f = m.tokens.plainValue(*f)
	}
	for _, f := range []*string{&h.Pool, &h.Vendor, &h.Model, &h.Firmware, &h.Coin} {
		*f = m.tokens.text(*f, nil) // by looks alone: a worker may be called as the product is
	}
	for i := range h.Evidence {
		h.Evidence[i].Quote = text(h.Evidence[i].Quote)
	}
	for i := range h.Doubts {
		h.Doubts[i] = text(h.Doubts[i])
	}
}

// secret is a value to be found in free text, and its token.
type secret struct{ value, token string }

// known collects the personal values of all claims, the longest first, so that
// one inside another does not leave half of it. A factory hostname such as
// WhatsMiner names the product, and would take its name out of every text.
func (m *Mapper) known(evidence []minesweep.Evidence) []secret {
	tokens := make(map[string]string)
	for _, e := range evidence {
		for _, v := range []string{e.Claims.Worker, e.Claims.Serial, e.Claims.Hostname} {
			tokens[strings.TrimSpace(v)] = m.tokens.plainValue(v)
		}
		tokens[strings.TrimSpace(e.Claims.MAC)] = m.tokens.ofMAC(e.Claims.MAC)
	}
	var out []secret
	for v, token := range tokens {
		if len(v) >= leastQuoted && v != token && !namesProduct(v, evidence) {
			out = append(out, secret{v, token})
		}
	}
	slices.SortFunc(out, func(a, b secret) int {
		if len(a.value) != len(b.value) {
			return len(b.value) - len(a.value)
		}
		return strings.Compare(a.value, b.value)
	})
	return out
}

func namesProduct(v string, evidence []minesweep.Evidence) bool {
	return slices.ContainsFunc(evidence, func(e minesweep.Evidence) bool {
		return strings.Contains(strings.ToLower(e.Claims.Vendor+" "+e.Claims.Model), strings.ToLower(v))
	})
}

// text scrubs a text that devices wrote and hides known values in it, also one
// that the text's beginning or end cuts through.
func (t tokens) text(s string, known []secret) string {
	s = string(t.scrub([]byte(s)))
	for _, k := range known {
		s = replaceWord(s, k)
		for n := len(k.value) - 1; n >= leastCut; n-- {
			if rest, ok := strings.CutSuffix(s, k.value[:n]); ok {
				s = rest + k.token
			}
			if rest, ok := strings.CutPrefix(s, k.value[len(k.value)-n:]); ok {
				s = k.token + rest
			}
		}
	}
	return s
}

// replaceWord puts the token wherever the value is not part of a longer word.
func replaceWord(s string, k secret) string {
	var b strings.Builder
	for {
		at := strings.Index(s, k.value)
		if at < 0 {
			return b.String() + s
		}
		end := at + len(k.value)
		if at > 0 && alnum(s[at-1]) && alnum(s[at]) || end < len(s) && alnum(s[end-1]) && alnum(s[end]) {
			b.WriteString(s[:end])
		} else {
			b.WriteString(s[:at] + k.token)
		}
		s = s[end:]
	}
}

func alnum(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
