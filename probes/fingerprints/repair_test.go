package fingerprints

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// Every defect that real devices are known to send, and some cut short.
var defects = []struct{ name, in, want string }{
	{"no comma between elements (Antminer L3+ stats)", `{"STATS":[{"Type":"x"}{"STATS":0}],"id":1}`, `{"STATS":[{"Type":"x"},{"STATS":0}],"id":1}`},
	{"braces in a string stay", `{"a":"}{"}{`, "{\"a\":\"}{\"}\n{}"},
	{"a tail (Antminer S9k version)", `{"id":1}"}`, `{"id":1}`},
	{"a raw line feed in a string (StrongU pools)", "{\"t\":\"2020\n\"}", `{"t":"2020\u000a"}`},
	{"nan (Avalon 10xx summary)", `{"MHS av":nan,"b":-nan,"c":inf,"d":"nan"}`, `{"MHS av":null,"b":null,"c":null,"d":"nan"}`},
	{"a false escape (WhatsMiner M20S summary)", `{"v":"\'2020\'","w":"a\\b\u00e9\u12"}`, `{"v":"'2020'","w":"a\\b\u00e9u12"}`},
	{"no comma between members", `{"a":1 "b":"x" "c":{} "d":2}`, `{"a":1,"b":"x","c":{},"d":2}`},
	{"a comma too many", `[,{"a":1,},]`, `[{"a":1}]`},
	{"a proxy's message", "Socket connect failed: Connection refused\n{\"a\":1}", `{"a":1}`},
	{"JSONP with a trailing comma (Avalon web)", "minerinfoCallback({\"a\":\"1\", });\n", `{"a":"1"}`},
	{"NUL inside", "{\"a\":\x001}\x00", `{"a":1}`},
	{"no value", `{"a":,"b":}`, `{"a":null,"b":null}`},
	{"cut in a string", `{"a":[{"b":"x`, `{"a":[{"b":null}]}`},
	{"cut in a key", `{"a":1,"b`, `{"a":1}`},
	{"cut in a number", `{"a":1,"b":13`, `{"a":1,"b":null}`},
	{"cut behind a key", `{"a"`, `{"a":null}`},
	{"duplicate keys stay", `{"a":1,"a":2,}`, `{"a":1,"a":2}`},
	{"well-formed stays", `{"a":[1,2.5e3,true,null,"x"]}`, `{"a":[1,2.5e3,true,null,"x"]}`},
}

func TestRepair(t *testing.T) {
	for _, c := range defects {
		t.Run(c.name, func(t *testing.T) {
			got, cut := repair([]byte(c.in))
			if string(got) != c.want {
				t.Fatalf("%s\nbecame %s\nwant   %s", c.in, got, c.want)
			}
			if cut != (strings.HasPrefix(c.name, "cut ") || strings.HasSuffix(c.in, "{")) {
				t.Errorf("cut is %v", cut)
			}
			if again, _ := repair(got); !bytes.Equal(again, got) {
				t.Errorf("repairing again gives %s", again)
			}
			first, _, _ := strings.Cut(c.want, "\n")
			if !json.Valid([]byte(first)) {
				t.Errorf("%s is no JSON", first)
			}
		})
	}
}

func TestStrictComesFirst(t *testing.T) {
	tape, docs := documents([]byte(`{"big":18446744073709551615,"a":1,"a":2}`))
	big, a := find(parse1("/big"), tape, docs), find(parse1("/a"), tape, docs)
	if !slices.Equal(big, []string{"18446744073709551615"}) || !slices.Equal(a, []string{"2"}) {
		t.Errorf("read %q and %q", big, a)
	}
	if _, docs := documents([]byte("{\"id\":1}\n{\"id\":2}\n")); len(docs) != 2 {
		t.Errorf("two lines gave %d documents", len(docs))
	}
}

func TestDepthIsBounded(t *testing.T) {
	if _, docs := documents(bytes.Repeat([]byte("["), 1<<20)); docs != nil {
		t.Error("a million brackets were read")
	}
}

func FuzzRepair(f *testing.F) {
	for _, c := range defects {
		f.Add([]byte(c.in))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		out, _ := repair(in)
		if len(out) > 8*len(in)+16 {
			t.Fatalf("%d bytes became %d", len(in), len(out))
		}
		if again, _ := repair(out); !bytes.Equal(again, out) {
			t.Fatalf("%q became %q and then %q", in, out, again)
		}
	})
}
