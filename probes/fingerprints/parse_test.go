package fingerprints

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// decode reads values with package encoding/json, which the tape must agree
// with.
func decode(body []byte) (values []any, ok bool) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	for d.More() || len(bytes.TrimSpace(body[d.InputOffset():])) > 0 {
		var v any
		if d.Decode(&v) != nil {
			return values, false
		}
		values = append(values, v)
	}
	return values, true
}

// unroll gives what stands on a tape as package encoding/json has it.
func unroll(c cursor) any {
	n := c.node()
	switch n.kind {
	case nullKind:
		return nil
	case objectKind:
		m := make(map[string]any)
		for key := c.at + 1; key < n.next; key = c.tape.nodes[key+1].next {
			name, _ := c.to(key).text()
			m[string(name)] = unroll(c.to(key + 1))
			if found, ok := c.member(string(name)); !ok || found.at < key+1 {
				return "member " + string(name) + " is not found"
			}
		}
		return m
	case arrayKind:
		list := []any{}
		for at := c.at + 1; at < n.next; at = c.tape.nodes[at].next {
			list = append(list, unroll(c.to(at)))
		}
		return list
	}
	s, _ := c.text()
	switch n.kind {
	case boolKind:
		return string(s) == "true"
	case numberKind:
		return json.Number(s)
	}
	return string(s)
}

var strict = []string{
	`{"a":1,"a":[2,{"b":null}],"c":"x\ny\u00e9\ud83d\ude00\ud800z"}`, `[]`, `{}`, `[-0.5e+10,0,1E3,true,false,null]`,
	`[1,]`, `{"a"}`, `[01]`, `[1.]`, `["\x"]`, "[\"\x01\"]", `{"a":1}{"b":2} 5 "x"`, `[nul]`, `[`, `"`, `{"\u0061":1,"a":2}`, "[\"\x7f\"]",
}

func TestTapeAgreesWithEncodingJSON(t *testing.T) {
	for _, s := range strict {
		agree(t, []byte(s))
	}
}

func agree(t *testing.T, body []byte) {
	t.Helper()
	want, ok := decode(body)
	tape := &tape{}
	docs, f := tape.readAll(body)
	if f == tooDeep || f == tooLarge || len(want) > maxDocuments {
		return
	}
	if (f == fine) != ok || len(docs) != len(want) {
		t.Fatalf("%q: %d values and fault %d, encoding/json %d and %v", body, len(docs), f, len(want), ok)
	}
	for i, doc := range docs {
		if got := unroll(cursor{tape, doc.src, doc.root}); !reflect.DeepEqual(got, want[i]) {
			t.Fatalf("%q: %#v, encoding/json has %#v", body, got, want[i])
		}
	}
}

func FuzzTape(f *testing.F) {
	for _, s := range strict {
		f.Add([]byte(s))
	}
	for _, d := range defects {
		f.Add([]byte(d.want))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if utf8.Valid(body) { // the tape keeps what is no UTF-8 as it is; claims have it replaced
			agree(t, body)
		}
	})
}

// TestLiteralsLoseNothing holds each pattern of the rules against its own
// matches: what stands before it may only save time.
func TestLiteralsLoseNothing(t *testing.T) {
	texts := []string{
		"", "Antminer S9", "ANTMINER", "antminer s9\nx", "\xff", "\u212aaonsu 1.2", "marafw-2.1", "no\u017fuch", "whatsminer m30", "x\r\ncontent-type: TEXT/plain",
		"www-authenticate: basic realm=\"jsonrpc\"", "cgminer 4.9.2", "BMMiner 1.0", "0x1f", "254", "Access denied", "1;2;3", "é",
	}
	patterns := []string{
		`^a`, `(?i)^antminer`, `^(7|9|11)$`, `(?i)kaonsu|marafw`, `^$`, `^\s*x?`, `(?i)^k`, `[^a]`, `^[^a]`, `(?im)^content-type: text/plain`,
		`antminer|whatsminer`, `(?i)such`, `^(?P<v>(?i:cgminer|bmminer) \S+)`, `^Antminer S9$`, `a+ntminer`, `(?:no){1,2}`, `^.`, `(?s)^.`, `^\x{FFFD}`, `^é`, `\bS9`,
	}
	for _, p := range patterns {
		re := &Regexp{}
		if err := re.compile(p); err != nil {
			t.Fatal(err)
		}
		for _, s := range texts {
			h := hit{text: []byte(s), scalar: true}
			if got, want := re.matches(&h), re.MatchString(s); got != want {
				t.Errorf("%s on %q is %v, want %v", p, s, got, want)
			}
		}
	}
}

func FuzzLiterals(f *testing.F) {
	f.Add(`(?i)antminer|kaonsu$`, "ANTMINER")
	f.Add(`^(?:a|b)c?`, "b")
	f.Fuzz(func(t *testing.T, pattern, s string) {
		re := &Regexp{}
		if len(pattern) > 60 || len(s) > 200 || re.compile(pattern) != nil {
			return
		}
		h := hit{text: []byte(s), scalar: true}
		if got, want := re.matches(&h), re.MatchString(s); got != want {
			t.Errorf("%s on %q is %v, want %v", pattern, s, got, want)
		}
	})
}

func TestKeysAreSortedOnce(t *testing.T) {
	tape, docs := documents([]byte(`{"b":1,"a":2,"b":3,"\u0061":4}`))
	if got := find(parse1("/*"), tape, docs); !slices.Equal(got, []string{"4", "3"}) {
		t.Errorf("* reaches %s", strings.Join(got, ", "))
	}
	if len(tape.stack) != 0 {
		t.Error("keys stay on the stack")
	}
}
